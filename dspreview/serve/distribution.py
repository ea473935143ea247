"""A small picture of each column's values: from the statistics of the split where somebody made them, else of the rows at hand."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any, NamedTuple

from dspreview.documents.words import counted, harmless
from dspreview.models import Json

BINS = 10
NAMES = 8
"""Values that get a bar of their own."""
HEIGHT = 24
WIDTH = 120


class Bar(NamedTuple):
    """A bar, in the units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    title: str


class Distribution(NamedTuple):
    """The values of a column."""

    bars: tuple[Bar, ...]
    low: str
    high: str
    told: str
    """All of it in words, for those who do not see it."""


def from_statistics(found: dict[str, Json], rows: int) -> Distribution | None:
    """From the statistics of a column."""
    missing = found.get("null_count") or 0
    if found.get("histogram"):
        edges = [short(edge) for edge in found["histogram"]["bin_edges"]]
        counts = found["histogram"]["hist"]
        names = [f"{low} to {high}" for low, high in pairwise(edges)]
        return draw(counts, names, edges[0], edges[-1], missing, f"of all {counted(rows, 'row')}")
    values = found.get("frequencies") or {str(one["value"]): one["count"] for one in found.get("most_frequent") or ()}
    return named(values, missing, f"of all {counted(rows, 'row')}") if values else None


def from_rows(values: list[Json], column: dict[str, Json]) -> Distribution | None:
    """From the rows at hand."""
    present = [value for value in values if value is not None]
    missing, source = len(values) - len(present), f"of the first {counted(len(values), 'row')}"
    if not present:
        return None
    if column["type"] == "CLASS_LABEL" and column.get("labels"):
        labels = column["labels"]
        named_values = [str(labels[v]) if isinstance(v, int) and 0 <= v < len(labels) else str(v) for v in present]
        return named(dict(Counter(named_values).most_common()), missing, source)
    if all(isinstance(value, bool) for value in present):
        return named(dict(Counter("true" if value else "false" for value in present)), missing, source)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        return numbers(present, missing, source, "")
    if all(isinstance(value, str) for value in present):
        found = Counter(present)
        if len(found) <= NAMES and len(found) < len(present):
            return named(dict(found.most_common()), missing, source)
        return numbers([len(value) for value in present], missing, source, " characters")
    if all(isinstance(value, list) for value in present) and column["type"] == "JSON":
        return numbers([len(value) for value in present], missing, source, " items")
    return None


def numbers(values: list[Any], missing: int, source: str, unit: str) -> Distribution | None:
    """A histogram; nothing where there is one value only."""
    low, high = min(values), max(values)
    if low == high:
        return named({f"{short(low)}{unit}": len(values)}, missing, source)
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int((value - low) / (high - low) * BINS))] += 1
    edges = [short(low + (high - low) * place / BINS) for place in range(BINS + 1)]
    edges[0], edges[-1] = short(low), short(high)
    names = [f"{first} to {last}{unit}" for first, last in pairwise(edges)]
    return draw(counts, names, edges[0], edges[-1] + unit, missing, source)


def named(values: dict[str, int], missing: int, source: str) -> Distribution:
    """A bar for each value, the most frequent first."""
    pairs = sorted(values.items(), key=lambda pair: -pair[1])
    if len(pairs) > 1 and pairs[0][1] == 1:
        return Distribution((), f"{len(pairs):,} different", "", f"{len(pairs):,} different values {source}")
    shown = pairs[:NAMES]
    rest = len(pairs) - len(shown)
    names = [harmless(name)[:60] or "(empty)" for name, _ in shown]
    end = f"+{rest:,} more" if rest else ""
    return draw([count for _, count in shown], names, names[0][:18], end, missing, source)


def draw(counts: list[int], names: list[str], low: str, high: str, missing: int, source: str) -> Distribution:
    """The bars, side by side."""
    most = max(counts) or 1
    step = WIDTH / max(len(counts), 4)
    bars = []
    for place, (count, name) in enumerate(zip(counts, names, strict=False)):
        height = max(2.0, HEIGHT * count / most) if count else 0.0
        title = f"{name}: {count:,}"
        bars.append(Bar(round(place * step, 2), round(HEIGHT - height, 2), round(step - 1, 2), round(height, 2), title))
    told = f"Distribution {source}: " + "; ".join(bar.title for bar in bars if bar.height)
    if missing:
        told += f"; {missing:,} null"
    return Distribution(tuple(bars), low, high, told[:600])


def short(value: Any) -> str:
    """A number or a moment in few characters."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value).removesuffix(" 00:00:00")[:19]

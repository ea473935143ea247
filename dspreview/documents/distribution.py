"""A small picture of each column's values: from the statistics of the split where somebody made them, else of the rows at hand."""

from __future__ import annotations

import math
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
MEASURES = {" characters": ".length", " items": ".length", " s": ".duration"}
"""What a predicate calls the numbers of a unit."""
UNITS = {"string_text": " characters", "list": " items", "audio": " s"}
"""What the numbers of a column of statistics count, where they are not its own values."""
GAPS = (
    ("null_count", "null"), ("nan_value_count", "NaN"), ("infinite_count", "infinite"), ("no_label_count", "without label"),
    ("out_of_range_count", "out of range"), ("unreadable_count", "unreadable"),
)  # fmt: skip


class Bar(NamedTuple):
    """A bar, in the units of the drawing."""

    x: float
    y: float
    width: float
    height: float
    title: str
    value: str | None = None
    """The one value that it stands for, as text."""
    span: tuple[Json, Json] | None = None
    """The bin that it stands for: from, and up to."""


class Distribution(NamedTuple):
    """The values of a column."""

    bars: tuple[Bar, ...]
    low: str
    high: str
    told: str
    """All of it in words, for those who do not see it."""
    of: str = ""
    """What of the values is counted, as a predicate has it: their `.length`, say."""


class Sampled(NamedTuple):
    """What is drawn: which rows, and what of them has no bar."""

    rows: str
    gaps: tuple[tuple[int, str], ...] = ()

    def told(self, words: str) -> str:
        """A distribution in words."""
        gaps = "".join(f"; {count:,} {noun}" for count, noun in self.gaps if count)
        return f"Distribution {self.rows}: {words}"[:600] + gaps


def from_statistics(found: dict[str, Json], kind: str, rows: int) -> Distribution | None:
    """From the statistics of a column of some kind."""
    gaps = tuple((found.get(key) or 0, noun) for key, noun in GAPS)
    source = Sampled(f"of all {counted(rows, 'row')}", gaps)
    if kind == "image" and found.get("width"):
        drawn = from_statistics(found["width"], "width", rows)
        return drawn and drawn._replace(of=".width")
    if kind == "int" and found.get("frequencies"):
        return each({int(value): count for value, count in found["frequencies"].items()}, source, "")
    if found.get("histogram"):
        edges = found["histogram"]["bin_edges"]
        if edges[0] == edges[-1]:
            return each({edges[0]: sum(found["histogram"]["hist"])}, source, UNITS.get(kind, ""))
        return histogram(found["histogram"]["hist"], found["histogram"]["bin_edges"], source, UNITS.get(kind, ""))
    values = found.get("frequencies") or {str(one["value"]): one["count"] for one in found.get("most_frequent") or ()}
    if kind == "bool":
        values = {name.lower(): count for name, count in values.items()}
    return named(values, source) if values else None


def from_rows(values: list[Json], column: dict[str, Json]) -> Distribution | None:
    """From the rows at hand."""
    present = [value for value in values if value is not None]
    source = Sampled(f"of the first {counted(len(values), 'row')}", ((len(values) - len(present), "null"),))
    if not present:
        return None
    if column["type"] == "CLASS_LABEL" and column.get("labels"):
        labels = column["labels"]
        names = [str(labels[v]) if isinstance(v, int) and 0 <= v < len(labels) else str(v) for v in present]
        return named(Counter(names), source)
    if all(isinstance(value, bool) for value in present):
        return named(Counter("true" if value else "false" for value in present), source)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in present):
        return numbers(present, source, "")
    if all(isinstance(value, str) for value in present):
        found = Counter(present)
        if len(found) <= NAMES and len(found) < len(present):
            return named(found, source)
        return numbers([len(value) for value in present], source, " characters")
    if all(isinstance(value, list) for value in present) and column["type"] == "JSON":
        return numbers([len(value) for value in present], source, " items")
    return None


def numbers(values: list[Any], source: Sampled, unit: str) -> Distribution | None:
    """A histogram; one bar where there is one value only, none where floats cannot hold the distance."""
    low, high = min(values), max(values)
    whole = isinstance(low, int) and isinstance(high, int)
    if low == high or (whole and high - low < BINS):
        return each(Counter(values), source, unit)
    if not whole and not math.isfinite(high - low):
        return None
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int((value - low) / (high - low) * BINS))] += 1
    if whole and high - low >= 10**6:
        edges: list[Any] = [low + (high - low) * place // BINS for place in range(BINS + 1)]
    else:
        edges = [low + (high - low) * (place / BINS) for place in range(BINS)] + [high]
    return histogram(counts, edges, source, unit)


def each(values: dict[Any, int], source: Sampled, unit: str) -> Distribution:
    """A bar for each of a few numbers, in their order."""
    ordered = sorted(values.items())
    spelled = spell([value for value, _ in ordered])
    drawn = draw(
        [count for _, count in ordered], [name + unit for name in spelled], (spelled[0], spelled[-1] + unit), source
    )
    bars = tuple(bar._replace(span=(value, value)) for bar, (value, _) in zip(drawn.bars, ordered, strict=True))
    return drawn._replace(bars=bars, of=MEASURES.get(unit, ""))


def histogram(counts: list[int], edges: list[Any], source: Sampled, unit: str) -> Distribution:
    """Bins side by side."""
    spelled = spell(edges)
    names = [f"{first} to {last}{unit}" for first, last in pairwise(spelled)]
    drawn = draw(counts, names, (spelled[0], spelled[-1] + unit), source)
    bars = tuple(bar._replace(span=span) for bar, span in zip(drawn.bars, pairwise(edges), strict=True))
    return drawn._replace(bars=bars, of=MEASURES.get(unit, ""))


def spell(edges: list[Any]) -> list[str]:
    """Numbers in as few digits as tell them apart; integers and moments whole."""
    spelled: list[str] = []
    for digits in (4, 6, 9, 12, 17):
        spelled = [f"{edge:.{digits}g}" if isinstance(edge, float) else moment(edge) for edge in edges]
        if len(set(spelled)) == len(spelled):
            break
    return spelled


def moment(value: Any) -> str:
    """A time to the second, a day without one; anything else as it is."""
    return value.removesuffix(" 00:00:00")[:19] if isinstance(value, str) else str(value)


def named(values: dict[str, int], source: Sampled) -> Distribution:
    """A bar for each value, the most frequent first."""
    pairs = sorted(values.items(), key=lambda pair: -pair[1])
    if len(pairs) > 1 and pairs[0][1] == 1:
        different = f"{len(pairs):,} different"
        return Distribution((), different, "", source.told(f"{different} values"))
    shown = pairs[:NAMES]
    rest = len(pairs) - len(shown)
    names = [harmless(name)[:60] or "(empty)" for name, _ in shown]
    drawn = draw([count for _, count in shown], names, (names[0][:18], f"+{rest:,} more" if rest else ""), source)
    return drawn._replace(
        bars=tuple(bar._replace(value=name) for bar, (name, _) in zip(drawn.bars, shown, strict=True))
    )


def draw(counts: list[int], names: list[str], ends: tuple[str, str], source: Sampled) -> Distribution:
    """The bars, side by side."""
    most = max(counts) or 1
    step = WIDTH / max(len(counts), 4)
    bars = []
    for place, (count, name) in enumerate(zip(counts, names, strict=False)):
        height = max(2.0, HEIGHT * count / most) if count else 0.0
        title = f"{name}: {count:,}"
        bars.append(Bar(round(place * step, 2), round(HEIGHT - height, 2), round(step - 1, 2), round(height, 2), title))
    return Distribution(tuple(bars), *ends, source.told("; ".join(bar.title for bar in bars if bar.height)))

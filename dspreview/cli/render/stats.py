"""Statistics for people: a block per column, with a small histogram or bars."""

from __future__ import annotations

from typing import Any

from rich.cells import cell_len

from dspreview.cli.call import Call
from dspreview.cli.render import table as drawing
from dspreview.documents import words
from dspreview.models import Json

LEVELS = "▁▂▃▄▅▆▇█"
BAR = 24
"""Signs of the longest bar."""
SHOWN = 10
"""Values of a column that get a bar."""
CELLS = 3
"""Signs of each bin of a histogram."""
ONE_LINE = 2
"""Most parts of a column that stand beside its name."""
WIDEST = 160
"""Columns that a line of statistics may take; longer ones are hard to read."""
KINDS = {
    "int": "integer", "float": "number", "bool": "boolean", "datetime": "time", "class_label": "category",
    "string_label": "text, few values", "string_text": "text",
}  # fmt: skip
"""The types of statistics in words."""
UNITS = {"string_text": "characters", "list": "items", "audio": "seconds", "image": "pixels wide"}
"""What is counted where it is not the value itself."""


def blocks(where: str, found: dict[str, Json], call: Call) -> str:
    """The statistics of a split."""
    color = drawing.use_color(call.color)
    bold, dim, reset = (drawing.BOLD, drawing.DIM, drawing.RESET) if color else ("", "", "")
    width = min(drawing.terminal_width(), WIDEST)
    lines = []
    for one in found["statistics"]:
        name, kind = words.harmless(str(one["column_name"])), str(one["column_type"])
        facts = [f"{KINDS.get(kind, kind)} ·", *gaps(one["column_statistics"], found["num_examples"])]
        unit = "turns" if "roles" in one["column_statistics"] else UNITS.get(kind, "")
        shown = [*body(one["column_statistics"], width - 2, unit), *talk_lines(one["column_statistics"], width - 2)]
        line = f"{name}  {' '.join(facts)}  {'  '.join(shown)}".rstrip()
        if cell_len(line) <= width and len(shown) <= ONE_LINE and not one["column_statistics"].get("frequencies"):
            lines += [f"{bold}{name}{reset}{line[len(name) :]}", ""]
            continue
        beneath = wrapped(facts, width - 4, " ")
        head = drawing.fit(name, min(cell_len(name), width), right=False)
        beside = f"  {dim}{beneath.pop(0)}{reset}" if cell_len(head) + 2 + len(beneath[0]) <= width else ""
        lines.append(f"{bold}{head}{reset}{beside}")
        lines += [f"  {dim}{line}{reset}" for line in beneath]
        lines += ["  " + line for line in shown]
        lines.append("")
    told = f"{words.harmless(where)}: {words.counted(found['num_examples'], 'row')}"
    if found["partial"]:
        told += " (only the first part of the split, PARQUET_MAX_BYTES)"
    lines.append(told)
    if others := found["columns_without_statistics"]:
        listed = ", ".join(
            f"{words.harmless(str(one['column_name']))} ({one.get('error', one['type'])})" for one in others[:5]
        )
        more = f", and {len(others) - 5} more" if len(others) > 5 else ""
        lines.append(f"no statistics for {listed}{more}")
    return "\n".join(lines)


def gaps(found: dict[str, Json], rows: int) -> list[str]:
    """What is missing, and what is special."""
    told = []
    for key, noun in (
        ("null_count", "null"), ("nan_value_count", "NaN"), ("infinite_count", "infinite"), ("empty_count", "empty"),
        ("zero_count", "zero"), ("unreadable_count", "unreadable"), ("no_label_count", "without label"), ("out_of_range_count", "out of range"),
    ):  # fmt: skip
        if found.get(key):
            told.append(f"{found[key]:,} {noun} ({share(found[key], rows)})")
    if found.get("distinct_count") is not None:
        told.append(f"{found['distinct_count']:,} different")
    return [f"{word}," for word in told[:-1]] + told[-1:] or ["nothing missing"]


def share(count: int, rows: int) -> str:
    """A part of the rows."""
    part = 100 * count / rows if rows else 0.0
    return f"{part:.0f} %" if part >= 10 or part == 0 else f"{part:.2g} %"


def body(found: dict[str, Json], width: int, unit: str = "") -> list[str]:
    """The numbers of a column, and its picture.

    Args:
        unit: what the numbers count, where they are not the values.

    """
    lines = []
    if found.get("min") is not None and found["min"] == found["max"]:
        lines.append(f"always {number(found['min'])} {unit}".rstrip())
    elif found.get("min") is not None:
        names = ("min", "median", "mean", "std", "max")
        parts = [f"{name} {number(found[name])}" for name in names if found.get(name) is not None]
        lines += wrapped([*parts, unit] if unit else parts, width)
    bars = found.get("frequencies")
    if bars and found.get("histogram"):  # of integers so close together that each has its bar
        return lines + frequencies(bars, width, by_count=False)
    if found.get("histogram") and found["min"] != found["max"]:
        lines += histogram(found["histogram"], width)
    if bars is None and found.get("most_frequent"):
        bars = {str(one["value"]): one["count"] for one in found["most_frequent"]}
    if bars and max(bars.values()) > 1:
        lines += frequencies(bars, width)
    if "height" in found:
        lines += body(found["height"], width, "pixels high")
    return lines


def talk_lines(found: dict[str, Json], width: int) -> list[str]:
    """Who speaks in conversations, and how many tokens these have."""
    if not found.get("roles"):
        return []
    turns = sum(found["roles"].values())
    lines = wrapped(
        ["roles", *(f"{label(name)} {share(count, turns)}" for name, count in found["roles"].items())], width
    )
    if tokens := found.get("tokens"):
        low, mean, high, total = (number(tokens[name]) for name in ("min", "mean", "max", "sum"))
        lines += wrapped([f"tokens, 4 bytes each: {low} to {high}", f"mean {mean}", f"{total} in all"], width)
    return lines


def wrapped(parts: list[str], width: int, gap: str = "  ") -> list[str]:
    """Words beside each other, as many to a line as fit."""
    lines = [parts[0]]
    for word in parts[1:]:
        if len(lines[-1]) + len(gap) + len(word) <= width:
            lines[-1] += f"{gap}{word}"
        else:
            lines.append(word)
    return lines


def histogram(found: dict[str, Any], width: int) -> list[str]:
    """The bins as one line of blocks, between the least and the most."""
    hist, edges = found["hist"], found["bin_edges"]
    most = max(hist)
    signs = "".join((LEVELS[-(-count * len(LEVELS) // most) - 1] if count else " ") * CELLS for count in hist)
    low, high = number(edges[0]), number(edges[-1])
    line = f"{low} ▕{signs}▏ {high}"
    return [line] if len(line) <= width else [f"▕{signs}▏"[:width], *wrapped([f"from {low}", f"to {high}"], width)]


def frequencies(found: dict[str, int], width: int, *, by_count: bool = True) -> list[str]:
    """A bar per value, the most frequent first, or in the order in which they stand."""
    ordered = sorted(found.items(), key=lambda pair: -pair[1]) if by_count else list(found.items())
    most = max(*found.values(), 1)
    bar = BAR if width >= 2 * BAR + 14 else 8
    room = max(8, width - bar - 14)
    names = [drawing.fit(label(name), room, right=False).rstrip() for name, _ in ordered[:SHOWN]]
    widest = max(cell_len(name) for name in names)
    lines = []
    for name, (_, count) in zip(names, ordered, strict=False):
        gap = " " * (widest - cell_len(name))
        lines.append(f"{name}{gap}  {'█' * -(-count * bar // most):<{bar}}  {count:,}")
    if len(ordered) > SHOWN:
        lines.append(f"… and {len(ordered) - SHOWN:,} more")
    return lines


def label(text: str) -> str:
    """A value as one line that tells it from all others."""
    if not text:
        return "(empty)"
    for sign, shown in (("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(sign, shown)
    return words.harmless(text if text == text.strip() else f"'{text}'")


def number(value: Any) -> str:
    """A number, short; a date without a time that says nothing."""
    return words.number_text(value) if isinstance(value, (int, float)) else str(value).removesuffix(" 00:00:00")

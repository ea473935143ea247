"""What a difference means for who uses the data: nothing, more than before, or something that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json

WIDER = {
    "int8": ("int16", "int32", "int64", "float32", "float64"), "int16": ("int32", "int64", "float32", "float64"), "int32": ("int64", "float64"),
    "uint8": ("uint16", "uint32", "uint64", "int16", "int32", "int64"), "uint16": ("uint32", "uint64", "int32", "int64"), "uint32": ("uint64", "int64"),
    "float16": ("float32", "float64"), "float32": ("float64",), "string": ("large_string",), "binary": ("large_binary",), "large_string": ("string",),
    "null": ("string", "int64", "float64", "bool"),
}  # fmt: skip
"""Types that hold all values of another."""


class Verdict(StrEnum):
    """From nothing to bad."""

    NONE = "none"
    ADDITIVE = "additive"
    BREAKING = "breaking"


def judged(found: dict[str, Json]) -> dict[str, Json]:
    """The verdict of a difference, and what it rests on."""
    breaking, additive = list(dict.fromkeys(breaks(found))), list(dict.fromkeys(adds(found)))
    same = not found["splits"]["changed"] and not breaking and not additive
    verdict = Verdict.BREAKING if breaking else Verdict.NONE if same else Verdict.ADDITIVE
    return {"verdict": verdict.value, "reasons": breaking or additive}


def breaks(found: dict[str, Json]) -> Iterator[str]:
    """What somebody who uses the first one would miss, or take for something else, in the second."""
    yield from (f"config {name} is gone" for name in found["configs"]["removed"])
    yield from (f"split {place(one)} is gone" for one in found["splits"]["removed"])
    renamed = {(one["config"], one["split"], one["a"]): one["b"] for one in found["renamed"]}
    for one in found["features"]:
        where = f"column {one['column']} of {place(one)}"
        if one["a"] is not None and one["b"] is None:
            new = renamed.get((one["config"], one["split"], one["column"]))
            yield f"{where} is {'gone' if new is None else f'called {new} now'}"
        elif one["a"] is not None and (why := narrowed(one["a"], one["b"])):
            yield f"{where}: {why}"
    for name, rows in found["rows"].items():
        gone = rows.get("removed", max(rows["a"] - rows["b"], 0))
        changed = rows.get("changed", 0)
        if gone:
            yield f"{rows_text(gone)} of {name} {'is' if gone == 1 else 'are'} gone"
        if changed:
            yield f"{rows_text(changed)} of {name} changed"


def adds(found: dict[str, Json]) -> Iterator[str]:
    """What there is more."""
    yield from (f"config {name} is new" for name in found["configs"]["added"])
    yield from (f"split {place(one)} is new" for one in found["splits"]["added"])
    for one in found["features"]:
        if one["a"] is None:
            yield f"column {one['column']} of {place(one)} is new"
        elif one["b"] is not None:
            yield f"column {one['column']} of {place(one)} holds more than before"
    for name, rows in found["rows"].items():
        if more := rows.get("added", max(rows["b"] - rows["a"], 0)):
            yield f"{rows_text(more)} of {name} {'is' if more == 1 else 'are'} new"
    yield from (
        f"the rows of {place(one)} stand in another order"
        for one in found["splits"]["changed"]
        if reordered(found, one)
    )


def reordered(found: dict[str, Json], split: dict[str, str]) -> bool:
    """Whether a split that changed has the rows that it had."""
    rows = found["rows"].get(place(split), {})
    other = (one for one in found["features"] if place(one) == place(split))
    return "added" in rows and not any(rows[word] for word in ("added", "removed", "changed")) and not any(other)


def narrowed(a: FeatureTree, b: FeatureTree) -> str:
    """Why values of the second type do not fit who reads the first; empty where they do."""
    one, other = Feature(a), Feature(b)
    if one.kind != other.kind:
        return f"{one.words()} became {other.words()}"
    if one.labels or other.labels:
        if other.labels[: len(one.labels)] == one.labels:
            return ""
        lost = [name for name in one.labels if name not in other.labels]
        return f"the class {lost[0]} is gone" if lost else "its classes have other numbers"
    if one.value != other.value:
        return "" if other.value in WIDER.get(one.value, ()) else f"{one.value} became {other.value}"
    for name, inner in one.fields.items():
        if name not in other.fields:
            return f"its field {name} is gone"
        if why := narrowed(inner.tree, other.fields[name].tree):
            return f"its field {name}: {why}"
    return narrowed(one.item.tree, other.item.tree) if one.item.tree is not None else ""


def rows_text(number: int) -> str:
    """`1 row`, `1,104 rows`."""
    return f"{number:,} row{'' if number == 1 else 's'}"


def place(one: dict[str, Json]) -> str:
    """Config and split."""
    return f"{one['config']}/{one['split']}"

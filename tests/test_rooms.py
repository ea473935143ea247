"""The house: nothing imports in a circle, neither modules nor rooms; and each idea has one home. Read from the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from dspreview.extract.format import FORMATS

ROOT = Path(__file__).parent.parent
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in (ROOT / "dspreview").rglob("*.py")
}
ROOMS = sorted({".".join(path.relative_to(ROOT).parts[:-1]) for path in MODULES.values()} - {"dspreview"}, key=len)
LONGEST, FULLEST = 300, 25
"""Lines of a file, and modules of a folder: beyond, something there lacks a name."""
Graph = dict[str, set[str]]


@cache
def tree_of(module: str) -> ast.Module:
    """The source of a module, parsed."""
    return ast.parse(MODULES[module].read_text())


def imported(module: str) -> Iterator[str]:
    """The modules of ours that one imports anywhere: within functions and for types alone, too."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in MODULES else node.module


def graph(room: Callable[[str], str]) -> Graph:
    """Who imports whom, among what `room` makes of each module."""
    found: Graph = {room(module): set() for module in MODULES}
    for module in MODULES:
        found[room(module)] |= {room(one) for one in imported(module)} - {room(module)}
    return found


def circle(edges: Graph) -> list[str]:
    """A way from a place back to itself; empty where there is none."""
    done: set[str] = set()

    def walk(place: str, way: list[str]) -> list[str]:
        if place in way:
            return [*way[way.index(place) :], place]
        if place in done:
            return []
        found = next((one for after in sorted(edges[place]) if (one := walk(after, [*way, place]))), [])
        done.add(place)
        return found

    return next((one for place in edges if (one := walk(place, []))), [])


def within(rooms: list[str]) -> Callable[[str], str]:
    """A module's room, the innermost of some; itself where it lies in none."""
    innermost = sorted(rooms, key=len, reverse=True)
    return lambda module: next((room for room in innermost if f"{module}.".startswith(f"{room}.")), module)


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("depth", [0, 1, 2], ids=["modules", "rooms", "rooms within rooms"])
def test_nothing_imports_in_a_circle(depth: int) -> None:
    assert circle(graph(within([room for room in ROOMS if room.count(".") == depth]))) == []


def test_no_file_is_long_and_no_folder_is_full() -> None:
    long = [name for name, path in MODULES.items() if len(path.read_text().splitlines()) > LONGEST]
    full = [
        room
        for room in ROOMS
        if sum(path.parent == ROOT / room.replace(".", "/") for path in MODULES.values()) > FULLEST
    ]
    assert (long, full) == ([], [])


def compared_with(literals: set[str], node: ast.AST) -> bool:
    """Whether something is compared with one of these texts."""
    if not isinstance(node, ast.Compare):
        return False
    texts = {
        one.value for side in (node.left, *node.comparators) for one in ast.walk(side) if isinstance(one, ast.Constant)
    }
    return bool(literals & {text for text in texts if isinstance(text, str)})


def places(holds: Callable[[ast.AST], bool], *homes: str) -> list[str]:
    """Where something stands in the source, but for the modules that are its home."""
    return [
        f"{module}:{getattr(node, 'lineno', 0)}"
        for module in MODULES
        if module not in homes
        for node in ast.walk(tree_of(module))
        if holds(node)
    ]


def test_the_text_of_stored_rows_is_taken_apart_in_one_place() -> None:
    """Its marks stand nowhere else: `{"row_idx":` at the beginning of a line, a comma and a line break between two."""
    marks = ('{"row_idx":', ",\n{", ",\\n", '"truncated_cells":[')

    def holds(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and any(mark in node.value for mark in marks)
        )

    docstrings = {
        f"{module}:{node.body[0].lineno}"
        for module in MODULES
        for node in ast.walk(tree_of(module))
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and node.body
    }
    assert [place for place in places(holds, "dspreview.page.row_lines") if place not in docstrings] == []


def test_no_output_format_falls_through_to_another() -> None:
    """Formats are keys of tables: who writes in one is looked up, and an unknown one is an error."""
    formats = {"jsonl", "csv", "sarif", "junit", "github"}

    def holds(node: ast.AST) -> bool:
        return compared_with(formats, node) and "format" in ast.dump(node)

    assert places(holds) == []


def test_the_form_of_features_is_known_in_one_place() -> None:
    def holds(node: ast.AST) -> bool:
        return (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.search(r"\b_type\b", node.value) is not None
        )

    assert places(holds, "dspreview.feature") == []


def test_no_format_is_told_by_its_name_outside_the_table_of_formats() -> None:
    """`json`, `text` and `csv` are also words for other things: with these nothing called a module or a format is compared."""
    words = {"json", "text", "csv"}
    formats = {*FORMATS, "audiofolder", "videofolder"} - words

    def holds(node: ast.AST) -> bool:
        ends = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "endswith"
        told = ends and any(isinstance(one, ast.Constant) and one.value == "folder" for one in ast.walk(node))
        named = (
            re.search(r"(?:attr|id)='module'|attr='format', ctx=Load\(\)\), attr='name'", ast.dump(node)) is not None
        )
        return told or compared_with(formats, node) or (named and compared_with(words, node))

    assert places(holds, "dspreview.extract.format") == []


def test_no_class_name_stands_for_two_things() -> None:
    homes: dict[str, list[str]] = {}
    for module in MODULES:
        for node in tree_of(module).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}

"""Guards and boundaries of the extraction: each of these conditions could once be left out, and no test noticed."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.json as paj
import pytest

from dspreview import errors, local
from dspreview.extract.format import CSV
from dspreview.extract.layout.readme import plain_info
from dspreview.extract.library import exactjson
from dspreview.extract.library.exactjson import GuardedJson
from dspreview.extract.library.failures import explain
from dspreview.extract.text.text_page import text_page
from dspreview.feature import Feature, value_tree
from dspreview.models import Kind, Resolved, SplitId
from dspreview.page.cells import AssetLimits, CellWriter
from dspreview.page.row_lines import RowLines
from dspreview.page.truncation import Budget, Row, fit
from dspreview.settings import Settings, resolve
from tests.support.data import picture, write
from tests.support.extraction import extract, listing_of
from tests.support.hub import Hub, part_of, refuse_with
from tests.support.program import Program

Make = Callable[..., Settings]
WHOSE = {"dataset": "d", "config": "c", "split": "s"}
PREFIX = len(json.dumps(WHOSE, separators=(",", ":"))) - 1
ONE_FILE = "configs:\n- {config_name: one, data_files: a.csv}\n"


@pytest.mark.parametrize("name", ["README.md", ".huggingface.yaml"])
def test_a_description_that_links_out_of_the_folder_is_not_read(name: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path, {"outside.txt": f"---\n{ONE_FILE}---\n" if name == "README.md" else ONE_FILE})
    write(tmp_path / "d", {"a.csv": "a\n1\n"})
    (tmp_path / "d" / name).symlink_to(tmp_path / "outside.txt")
    with pytest.raises(errors.UnsafePathError, match="lies outside"):
        listing_of(tmp_path / "d", settings())


def test_a_readme_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"a.csv": "a\n1\n", "b.csv": "a\n2\n", "README.md": f"\ufeff---\n{ONE_FILE}---\n"})
    assert extract(tmp_path / "d", settings(), tmp_path / "s", "one").rows == [{"a": 1}]


def test_a_readme_whose_yaml_is_never_closed_has_none(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"a.csv": "a\n1\n", "README.md": f"---\n{ONE_FILE}\nA text: with [ in it.\n"})
    assert [one.config for one in listing_of(tmp_path / "d", settings()).configs] == ["default"]


def test_a_split_that_is_told_twice_is_not_understood() -> None:
    train, test = ({"name": name, "num_bytes": 10, "num_examples": 1} for name in ("train", "test"))
    assert plain_info({"splits": [train, test]}) is not None
    assert plain_info({"splits": [train, test, train | {"num_examples": 2}]}) is None


NUMBERS: dict[str, list[str]] = {
    "beyond 53 bits beside a float": ["-9007199254740993", "0.5"],
    "beyond 64 bits": ["-99999999999999999999", "5"],
    "beyond 64 bits beside another sign": ["99999999999999999999", "-5"],
    "just beyond 63 bits": ["9223372036854775808", "-5"],
}
FORMATS: dict[str, Callable[[list[str]], str]] = {
    "a.jsonl": lambda values: "".join(f'{{"a": {value}}}\n' for value in values),
    "a.json": lambda values: "[" + ", ".join(f'{{"a": {value}}}' for value in values) + "]",
    "a.csv": lambda values: "a,b\n" + "".join(f"{value},x\n" for value in values),
}


@pytest.mark.parametrize("values", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("name", FORMATS)
def test_integers_of_either_sign_are_exact(name: str, values: list[str], tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: FORMATS[name](values)})
    found = [row["a"] for row in extract(tmp_path / "d", settings(), tmp_path / "s").rows]
    assert found == [json.loads(value) for value in values]
    assert [type(one) for one in found] == [type(json.loads(value)) for value in values]


def test_a_negative_integer_beside_an_empty_cell_is_exact(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"a.csv": "a,b\n-9007199254740993,1\n,2\n"})
    found = extract(tmp_path / "d", settings(), tmp_path / "s").rows
    assert found == [{"a": -9007199254740993, "b": 1}, {"a": None, "b": 2}]


def test_what_the_json_reader_must_not_get_is_seen_behind_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a harmless word in place of the one that ends the process."""
    monkeypatch.setattr(exactjson, "REFUSED", b'{"refused"')
    assert GuardedJson.read_json(io.BytesIO(b'{"a": 1}\n'), paj.ReadOptions()).num_rows == 1
    for blanks in (b"", b" ", b"\n\n", b"\r\n\t "):
        with pytest.raises(ValueError, match="an object was expected"):
            GuardedJson.read_json(io.BytesIO(blanks + b'{"refused": 1}\n'), paj.ReadOptions())


def writer(staging: Path, fetch: Callable[[str, int], bytes] | None = None) -> CellWriter:
    """Of the cells of a page, whose files all hold the same picture."""
    dataset = Resolved(Kind.LOCAL, "/d", "r")
    return CellWriter(
        dataset, "default", "train", staging, fetch or (lambda path, most: picture()), AssetLimits(10**6, 10**7)
    )


def test_files_of_a_cell_have_names_that_differ_by_more_than_case(tmp_path: Path) -> None:
    files = [{"bytes": picture(), "path": path} for path in ("A.png", "a.png", "A.png", "a.PNG", "A-1.png")]
    cell = writer(tmp_path).write(files, Feature({"feature": {"_type": "Image"}, "_type": "List"}), 0, "x")
    names = [one["src"].rpartition("/")[2] for one in cell]
    assert names[0] == "A.png"
    assert len({name.lower() for name in names}) == 5


def test_no_bytes_at_all_are_an_empty_file_and_not_the_one_of_its_path(tmp_path: Path) -> None:
    page = writer(tmp_path)
    assert page.write({"bytes": b"", "path": "other.png"}, Feature({"_type": "Image"}), 3, "x") is None
    assert [(one["row_idx"], one["column"], one["path"]) for one in page.errors] == [(3, "x", [])]
    assert page.errors[0]["message"]
    assert (page.assets, list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_a_json_text_that_is_nested_too_deep_is_shown_as_text(text: str, tmp_path: Path) -> None:
    page = writer(tmp_path)
    assert page.write(text, Feature({"_type": "Json"}), 0, "x") == text
    assert page.write("[1]", Feature({"_type": "Json"}), 1, "x") == [1]


def test_a_file_that_may_not_be_read_is_no_null_that_is_kept(online: Program, hub: Hub) -> None:
    hub.add("a/b", {f"{number}.png": picture() for number in range(2)})
    hub.fault = part_of(refuse_with(403), "1.png")
    assert online("rows", "a/b", "--json").code == 4
    hub.fault = None
    assert online("rows", "a/b", "--cached").code == 3
    rows = online("rows", "a/b", "--json").row_values
    assert [(row["image"]["height"], row["image"]["width"]) for row in rows] == [(6, 8)] * 2


def rows_of(cells: list[dict[str, Any]]) -> list[Row]:
    """Rows before they are cut."""
    return [Row(number, dict(one)) for number, one in enumerate(cells)]


def answer_size(rows: list[Row]) -> int:
    """The bytes of the `rows` array in an answer of ASCII, where halves of letters are escaped."""
    answer = [{**WHOSE, "row_idx": row.row_idx, "row": row.cells, "truncated_cells": row.truncated} for row in rows]
    return len(json.dumps(answer, separators=(",", ":")))


def test_a_cell_of_a_hundred_bytes_is_whole_and_not_named(tmp_path: Path) -> None:
    cells = [{"a": "x" * 100, "b": "y" * 101}] * 3
    cut = [Row(0, {"a": "x" * 100, "b": "y" * 100}, ["b"])]
    kept, omitted = fit(rows_of(cells), set(), Budget(answer_size(cut) + 10, 3, PREFIX))
    assert [(row.cells, row.truncated) for row in kept] == [(cut[0].cells, ["b"])]
    assert omitted == 0


def test_the_names_of_cut_cells_count_with_their_commas() -> None:
    cells = [{f"c{number}": "x" * 200 for number in range(8)}]
    whole = answer_size(rows_of(cells))
    for limit in range(whole - 700, whole):
        kept, omitted = fit(rows_of(cells), set(), Budget(limit, 1, PREFIX))
        assert (answer_size(kept) <= limit, omitted) == (True, 0), limit


@pytest.mark.parametrize(("missing", "named"), [(0, ["a"]), (1, ["a", "b"])])
def test_cells_are_cut_until_the_rows_fit_to_the_byte(missing: int, named: list[str]) -> None:
    cut = [Row(0, {"a": "x" * 100, "b": "y" * 200}, ["a"])]
    limit = answer_size(cut) - missing
    kept, omitted = fit(rows_of([{"a": "x" * 300, "b": "y" * 200}]), set(), Budget(limit, 1, PREFIX))
    assert (kept[0].truncated, omitted) == (named, 0)


def lists_of(lengths: dict[str, int]) -> list[dict[str, Any]]:
    """One row with lists of so many files."""
    return [{name: [{"src": f"assets/{number:04}"} for number in range(count)] for name, count in lengths.items()}]


@pytest.mark.parametrize("order", [("short", "long"), ("long", "short")])
def test_of_lists_of_files_the_longest_ends_early_and_no_other_that_fits(order: tuple[str, str]) -> None:
    (cells,) = lists_of({name: 2 if name == "short" else 40 for name in order})
    limit = answer_size(rows_of([cells])) - 300
    kept, omitted = fit(rows_of([cells]), set(order), Budget(limit, 1, PREFIX))
    assert (kept[0].truncated, omitted) == (["long"], 0)
    assert kept[0].cells["short"] == cells["short"]
    count = len(kept[0].cells["long"])
    assert kept[0].cells["long"] == cells["long"][:count]
    more = Row(0, kept[0].cells | {"long": cells["long"][: count + 1]}, ["long"])
    assert answer_size(kept) <= limit < answer_size([more])


@pytest.mark.parametrize("order", [("short", "long"), ("long", "short")])
def test_of_addresses_the_longest_goes_and_no_other_that_fits(order: tuple[str, str]) -> None:
    cells = {name: f"http://{name}/" + "x" * (30 if name == "short" else 600) for name in order}
    limit = answer_size(rows_of([cells])) - 500
    kept, omitted = fit(rows_of([cells]), set(order), Budget(limit, 1, PREFIX))
    assert kept[0].cells == cells | {"long": None}
    assert (kept[0].truncated, omitted) == (["long"], 0)


def test_half_a_letter_costs_what_its_escape_costs() -> None:
    cells = [{"a": "\ud800" * 20}] * 4
    whole = answer_size(rows_of(cells))
    for limit, count in ((whole, 4), (whole - 1, 3)):
        kept, _ = fit(rows_of(cells), set(), Budget(limit, 1, PREFIX))
        assert len(kept) == count
        assert answer_size(kept) <= limit


@pytest.mark.parametrize("text", ["1e5", "007", '{"a": 1}', "null"])
def test_a_text_inside_a_type_of_arrow_alone_is_text(text: str, tmp_path: Path) -> None:
    """Only what Arrow calls JSON is parsed, whatever lies around it."""
    held, texts = value_tree("map<string, extension<arrow.json>>"), value_tree("map<string, string>")
    assert writer(tmp_path).write({"k": [text]}, Feature(texts), 0, "x") == {"k": [text]}
    assert writer(tmp_path).write({"k": [text]}, Feature(held), 0, "x") == {
        "k": [json.loads(text) if text != "007" else text]
    }


def test_an_error_of_any_line_of_ours_is_a_bug_and_no_fault_of_the_data(settings: Any) -> None:
    source: Any = None
    with pytest.raises(TypeError) as caught:
        RowLines.parse(source)
    with pytest.raises(TypeError):
        explain(caught.value, "x", source, settings())


def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(OSError, match="not a regular file"):
        local.open_regular(str(tmp_path / "a.csv"))
    assert (
        text_page(
            CSV,
            str(tmp_path / "a.csv"),
            Resolved(Kind.LOCAL, str(tmp_path), "r"),
            "a",
            SplitId("c", "s"),
            tmp_path,
            resolve({}),
        )
        is None
    )

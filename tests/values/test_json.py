"""Numbers of JSON are those of the text, by every way that JSON is read. Expected values: Python's `json`, and the text itself."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.support.data import write
from tests.values.conftest import Places, Show

ROWS = [
    {
        "x": 1e-11,
        "y": 0.1234567890123456,
        "n": {"p": 1.00000000001e-05},
        "l": [1e-12, 5e-324],
        "w": -0.0,
        "i": 9007199254740993,
    },
    {"x": 2.5e-11, "y": 1 / 3, "n": {"p": 3.0}, "l": [], "w": 0.5, "i": -9007199254740993},
    {"x": 1e300, "y": 2.0, "n": {"p": -1e-300}, "l": [0.1], "w": 1.0, "i": None},
]
TEXTS = [json.dumps(row) for row in ROWS]
ARRAY = f"[{', '.join(TEXTS)}]"
FIELD = "---\nconfigs:\n- config_name: default\n  data_files: a.json\n  field: data\n---\n"
WAYS: dict[str, dict[str, bytes | str]] = {
    "lines": {"a.jsonl": "\n".join(TEXTS) + "\n"},
    "array": {"a.json": ARRAY},
    "array over lines": {"a.json": json.dumps(ROWS, indent=1)},
    "packed": {"a.jsonl.gz": gzip.compress(("\n".join(TEXTS) + "\n").encode())},
    "field": {"a.json": f'{{"version": 1, "data": {ARRAY}}}', "README.md": FIELD},
    "field of columns": {
        "a.json": json.dumps({"data": {name: [row[name] for row in ROWS] for name in ROWS[0]}}), "README.md": FIELD,
    },
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_floats_and_integers_keep_all_digits(way: str, tmp_path: Path, show: Show) -> None:
    found = show(write(tmp_path / "d", WAYS[way]))
    assert [repr(row) for row in found] == [repr(row) for row in ROWS]


def test_a_column_of_several_types_costs_no_digit(tmp_path: Path, show: Show) -> None:
    """Where one column is mixed, all went through a writer with ten digits."""
    rows = [{"x": 1e-11, "m": 0.1234567890123456, "k": [1e-12]}, {"x": 2.5e-11, "m": "text", "k": [2]}]
    found = show(write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)}))
    assert repr(found) == repr([rows[0], rows[1] | {"k": [2.0]}])


def test_what_json_has_no_number_for_is_told(tmp_path: Path, ask: object) -> None:
    """NaN and infinities, which Python and JavaScript write, are null and special in both shapes of the file."""
    for number, text in enumerate(
        ('{"x": NaN}\n{"x": 1.5}\n{"x": -Infinity}\n', '[{"x": NaN}, {"x": 1.5}, {"x": -Infinity}]')
    ):
        folder = write(tmp_path / str(number), {"a.json" if number else "a.jsonl": text})
        page = ask("rows", folder, "--json").json  # type: ignore[operator]
        assert [row["row"] for row in page["rows"]] == [{"x": None}, {"x": 1.5}, {"x": None}]
        assert [(one["row_idx"], one["value"]) for one in page["special_cells"]] == [(0, "NaN"), (2, "-Infinity")]


@pytest.mark.parametrize(
    "value", [9007199254740993, -9007199254740993, 2**63, -(2**63) - 1, 123456789012345678901234567890]
)
def test_large_integers_are_exact_and_found(value: int, tmp_path: Path, show: Show) -> None:
    for number, files in enumerate(
        ({"a.jsonl": f'{{"v": {value}}}\n{{"v": null}}\n'}, {"a.json": f'[{{"v": {value}}}, {{"v": null}}]'})
    ):
        assert show(write(tmp_path / str(number), files)) == [{"v": value}, {"v": None}]


def test_integers_of_one_file_and_floats_of_another_are_both_exact(tmp_path: Path, show: Show) -> None:
    data = write(tmp_path / "d", {"a-0.jsonl": '{"t": 9007199254740993}\n', "a-1.jsonl": '{"t": 0.5}\n'})
    assert repr(show(data)) == repr([{"t": 9007199254740993}, {"t": 0.5}])


def test_dates_and_a_late_column(tmp_path: Path, show: Show, places: Places) -> None:
    """ISO dates are seconds for pyarrow, and Parquet has no seconds."""
    data = write(
        tmp_path / "d",
        {"train-0.jsonl": '{"t":"2020-01-01T00:00:00"}\n', "train-1.jsonl": '{"t":"2020-01-02T00:00:00","x":1}\n'},
    )
    assert show(data) == [{"t": "2020-01-01T00:00:00", "x": None}, {"t": "2020-01-02T00:00:00", "x": 1}]
    assert places(data, "x = 1") == [1]
    assert places(data, "t > '2020-01-01 12:00:00'") == [1]


def test_declared_integers_of_a_csv_with_empty_cells(tmp_path: Path, show: Show, places: Places) -> None:
    readme = "---\ndataset_info:\n  features:\n  - {name: v, dtype: int64}\n  - {name: w, dtype: string}\n---\n"
    data = write(tmp_path / "d", {"train.csv": "v,w\n9007199254740993,a\n,b\n5,c\n", "README.md": readme})
    assert show(data) == [{"v": 9007199254740993, "w": "a"}, {"v": None, "w": "b"}, {"v": 5, "w": "c"}]
    assert places(data, "v = 9007199254740993") == [0]
    assert places(data, "v > 5") == [0]


def test_integers_with_empty_cells_stay_numbers(tmp_path: Path, places: Places, show: Show) -> None:
    data = write(tmp_path / "d", {"train.csv": "v\n9007199254740993\n\n5\n".replace("\n\n", '\n""\n')})
    assert show(data) == [{"v": 9007199254740993}, {"v": None}, {"v": 5}]


@pytest.mark.parametrize(
    "text", ["id,label\n10,cat,\n20,dog,\n30,emu,\n", "id,label\r\n10,cat,\r\n20,dog,\r\n30,emu,\r\n"]
)
def test_a_delimiter_at_the_end_of_each_row_shifts_nothing(text: str, tmp_path: Path, show: Show) -> None:
    rows = [{"id": 10, "label": "cat"}, {"id": 20, "label": "dog"}, {"id": 30, "label": "emu"}]
    assert show(write(tmp_path / "d", {"train.csv": text})) == rows
    assert show(write(tmp_path / "e", {"train.csv.gz": gzip.compress(text.encode())})) == rows


def test_a_first_column_without_a_name_is_a_column(tmp_path: Path, show: Show) -> None:
    """R's write.table."""
    data = write(tmp_path / "d", {"train.csv": "a,b\nr1,1,x\nr2,2,y\n"})
    assert show(data) == [{"": "r1", "a": 1, "b": "x"}, {"": "r2", "a": 2, "b": "y"}]


def test_a_comma_at_the_end_of_a_line_is_told(tmp_path: Path, ask: object) -> None:
    answer = ask("rows", write(tmp_path / "d", {"train.jsonl": '{"a":1},\n{"a":2},\n'}))  # type: ignore[operator]
    assert answer.code == 6
    assert "train.jsonl, line 1: a comma behind the row" in answer.err


def test_declared_texts_of_a_csv_keep_their_zeros(tmp_path: Path, show: Show, places: Places) -> None:
    """`datasets` 5.2 reads them as numbers first, and writes these as text."""
    readme = "---\ndataset_info:\n  features:\n  - {name: v, dtype: string}\n  - {name: w, dtype: string}\n---\n"
    data = write(tmp_path / "d", {"train.csv": "v,w\n007,1e3\n,True\n010,x\n", "README.md": readme})
    assert show(data) == [{"v": "007", "w": "1e3"}, {"v": None, "w": "True"}, {"v": "010", "w": "x"}]
    assert places(data, "v = '007'") == [0]


def test_geojson_over_several_lines(tmp_path: Path, show: Show) -> None:
    """Coordinates of points and of polygons are lists of different depth."""
    shapes = [
        {"type": "Point", "coordinates": [1.5, 2]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
    ]
    features = [
        {"type": "Feature", "properties": {"a": place or None}, "geometry": shape} for place, shape in enumerate(shapes)
    ]
    document = {"type": "FeatureCollection", "name": "x", "features": features}
    assert show(write(tmp_path / "d", {"a.json": json.dumps(document, indent=1)})) == [document]

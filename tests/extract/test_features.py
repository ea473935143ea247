"""One dataset per feature type of `datasets`, with nulls, at depth inside lists and structs.

Expected cells come from the contract (section 6) and from the values that were put in.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import datasets as hf
import pyarrow as pa
import pytest
from datasets import Features, Value

from dspreview.settings import Settings
from tests.support.data import MP4, PDF, picture, sound, write
from tests.support.extraction import Extracted, extract

WAV = sound()
PNG = picture()
MOMENT = datetime(2020, 1, 2, 3, 4, 5)

Case = tuple[Any, Any, Any, str]
PLAIN: dict[str, Case] = {
    "null": (Value("null"), None, None, "JSON"),
    "bool": (Value("bool"), False, False, "BOOL"),
    **{f"int{bits}": (Value(f"int{bits}"), -7, -7, "INT") for bits in (8, 16, 32, 64)},
    **{
        f"uint{bits}": (Value(f"uint{bits}"), 2 ** min(bits, 63) - 1, 2 ** min(bits, 63) - 1, "INT")
        for bits in (8, 16, 32, 64)
    },
    "float16": (Value("float16"), -3.140625, -3.140625, "FLOAT"),
    "float32": (Value("float32"), 0.5, 0.5, "FLOAT"),
    "float64": (Value("float64"), 3.14, 3.14, "FLOAT"),
    "string": (Value("string"), "é", "é", "STRING"),
    "large_string": (Value("large_string"), "x", "x", "STRING"),
    "binary": (Value("binary"), b"\x00\xff", base64.b64encode(b"\x00\xff").decode(), "JSON"),
    "large_binary": (Value("large_binary"), b"a", "YQ==", "JSON"),
    "date32": (Value("date32"), date(2020, 1, 1), "2020-01-01", "JSON"),
    "date64": (Value("date64"), date(2020, 1, 1), "2020-01-01", "JSON"),
    "time32": (Value("time32[s]"), time(1, 2, 3), "01:02:03", "JSON"),
    "time64": (Value("time64[us]"), time(1, 2, 3, 500), "01:02:03.000500", "JSON"),
    **{
        f"timestamp_{unit}": (Value(f"timestamp[{unit}]"), MOMENT, MOMENT.isoformat(), "TIMESTAMP")
        for unit in ("s", "ms", "us", "ns")
    },
    "timestamp_tz": (
        Value("timestamp[us, tz=US/Pacific]"),
        datetime(2020, 1, 1, tzinfo=UTC),
        "2019-12-31T16:00:00-08:00",
        "TIMESTAMP",
    ),
    "timestamp_utc": (
        Value("timestamp[s, tz=UTC]"),
        datetime(2020, 1, 1, tzinfo=UTC),
        "2020-01-01T00:00:00Z",
        "TIMESTAMP",
    ),
    "duration": (Value("duration[s]"), timedelta(days=1, hours=1), "P1DT1H", "JSON"),
    "decimal128": (Value("decimal128(10, 2)"), Decimal("1.10"), "1.10", "JSON"),
    "decimal256": (Value("decimal256(40, 3)"), Decimal("1.105"), "1.105", "JSON"),
    "class_label": (hf.ClassLabel(names=["no", "yes"]), 1, 1, "CLASS_LABEL"),
    "list": (hf.List(Value("int32")), [1, 2], [1, 2], "JSON"),
    "large_list": (hf.LargeList(Value("int32")), [1], [1], "JSON"),
    "fixed_list": (hf.List(Value("int8"), length=2), [1, 2], [1, 2], "JSON"),
    "list_of_struct": (hf.List({"a": Value("int8")}), [{"a": 1}, None], [{"a": 1}, None], "JSON"),
    "struct": (
        {"a": Value("int8"), "b": {"c": Value("string")}},
        {"a": 1, "b": {"c": "x"}},
        {"a": 1, "b": {"c": "x"}},
        "JSON",
    ),
    "list_of_labels": (hf.List(hf.ClassLabel(names=["a", "b"])), [0, 1], [0, 1], "JSON"),
    **{
        f"array{dims}d": (getattr(hf, f"Array{dims}D")(shape=(2,) * dims, dtype="int32"), nested, nested, "JSON")
        for dims, nested in {
            2: [[1, 2], [3, 4]],
            3: [[[1, 2], [3, 4]]] * 2,
            4: [[[[1, 2], [3, 4]]] * 2] * 2,
            5: [[[[[1, 2], [3, 4]]] * 2] * 2] * 2,
        }.items()
    },
    "translation": (
        hf.Translation(languages=["en", "fr"]),
        {"en": "cat", "fr": "chat"},
        {"en": "cat", "fr": "chat"},
        "JSON",
    ),
    "translations": (
        hf.TranslationVariableLanguages(languages=["en", "fr"]),
        {"en": "the cat", "fr": ["le chat", "la chatte"]},
        {"language": ["en", "fr", "fr"], "translation": ["the cat", "la chatte", "le chat"]},
        "JSON",
    ),
    "json": (hf.Json(), {"a": [1, None, "x"]}, {"a": [1, None, "x"]}, "JSON"),
}


@pytest.fixture(params=["parquet", "saved"])
def page(
    request: pytest.FixtureRequest, tmp_path: Path, settings: Callable[..., Settings]
) -> Callable[[Any, list[Any]], Extracted]:
    """Save rows of one column `x` as Parquet or by save_to_disk, and extract them."""

    def make(feature: Any, values: list[Any]) -> Extracted:
        dataset = hf.Dataset.from_dict({"x": values}, features=Features({"x": feature}))
        place = tmp_path / ("data.parquet" if request.param == "parquet" else "saved")
        if request.param == "parquet":
            dataset.to_parquet(place)
        else:
            dataset.save_to_disk(place)
        found = extract(place, settings(), tmp_path / "staging")
        if request.param == "saved":  # Parquet itself has no seconds and no date64
            assert found.features == Features({"x": feature}).to_dict()
        return found

    return make


@pytest.mark.parametrize("name", PLAIN)
def test_each_plain_feature(name: str, page: Any) -> None:
    feature, value, expected, column_type = PLAIN[name]
    found = page(feature, [value, None, value])
    assert [row["x"] for row in found.rows] == [expected, None, expected]
    assert found.types == {"x": column_type}


def test_integers_of_any_size_are_exact(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": pa.array([2**64 - 1, None], pa.uint64())}), tmp_path / "data.parquet")
    assert extract(tmp_path / "data.parquet", settings(), tmp_path / "staging").rows == [{"x": 2**64 - 1}, {"x": None}]


@pytest.mark.parametrize("name", [name for name in PLAIN if not name.startswith(("array", "translations", "null"))])
def test_each_plain_feature_at_depth(name: str, page: Any) -> None:
    feature, value, expected, _ = PLAIN[name]
    nested = hf.List({"deep": hf.List(feature)})
    found = page(nested, [[{"deep": [value, None]}, {"deep": []}], None])
    assert [row["x"] for row in found.rows] == [[{"deep": [expected, None]}, {"deep": []}], None]
    assert found.types == {"x": "JSON"}


FILES: dict[str, tuple[Any, bytes, str, str, str]] = {
    "image": (hf.Image(), PNG, "cat.png", "RELATIVE_IMAGE_URL", ".png"),
    "audio": (hf.Audio(), WAV, "bird.wav", "AUDIO_RELATIVE_SOURCES", ".wav"),
    "video": (hf.Video(), MP4, "film.mp4", "RELATIVE_VIDEO_URL", ".mp4"),
    "pdf": (hf.Pdf(), PDF, "paper.pdf", "RELATIVE_PDF_URL", ".pdf"),
    "nifti": (hf.Nifti(), b"brain", "brain.nii", "RELATIVE_FILE_URL", ".nii"),
    "mesh": (hf.Mesh(), b"solid x", "part.stl", "RELATIVE_FILE_URL", ".stl"),
    "bio_sequence": (hf.features.BioSequence(), b">s\nACGT", "gene.fasta", "RELATIVE_FILE_URL", ".fasta"),
    "bio_structure": (hf.features.BioStructure(), b"ATOM", "fold.pdb", "RELATIVE_FILE_URL", ".pdb"),
}


def stored(feature: Any, rows: list[Any], folder: Path) -> Path:
    """Parquet with a file feature, as `datasets` stores it: bytes and path in a struct, the feature in the metadata."""
    features = Features({"x": feature})
    schema = features.arrow_schema
    folder.mkdir()
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": pa.array(rows, type=schema.field("x").type)}, schema=schema), folder / "data.parquet")
    return folder / "data.parquet"


@pytest.mark.parametrize("name", FILES)
def test_each_file_feature(name: str, tmp_path: Path, settings: Callable[..., Settings]) -> None:
    feature, data, path, column_type, extension = FILES[name]
    file = stored(feature, [{"bytes": data, "path": path}, None], tmp_path / "d")
    found = extract(file, settings(), tmp_path / "staging")
    assert found.types == {"x": column_type}
    cell, empty = (row["x"] for row in found.rows)
    assert empty is None
    source = cell[0] if name == "audio" else cell
    assert source["src"].endswith(f"/--/default/train/0/x/{path}")
    assert Path(source["src"]).suffix == extension
    assert found.asset(source["src"]) == data
    assert len(found.page.assets) == 1


@pytest.mark.parametrize("name", FILES)
def test_each_file_feature_at_depth(name: str, tmp_path: Path, settings: Callable[..., Settings]) -> None:
    feature, data, path, _, _ = FILES[name]
    value = {"bytes": data, "path": path}
    file = stored(
        hf.List({"f": feature, "n": Value("int8")}),
        [[{"f": value, "n": 1}, {"f": None, "n": 2}, None, {"f": value, "n": 3}]],
        tmp_path / "d",
    )
    found = extract(file, settings(), tmp_path / "staging")
    (cells,) = (row["x"] for row in found.rows)
    assert [cell if cell is None else cell["n"] for cell in cells] == [1, 2, None, 3]
    assert cells[1]["f"] is None
    sources = [cells[place]["f"][0] if name == "audio" else cells[place]["f"] for place in (0, 3)]
    assert sources[0]["src"] != sources[1]["src"]
    assert all(found.asset(source["src"]) == data for source in sources)


def test_a_bad_file_is_null_and_told_and_the_rest_stays(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    rows = [[{"bytes": PNG, "path": "a.png"}, {"bytes": b"no", "path": "b.png"}]] * 2
    found = extract(stored(hf.List(hf.Image()), rows, tmp_path / "d"), settings(), tmp_path / "staging")
    assert [row["x"][1] for row in found.rows] == [None, None]
    assert all(row["x"][0]["width"] == 8 for row in found.rows)
    notes = found.page.extra["cell_errors"]
    assert [(note["row_idx"], note["column"], note["path"]) for note in notes] == [(0, "x", [1]), (1, "x", [1])]
    assert "Pillow" in notes[0]["message"]


def test_special_floats_are_null_and_told(page: Any) -> None:
    found = page(hf.List(Value("float64")), [[1.0, float("nan")], [float("inf"), float("-inf")], None])
    assert [row["x"] for row in found.rows] == [[1.0, None], [None, None], None]
    assert found.page.extra["special_cells"] == [
        {"row_idx": 0, "column": "x", "path": [1], "value": "NaN"},
        {"row_idx": 1, "column": "x", "path": [0], "value": "Infinity"},
        {"row_idx": 1, "column": "x", "path": [1], "value": "-Infinity"},
    ]


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../secret.png", "file:///etc/passwd", "hf://datasets/other/x@main/a.png"]
)
def test_a_cell_reads_no_file_outside_its_dataset(path: str, tmp_path: Path, settings: Callable[..., Settings]) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    file = stored(hf.Image(), [{"bytes": None, "path": path}], tmp_path / "d")
    found = extract(file, settings(), tmp_path / "staging")
    assert found.rows == [{"x": None}]
    assert "outside the dataset" in found.page.extra["cell_errors"][0]["message"]


def test_a_cell_reads_a_file_beside_it(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    file = stored(
        hf.Image(), [{"bytes": None, "path": "pictures/a.png"}, {"bytes": None, "path": "gone.png"}], tmp_path / "d"
    )
    readme = f"---\nconfigs:\n- {{config_name: default, data_files: {file.name}}}\n---\n"
    write(tmp_path / "d", {"pictures/a.png": PNG, "README.md": readme})
    found = extract(tmp_path / "d", settings(), tmp_path / "staging")
    assert found.asset(found.rows[0]["x"]["src"]) == PNG
    assert found.rows[1]["x"] is None
    assert "gone.png" in found.page.extra["cell_errors"][0]["message"]


def test_asset_limits_hold(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    file = stored(hf.Image(), [{"bytes": PNG, "path": None}] * 3, tmp_path / "d")
    small = extract(file, settings(ASSET_MAX_BYTES=10), tmp_path / "staging")
    assert [row["x"] for row in small.rows] == [None] * 3
    assert "ASSET_MAX_BYTES" in small.page.extra["cell_errors"][0]["message"]
    two = extract(file, settings(PAGE_ASSETS_MAX_BYTES=2 * len(PNG)), tmp_path / "staging2")
    assert [row["x"] is None for row in two.rows] == [False, False, True]
    assert "PAGE_ASSETS_MAX_BYTES" in two.page.extra["cell_errors"][0]["message"]


def test_arrow_types_that_datasets_has_no_word_for(tmp_path: Path, settings: Callable[..., Settings]) -> None:
    import pyarrow.parquet as pq

    table = pa.table({"m": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int8())), "n": [1, 2]})
    pq.write_table(table, tmp_path / "data.parquet")
    found = extract(tmp_path / "data.parquet", settings(), tmp_path / "staging")
    assert found.rows == [{"m": {"k": 1}, "n": 1}, {"m": None, "n": 2}]
    assert found.types == {"m": "JSON", "n": "INT"}
    assert found.features["m"]["_type"] == "Value"

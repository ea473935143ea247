"""Formats and layouts of local data. Expected rows are what was written; types are those of `datasets` itself."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets as hf
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets.builder import ArrowBasedBuilder, GeneratorBasedBuilder
from datasets.load import import_main_class
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES

from dspreview import errors
from dspreview.settings import Settings
from tests.support.data import MP4, PDF, parquet, picture, sound, write
from tests.support.extraction import extract, listing_of

Make = Callable[..., Settings]
ROWS = [{"a": 1, "b": "x"}, {"a": 2, "b": "é, y"}]
CSV = 'a,b\n1,x\n2,"é, y"\n'
JSONL = "\n".join(json.dumps(row) for row in ROWS) + "\n"


def zipped(name: str, data: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def arrow(table: pa.Table, *, stream: bool) -> bytes:
    sink = io.BytesIO()
    with (pa.ipc.new_stream if stream else pa.ipc.new_file)(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


TABLE = pa.Table.from_pylist(ROWS)
FILES: dict[str, bytes | str] = {
    "data.parquet": parquet(TABLE),
    "data.csv": CSV,
    "data.tsv": CSV.replace("é, y", "é y").replace(",", "\t").replace("é y", "é, y"),
    "data.csv.gz": gzip.compress(CSV.encode()),
    "data.csv.bz2": bz2.compress(CSV.encode()),
    "data.csv.xz": lzma.compress(CSV.encode()),
    "data.csv.zip": zipped("data.csv", CSV),
    "data.json": json.dumps(ROWS),
    "data.jsonl": JSONL,
    "data.jsonl.gz": gzip.compress(JSONL.encode()),
    "stream.arrow": arrow(TABLE, stream=True),
    "file.arrow": arrow(TABLE, stream=False),
}


@pytest.mark.parametrize("name", FILES)
def test_a_single_file(name: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: FILES[name]})
    found = extract(tmp_path / "d" / name, settings(), tmp_path / "staging")
    assert found.rows == ROWS
    assert found.types == {"a": "INT", "b": "STRING"}


@pytest.mark.parametrize("name", FILES)
def test_a_folder_has_the_types_of_datasets(name: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: FILES[name]})
    found = extract(tmp_path / "d", settings(), tmp_path / "staging")
    theirs = hf.load_dataset(str(tmp_path / "d"), split="train", cache_dir=str(tmp_path / "hf"))
    assert found.rows == theirs.to_list() == ROWS
    assert found.features == theirs.features.to_dict()


def test_text_is_a_row_a_line(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"a.txt": "one\ntwo\n"})
    assert extract(tmp_path / "d", settings(), tmp_path / "staging").rows == [{"text": "one"}, {"text": "two"}]


def test_xml_is_a_row_a_file(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"a.xml": "<a>é</a>", "b.xml": "<b/>"})
    assert extract(tmp_path / "d", settings(), tmp_path / "staging").rows == [{"xml": "<a>é</a>"}, {"xml": "<b/>"}]


def test_a_tar_of_csv_is_downloaded_where_it_cannot_be_streamed(tmp_path: Path, settings: Make) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("data.csv")
        member.size = len(CSV.encode())
        archive.addfile(member, io.BytesIO(CSV.encode()))
    readme = "---\nconfigs:\n- config_name: default\n  data_files: data.csv.tar.gz\n---\n"
    write(tmp_path / "d", {"data.csv.tar.gz": buffer.getvalue(), "README.md": readme})
    assert extract(tmp_path / "d", settings(), tmp_path / "staging").rows == ROWS
    with pytest.raises(errors.UnreadableDataError, match="TAR"):
        extract(tmp_path / "d", settings(MAX_SIZE_FALLBACK=0), tmp_path / "staging2")


def test_save_to_disk(tmp_path: Path, settings: Make) -> None:
    one = hf.Dataset.from_list(ROWS)
    one.save_to_disk(tmp_path / "one", num_shards=2)
    hf.DatasetDict({"train": one, "test": one.select([1])}).save_to_disk(tmp_path / "both")
    assert extract(tmp_path / "one", settings(), tmp_path / "s1").rows == ROWS
    assert [split.split for split in listing_of(tmp_path / "both", settings()).configs[0].splits] == ["train", "test"]
    assert extract(tmp_path / "both", settings(), tmp_path / "s2", split="test").rows == [ROWS[1]]


def test_splits_by_file_name_and_folder(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"data/train.csv": CSV, "data/test.csv": "a,b\n3,z\n"})
    listing = listing_of(tmp_path / "d", settings())
    assert [(config.config, [split.split for split in config.splits]) for config in listing.configs] == [
        ("default", ["train", "test"])
    ]
    assert extract(tmp_path / "d", settings(), tmp_path / "s", split="test").rows == [{"a": 3, "b": "z"}]


def test_a_readme_declares_configs_of_any_name_and_format(tmp_path: Path, settings: Make) -> None:
    readme = """---
configs:
- config_name: "with space/and:é"
  data_files:
  - {split: train, path: "a*.csv"}
  - {split: held.out, path: other.csv}
- config_name: parquet
  data_files: p.parquet
- config_name: broken
  data_files: nothing-*.csv
---
"""
    write(
        tmp_path / "d",
        {"README.md": readme, "a.csv": CSV, "other.csv": "a,b\n3,z\n", "p.parquet": parquet({"p": [1.5]})},
    )
    listing = listing_of(tmp_path / "d", settings())
    assert [(one.config, [split.split for split in one.splits], one.error is None) for one in listing.configs] == [
        ("with space/and:é", ["train", "held.out"], True),
        ("parquet", ["train"], True),
        ("broken", [], False),
    ]
    assert extract(tmp_path / "d", settings(), tmp_path / "s1", "with space/and:é", "held.out").rows == [
        {"a": 3, "b": "z"}
    ]
    assert extract(tmp_path / "d", settings(), tmp_path / "s2", "parquet").rows == [{"p": 1.5}]


def test_a_readme_declares_features_and_sizes(tmp_path: Path, settings: Make) -> None:
    readme = """---
dataset_info:
  features:
  - {name: b, dtype: string}
  - name: a
    dtype:
      class_label:
        names: {'0': zero, '1': one, '2': two}
  - {name: absent, dtype: int32}
  splits:
  - {name: train, num_bytes: 77, num_examples: 2}
---
"""
    write(tmp_path / "d", {"README.md": readme, "train.csv": CSV})
    (config,) = listing_of(tmp_path / "d", settings()).configs
    assert (config.splits[0].num_bytes, config.splits[0].num_examples) == (77, 2)
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.rows == [{"b": "x", "a": 1, "absent": None}, {"b": "é, y", "a": 2, "absent": None}]
    assert found.types == {"b": "STRING", "a": "CLASS_LABEL", "absent": "INT"}


FOLDERS: dict[str, tuple[str, bytes, str]] = {
    "image": (".png", picture(), "RELATIVE_IMAGE_URL"),
    "audio": (".wav", sound(), "AUDIO_RELATIVE_SOURCES"),
    "video": (".mp4", MP4, "RELATIVE_VIDEO_URL"),
    "pdf": (".pdf", PDF, "RELATIVE_PDF_URL"),
}


def source_of(cell: Any) -> str:
    return str(cell[0]["src"] if isinstance(cell, list) else cell["src"])


@pytest.mark.parametrize("kind", FOLDERS)
def test_media_folders_with_class_folders(kind: str, tmp_path: Path, settings: Make) -> None:
    extension, data, column_type = FOLDERS[kind]
    write(tmp_path / "d", {f"cat/1{extension}": data, f"dog/2{extension}": data})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.types == {kind: column_type, "label": "CLASS_LABEL"}
    assert [row["label"] for row in found.rows] == [0, 1]
    assert found.features["label"]["names"] == ["cat", "dog"]
    assert [found.asset(source_of(row[kind])) for row in found.rows] == [data, data]


@pytest.mark.parametrize("kind", FOLDERS)
@pytest.mark.parametrize("metadata", ["metadata.csv", "metadata.jsonl", "metadata.parquet"])
def test_media_folders_with_metadata(kind: str, metadata: str, tmp_path: Path, settings: Make) -> None:
    extension, data, column_type = FOLDERS[kind]
    rows = [{"file_name": f"b{extension}", "text": "bee"}, {"file_name": f"a{extension}", "text": "ant"}]
    tables: dict[str, bytes | str] = {
        "metadata.csv": "file_name,text\n" + "".join(f"{row['file_name']},{row['text']}\n" for row in rows),
        "metadata.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        "metadata.parquet": parquet(pa.Table.from_pylist(rows)),
    }
    table = tables[metadata]
    write(tmp_path / "d", {f"train/a{extension}": data, f"train/b{extension}": data, f"train/{metadata}": table})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.types == {kind: column_type, "text": "STRING"}
    assert [(Path(source_of(row[kind])).name, row["text"]) for row in found.rows] == [
        (f"b{extension}", "bee"),
        (f"a{extension}", "ant"),
    ]


def test_webdataset(tmp_path: Path, settings: Make) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in {
            "1.png": picture(),
            "1.wav": sound(),
            "1.json": b'{"n": 1}',
            "2.png": picture(),
            "2.wav": sound(),
            "2.json": b'{"n": 2}',
        }.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    write(tmp_path / "d", {"train.tar": buffer.getvalue()})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.types["png"] == "RELATIVE_IMAGE_URL"
    assert found.types["wav"] == "AUDIO_RELATIVE_SOURCES"
    assert [row["json"] for row in found.rows] == [{"n": 1}, {"n": 2}]
    assert found.asset(source_of(found.rows[1]["wav"])) == sound()


@pytest.mark.parametrize("groups", ["none", "one of no rows"])
def test_a_split_without_rows(groups: str, tmp_path: Path, settings: Make) -> None:
    schema = pa.schema([("a", pa.int64())])
    path = tmp_path / "empty.parquet"
    with pq.ParquetWriter(path, schema) as writer:
        if groups != "none":
            writer.write_table(schema.empty_table())
    found = extract(path, settings(), tmp_path / "s")
    assert (found.rows, found.types, found.page.num_rows_total) == ([], {"a": "INT"}, 0)


def test_row_groups_and_files_are_walked_in_order(tmp_path: Path, settings: Make) -> None:
    for number in range(3):
        table = pa.table({"n": range(number * 40, number * 40 + 40)})
        write(tmp_path / "d", {f"train-{number}.parquet": parquet(table, row_group_size=15)})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert [row["n"] for row in found.rows] == list(range(100))
    assert found.page.num_rows_total == 120


def test_columns_that_differ_only_in_case_or_not_at_all(tmp_path: Path, settings: Make) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(
        pa.Table.from_arrays([pa.array([1]), pa.array([2]), pa.array([3])], names=["Foo", "foo", "../../x"]), path
    )
    assert extract(path, settings(), tmp_path / "s").rows == [{"Foo": 1, "foo": 2, "../../x": 3}]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a.parquet": b"PAR1 no PAR1"}, ["a.parquet", "Parquet"]),
        ({"a.csv.gz": gzip.compress(CSV.encode() * 1000)[:-20]}, ["a.csv.gz", "cut off"]),
        ({"a.json": "{no json"}, ["a.json"]),
        ({"a.csv": "a,b\n1,2\n1,2,3\n"}, ["a.csv", "line 3", "3 fields", "expected 2"]),
        ({"train-0.csv": "a,b\n1,2\n", "train-1.csv": "a,c\n1,2\n"}, ["train-0.csv", "train-1.csv", "columns"]),
        ({"train-0.csv": "a\n1\n", "train-1.csv": "a\nx\n"}, ["train-0.csv", "train-1.csv", "types"]),
        ({"a.csv": b"a\n\xff\xfe\n"}, ["a.csv", "UTF-8"]),
        ({"a.h5": b"x"}, ["a.h5"]),
    ],
)
def test_broken_data_is_told_with_its_place(
    files: dict[str, Any], words: list[str], tmp_path: Path, settings: Make
) -> None:
    write(tmp_path / "d", files)
    with pytest.raises(errors.DatasetError) as caught:
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


def test_files_that_disagree_beyond_the_page_are_no_error(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"train-0.csv": "a\n" + "1\n" * 150, "train-1.csv": "b\nx\n"})
    assert len(extract(tmp_path / "d", settings(), tmp_path / "s").rows) == 100


@pytest.mark.parametrize(
    "pattern",
    [
        "../secret.txt",
        "/etc/passwd",
        "~/x.txt",
        "file:///etc/passwd",
        "sub/../../secret.txt",
        "hf://datasets/a/b/c.txt",
    ],
)
def test_a_readme_reads_nothing_outside_its_folder(pattern: str, tmp_path: Path, settings: Make) -> None:
    readme = f"---\nconfigs:\n- config_name: default\n  data_files: {json.dumps(pattern)}\n---\n"
    write(tmp_path, {"secret.txt": "secret\n", "d/README.md": readme, "d/sub/x.txt": "y\n"})
    with pytest.raises(errors.UnsafePathError, match="outside the dataset"):
        extract(tmp_path / "d", settings(), tmp_path / "s")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, settings: Make) -> None:
    write(tmp_path, {"secret.csv": CSV, "d/README.md": ""})
    (tmp_path / "d" / "data.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(errors.UnsafePathError):
        extract(tmp_path / "d", settings(), tmp_path / "s")


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"README.md": "hello"}, errors.EmptyDatasetError),
        ({}, errors.EmptyDatasetError),
        ({"a.unknown": "x"}, errors.EmptyDatasetError),
        ({"d.py": "import datasets"}, errors.ScriptDatasetError),
        ({"README.md": "---\na: [\n---\n", "a.csv": CSV}, errors.CardError),
    ],
)
def test_folders_without_data(files: dict[str, Any], error: type[Exception], tmp_path: Path, settings: Make) -> None:
    (tmp_path / "d").mkdir()
    write(tmp_path / "d", files)
    with pytest.raises(error):
        extract(tmp_path / "d", settings(), tmp_path / "s")


def test_one_broken_split_hides_none(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"train.parquet": b"broken", "test.parquet": parquet({"a": [1]})})
    assert extract(tmp_path / "d", settings(), tmp_path / "s", split="test").rows == [{"a": 1}]
    with pytest.raises(errors.UnreadableDataError):
        extract(tmp_path / "d", settings(), tmp_path / "s", split="train")


def test_the_readers_inside_datasets_have_the_names_that_we_drive() -> None:
    for module, (path, _) in _PACKAGED_DATASETS_MODULES.items():
        reader = import_main_class(path)
        assert hasattr(reader, "_split_generators"), module
        if issubclass(reader, ArrowBasedBuilder):
            assert hasattr(reader, "_generate_tables"), module
        elif issubclass(reader, GeneratorBasedBuilder):
            assert hasattr(reader, "_generate_examples"), module
    webdataset = import_main_class(_PACKAGED_DATASETS_MODULES["webdataset"][0])
    assert hasattr(webdataset, "_get_pipeline_from_tar")
    assert webdataset.NUM_EXAMPLES_FOR_FEATURES_INFERENCE == 5

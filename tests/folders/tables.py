"""Tables in binary files: Parquet, Arrow, what `save_to_disk` writes, Avro and ORC."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value, load_from_disk
from pyarrow import feather, orc

from tests.folders.case import TEST, TRAIN, Healthy, Ill, Layout, Place, Row, Writer

MOMENT = dt.datetime(2024, 2, 29, 23, 59, 59, 123456)


def cut(path: Path, size: int) -> None:
    """Take so many bytes from the end of a file."""
    path.write_bytes(path.read_bytes()[:-size])


def events(first: int, number: int) -> pa.Table:
    """Some rows with values of many types."""
    ids = range(first, first + number)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "small": pa.array([n % 100 - 50 if n % 3 else None for n in ids], pa.int8()),
            "big": pa.array([2**64 - 1 - n for n in ids], pa.uint64()),
            "price": pa.array([Decimal(n * 1_001).scaleb(-2) for n in ids], pa.decimal128(12, 2)),
            "at": pa.array([MOMENT + dt.timedelta(hours=n) for n in ids], pa.timestamp("us", "UTC")),
            "day": pa.array([dt.date(1969, 12, 25) + dt.timedelta(n) for n in ids], pa.date32()),
            "text": pa.array([f'Zeile "{n}"\n→ 😀' if n % 4 else None for n in ids]),
            "kind": pa.array([("warm", "cold")[n % 2] for n in ids]),
            "raw": pa.array([bytes([n % 256, 255, 0]) for n in ids], pa.binary()),
            "tags": pa.array([[f"t{n}", None][: n % 3] for n in ids], pa.list_(pa.string())),
            "at_home": pa.array([{"x": n / 3, "ok": n % 2 == 0} for n in ids]),
        }
    )


EVENTS = {
    "id": "int64", "small": "int8", "big": "uint64", "price": "decimal128(12, 2)", "at": "timestamp[us, tz=UTC]", "day": "date32",
    "text": "string", "kind": "string", "raw": "binary", "tags": ["string"], "at_home": {"x": "float64", "ok": "bool"},
}  # fmt: skip


def parquet(folder: Path) -> None:
    """Shards that were written one after the other, with other options each."""
    (folder / "data").mkdir()
    pq.write_table(events(0, 120), folder / "data/train-00000-of-00002.parquet", row_group_size=50)
    later = {"compression": "zstd", "use_dictionary": False, "data_page_version": "2.0", "version": "2.4"}
    pq.write_table(events(120, 30), folder / "data/train-00001-of-00002.parquet", **later)
    pq.write_table(events(1_000, 7), folder / "data/test-00000-of-00001.parquet", compression="none")


def own_parquet(folder: Path) -> dict[Place, list[Row]]:
    """What pyarrow reads of each split, file by file."""
    files = {name: sorted((folder / "data").glob(f"{name}-*")) for name in ("train", "test")}
    return {("default", name): [row for one in paths for row in pq.ParquetFile(one).read().to_pylist()] for name, paths in files.items()}  # fmt: skip


def parquet_cut(folder: Path) -> None:
    """A copy of the second shard that broke off."""
    parquet(folder)
    cut(folder / "data/train-00001-of-00002.parquet", 100)


def arrow(folder: Path) -> None:
    """Feather files of both versions, and a stream."""
    first = events(0, 20).drop_columns(["price", "at_home", "tags"])
    feather.write_feather(first, folder / "0.feather", version=2, compression="lz4", chunksize=7)
    feather.write_feather(first.slice(0, 3).set_column(0, "id", [[50, 51, 52]]), folder / "1.feather", version=1)
    with pa.ipc.new_stream(folder / "2.arrows", first.schema) as stream:
        stream.write_table(first.slice(0, 5).set_column(0, "id", [range(60, 65)]))


def own_arrow(folder: Path) -> dict[Place, list[Row]]:
    """What pyarrow reads."""
    tables = [feather.read_table(folder / name) for name in ("0.feather", "1.feather")]
    tables.append(pa.ipc.open_stream(folder / "2.arrows").read_all())
    return {TRAIN: [row for table in tables for row in table.to_pylist()]}


def arrow_cut(folder: Path) -> None:
    """A file without its footer."""
    arrow(folder)
    cut(folder / "0.feather", 30)


def saved(folder: Path) -> None:
    """A dataset whose rows were sorted, filtered and saved again."""
    kinds = Features({"n": Value("int32"), "text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    rows = {"n": range(40), "text": [f"row {n}" for n in range(40)], "label": [n % 2 for n in range(40)]}
    whole = Dataset.from_dict(rows, features=kinds)
    train = whole.select(range(39, 9, -1)).select([n for n in range(30) if n % 3])
    parts = DatasetDict({"train": train, "test": whole.select(range(5))})
    parts.save_to_disk(str(folder), num_shards={"train": 3, "test": 1})


def own_saved(folder: Path) -> dict[Place, list[Row]]:
    """What `load_from_disk` gives."""
    return {("default", name): list(rows) for name, rows in load_from_disk(str(folder)).items()}


def saved_without_shard(folder: Path) -> None:
    """One of the files that state.json names is not there."""
    saved(folder)
    (folder / "train/data-00001-of-00003.arrow").unlink()


AVRO: dict[str, Any] = {
    "type": "record", "name": "Event", "namespace": "org.example",
    "fields": [
        {"name": "id", "type": "long"}, {"name": "name", "type": ["null", "string"]}, {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "day", "type": {"type": "int", "logicalType": "date"}}, {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["WARM", "COLD"]}}, {"name": "raw", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "score", "type": "float"},
        {"name": "inner", "type": {"type": "record", "name": "Inner", "fields": [{"name": "ok", "type": "boolean"}]}},
    ],
}  # fmt: skip


def records(first: int, number: int) -> list[Row]:
    """Some records of that schema."""
    return [
        {"id": n, "name": None if n % 5 == 0 else f"n {n} ß", "at": MOMENT.replace(tzinfo=dt.UTC) - dt.timedelta(days=20_000 * n), "day": dt.date(1960, 1, 1) + dt.timedelta(n),
         "price": Decimal(f"-{n}.125"), "kind": ("WARM", "COLD")[n % 2], "raw": bytes([n, 0, 200]), "tags": ["a", "b"][: n % 3], "score": n / 4, "inner": {"ok": n % 2 == 0}}
        for n in range(first, first + number)
    ]  # fmt: skip


def avro(folder: Path) -> None:
    """A file that was appended to, and one that another codec packed."""
    with (folder / "train.avro").open("wb") as file:
        fastavro.writer(file, AVRO, records(0, 12), codec="deflate", sync_interval=100)
    with (folder / "train.avro").open("a+b") as file:
        fastavro.writer(file, None, records(12, 3))  # the schema is that of the file
    with (folder / "test.avro").open("wb") as file:
        fastavro.writer(file, AVRO, records(17, 4), codec="bzip2")


def own_avro(folder: Path) -> dict[Place, list[Row]]:
    """What fastavro reads."""
    found: dict[Place, list[Row]] = {}
    for name in ("train", "test"):
        with (folder / f"{name}.avro").open("rb") as file:
            found["default", name] = [dict(row) for row in fastavro.reader(file) if isinstance(row, dict)]
    return found


def avro_cut(folder: Path) -> None:
    """A file that ends within a block."""
    avro(folder)
    cut(folder / "train.avro", 20)


def orc_files(folder: Path) -> None:
    """Files of several stripes, packed differently."""
    table = events(0, 60).drop_columns(["big"])
    orc.write_table(table, folder / "train.orc", compression="zlib", stripe_size=1_024, batch_size=16)
    orc.write_table(table.slice(50).set_column(0, "id", [range(90, 100)]), folder / "test.orc", compression="snappy")


def own_orc(folder: Path) -> dict[Place, list[Row]]:
    """What pyarrow reads."""
    return {("default", name): orc.ORCFile(folder / f"{name}.orc").read().to_pylist() for name in ("train", "test")}


def orc_cut(folder: Path) -> None:
    """A file without its postscript."""
    orc_files(folder)
    cut(folder / "train.orc", 8)


RECORD = {
    "id": "int64", "name": "string", "at": "timestamp[us, tz=UTC]", "day": "date32", "price": "decimal128(9, 3)", "kind": "string", "raw": "binary",
    "tags": ["string"], "score": "float32", "inner": {"ok": "bool"},
}  # fmt: skip


def only(names: str) -> dict[str, Any]:
    """The types of some columns of the events."""
    return {name: kind for name, kind in EVENTS.items() if name in names.split()}


TABLES = (
    Layout(
        "Parquet", Writer("pyarrow"),
        Healthy(parquet, own_parquet, {TRAIN: 150, TEST: 7}, {"default": EVENTS}, "three shards, each with other options"),
        Ill(parquet_cut, "a shard is cut off", 6, ("load-failed",), TRAIN),
    ),
    Layout(
        "Arrow", Writer("pyarrow"),
        Healthy(arrow, own_arrow, {TRAIN: 28}, {"default": only("id small big at day text kind raw")}, "Feather 1 and 2, and a stream"),
        Ill(arrow_cut, "a file is cut off", 6, ("load-failed",)), differs=True,
    ),
    Layout(
        "`save_to_disk`", Writer("datasets"),
        Healthy(saved, own_saved, {TRAIN: 20, TEST: 5}, {"default": {"n": "int32", "text": "string", "label": "ClassLabel(no, yes)"}}, "sorted and filtered"),
        Ill(saved_without_shard, "a file that `state.json` names is missing", 6, ("load-failed", "missing-shard"), TRAIN),
    ),
    Layout(
        "Avro", Writer("fastavro"), Healthy(avro, own_avro, {TRAIN: 15, TEST: 4}, {"default": RECORD}, "appended to, two codecs"),
        Ill(avro_cut, "the last block is cut off", 6, ("load-failed",), TRAIN), differs=True,
    ),
    Layout(
        "ORC", Writer("pyarrow"),
        Healthy(orc_files, own_orc, {TRAIN: 60, TEST: 10}, {"default": {name: kind for name, kind in EVENTS.items() if name != "big"} | {"at": "timestamp[ns, tz=UTC]"}}, "several stripes, two codecs"),
        Ill(orc_cut, "its end is cut off", 6, ("load-failed",), TRAIN), differs=True,
    ),
)  # fmt: skip
"""These layouts."""

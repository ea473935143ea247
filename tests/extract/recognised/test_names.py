"""How a kind of dataset is named in a sentence. Expected: how its name is said, and what a format has that says nothing of itself."""

from __future__ import annotations

from dspreview.extract.format import FORMATS, Format
from dspreview.extract.recognised.layouts import KINDS, Recognition

SAID = {
    "an": "Iceberg table, HDF5 file of several lengths, ORC file, Avro file, Arrow file, Excel workbook, SQLite database, Inspect log, SPSS file, MCAP file",
    "a": "Delta table, Lance table without its data, Zarr store, LeRobot dataset, COCO dataset, YOLO dataset, set of agent sessions, MosaicML Streaming dataset,"
    " LitData dataset, NumPy array, NumPy archive, GeoJSON file, CoNLL file, Stata file, SAS file, TFRecord file",
}


def test_each_name_has_its_article() -> None:
    said = {name: article for article, names in SAID.items() for name in names.split(", ")}
    assert {*said} == {kind.name for kind in KINDS} | {one.words for one in FORMATS.values() if one.words}
    assert {name: Recognition(name, "", lambda _: {}).article for name in said} == said


def test_a_format_without_words_is_named_by_itself() -> None:
    assert Format("ndx", ("ndx",)).title == "ndx file"
    assert FORMATS["npy"].title == "NumPy array"

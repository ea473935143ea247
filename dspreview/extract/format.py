"""The table of formats: a line each, and what is asked about them anywhere else.

A format is named as the packaged module of `datasets` that reads it. Whoever wants to know how one behaves asks its line, and compares no
names: a new format is a line here, and a file in `extract/formats` where it is read without `datasets`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

SMALL_BLOCK = 1 << 17
"""Bytes that are read ahead of a file on the Hub for a page; by default it is 5 MB."""


class Format(NamedTuple):
    """How files of a format are told and read."""

    name: str
    extensions: tuple[str, ...] = ()
    """Those that tell it by themselves, without their dot; what else `datasets` takes for it is decided there."""
    data_anywhere: tuple[str, ...] = ()
    """Extensions of files that are data wherever they lie; others are where a config has some of their kind."""
    guesses_types: bool = False
    """Whether it carries no types: what is said of its features is a guess from the first values."""
    is_delimited: bool = False
    """Whether it is text with a header and fields: all files of a split have the same columns."""
    row_is_line: bool = False
    """Whether each row is a JSON object on a line of its own, or may be."""
    is_text: bool = False
    """Whether a row is a line of text, whatever it says."""
    is_parquet: bool = False
    """Whether its files are asked as they lie: footers know rows and columns, and ranges are read of remote ones."""
    is_media_folder: bool = False
    """Whether rows are files, and folders may name their classes: then the names of all files matter to each split."""
    is_direct: bool = False
    """Whether a folder of it is listed without `datasets`, by the names of its files."""
    is_unsafe: bool = False
    """Whether reading it runs code found in the data."""
    has_tasks: bool = False
    """Whether its files are those of tasks only where some have the names of such."""
    nests_files: bool = False
    """Whether the reader of datasets 5.2 is handed lists of files where it opens files: it loads none."""
    small_read: Mapping[str, Any] | None = None
    """Options of its reader that fetch as little of a remote file as a page needs."""
    tables: str = ""
    """`module:function` that reads a file of it here; empty where `datasets` does.

    It takes a binary stream and how many rows are wanted at a time, and yields Arrow tables: the first one has all columns.
    """
    head: str = ""
    """`module:function` that reads the first rows of a file of guessed types without a library; empty where there is none.

    It takes a file and how many rows are wanted, and gives a `dspreview.extract.text.heads.Head`, or None for the long way.
    """
    whole: str = ""
    """`module:function` that reads all rows of files of guessed types without `datasets`; empty where there is none.

    It takes the paths of files on this machine, and gives a `dspreview.extract.text.typed_tables.TypedTables`.
    """
    is_ours: bool = False
    """Whether `datasets` has no reader for it: it is recognised here, its extensions are told to it, and `tables` reads it."""
    words: str = ""
    """What a file of it is called, where that is not its name."""
    library: str = ""
    """What `datasets` makes of it, in words, where it is recognised here; empty where it has no reader for it."""
    configs: str = ""
    """`module:function` that gives the configs in files of it, where each holds several; empty where it holds rows.

    It takes a `dspreview.extract.folder.Folder` and the names of files.
    """
    about: str = ""
    """`module:function` that tells what its files say of themselves beside their rows."""
    goes_through: bool = False
    """Whether its reader goes from the first byte of a file to the last: it may be packed."""
    is_log: bool = False
    """Whether a program wrote down what happened: its values are as they were, and nobody mends them."""
    has_labels: bool = False
    """Whether numbers may have labels, some of a column and others not: these stay numbers."""
    mends: str = ""
    """The module that replaces what is wrong in the reader of `datasets`; imported before that is used."""
    extra: str = ""
    """The package that it needs beside the declared dependencies."""

    @property
    def title(self) -> str:
        """What a file of it is called."""
        return self.words or f"{self.name} file"

    def read(self) -> Any:
        """The function that reads a file of it here; None where there is none."""
        return named(self.tables)

    def read_configs(self) -> Any:
        """The function that gives the configs in files of it; None where these hold rows."""
        return named(self.configs)

    def read_head(self) -> Any:
        """The function that reads the first rows of a file of it without a library; None where there is none."""
        return named(self.head)

    def read_whole(self) -> Any:
        """The function that reads all rows of files of it without `datasets`; None where there is none."""
        return named(self.whole)


def named(place: str) -> Any:
    """What `module:name` names; None where it is empty."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name) if module else None


HERE, REFUSED = "dspreview.extract.formats", "dspreview.extract.recognised.refused"
PARQUET, CSV, JSON, TEXT, ARROW = (
    Format("parquet", ("parquet",), ("parquet",), is_parquet=True, is_direct=True, tables="dspreview.extract.parquet.rowgroups:parquet_tables"),
    Format(
        "csv", ("csv",), ("csv", "tsv"), guesses_types=True, is_delimited=True, is_direct=True, small_read={"chunksize": 1_000},
        head="dspreview.extract.text.csv_head:csv_head", whole="dspreview.extract.text.csv_tables:csv_tables",
    ),
    Format(
        "json", ("json", "jsonl"), ("jsonl",), guesses_types=True, row_is_line=True, is_direct=True,
        small_read={"chunksize": SMALL_BLOCK}, head="dspreview.extract.text.json_head:json_head", whole="dspreview.extract.text.json_tables:json_tables",
    ),
    Format(
        "text", ("txt",), is_text=True, is_direct=True,
        # its reader makes a file system of its own
        small_read={"chunksize": SMALL_BLOCK, "storage_options": {"hf": {"block_size": SMALL_BLOCK}}},
    ),
    Format("arrow", ("arrow",), ("arrow",), tables="dspreview.extract.formats.arrow_file:arrow_tables"),
)  # fmt: skip
IMAGES = Format(
    "imagefolder", ("jpg", "jpeg", "png", "gif", "webp", "bmp", "tif", "tiff"), is_direct=True, is_media_folder=True
)
FORMATS = {
    one.name: one
    for one in (
        PARQUET, CSV, JSON, TEXT, ARROW, IMAGES,
        Format("orc", ("orc",), is_ours=True, words="ORC file", tables=f"{HERE}.orc:orc_tables"),
        Format("avro", ("avro",), is_ours=True, words="Avro file", tables=f"{HERE}.avro:avro_tables"),
        Format("feather", ("feather", "ipc", "arrows"), is_ours=True, words="Arrow file", tables=f"{HERE}.arrow_file:arrow_tables"),
        Format("npy", ("npy",), is_ours=True, words="NumPy array", tables=f"{HERE}.numpy_arrays:npy_tables"),
        Format("npz", ("npz",), is_ours=True, words="NumPy archive", configs=f"{HERE}.numpy_arrays:npz_configs"),
        Format("geojson", ("geojson",), is_ours=True, words="GeoJSON file", guesses_types=True, goes_through=True, tables=f"{HERE}.geojson:geojson_tables"),
        Format("excel", ("xlsx", "xlsm"), is_ours=True, words="Excel workbook", guesses_types=True, configs=f"{HERE}.excel:excel_configs"),
        Format("sqlite", ("sqlite", "sqlite3", "db", "db3"), is_ours=True, words="SQLite database", guesses_types=True,
               configs=f"{HERE}.sqlite:sqlite_configs"),
        Format("conllu", ("conllu", "conllup", "conll"), is_ours=True, words="CoNLL file", goes_through=True, library="shows the first field of each line alone",
               tables=f"{HERE}.conll:conll_tables"),
        Format("inspect", ("eval",), is_ours=True, is_log=True, words="Inspect log", library="does not read logs that are packed with zstd, or have ids of text",
               configs=f"{HERE}.inspect_log:inspect_configs", about=f"{HERE}.inspect_log:headers"),
        Format("stata", ("dta",), is_ours=True, has_labels=True, words="Stata file", tables=f"{HERE}.statistics_files:stata_tables"),
        Format("sas", ("sas7bdat", "xpt"), is_ours=True, words="SAS file", configs=f"{HERE}.statistics_files:sas_configs"),
        Format("spss", ("sav", "zsav"), is_ours=True, has_labels=True, words="SPSS file", extra="pyreadstat", configs=f"{HERE}.statistics_files:spss_configs"),
        Format("tfrecord", ("tfrecord", "tfrecords"), is_ours=True, words="TFRecord file", configs=f"{REFUSED}:tfrecord_configs"),
        Format("mcap", ("mcap",), is_ours=True, words="MCAP file", configs=f"{REFUSED}:mcap_configs"),
        Format("audiofolder", is_media_folder=True),
        Format("videofolder", is_media_folder=True),
        Format("meshfolder", is_media_folder=True),
        Format("pdffolder", is_media_folder=True),
        Format("niftifolder", is_media_folder=True, extra="nibabel"),
        Format("xml", nests_files=True),
        Format("webdataset", mends="dspreview.extract.library.webdataset"),
        Format("hdf5", mends="dspreview.extract.library.hdf5", extra="h5py"),
        Format("pandas", is_unsafe=True),
        Format("harbor", has_tasks=True),
        Format("genbank", extra="biopython"),
        Format("fasta", extra="biopython"),
        Format("fastq", extra="biopython"),
    )
}  # fmt: skip
"""The formats that need a line; any other one of `datasets` is read as it is."""
BY_EXTENSION = {extension: one for one in FORMATS.values() if one.is_direct for extension in one.extensions}
"""The format of a kind of files whose names tell all there is to know."""


def format_of(name: str) -> Format:
    """The format of that name."""
    return FORMATS.get(name) or Format(name)

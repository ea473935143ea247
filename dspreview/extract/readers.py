"""The first rows of a split as Arrow tables, with the file that each came from.

Parquet is read here, a row group at a time. For the other formats the readers inside `datasets` are driven one
level below its iterable datasets: `_generate_tables` and `_generate_examples` hand out raw values, so nothing is
decoded (sound would need torch), no timestamp overflows, and an error can be told by its file.
`tests/extract/test_readers.py` pins these names.
"""

from __future__ import annotations

import copy
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.json as paj
import pyarrow.parquet as pq
from datasets import Features
from datasets.builder import ArrowBasedBuilder, DatasetBuilder
from datasets.data_files import DataFilesDict
from datasets.download import DownloadManager, StreamingDownloadManager
from datasets.features.features import Audio, Image, Mesh, Nifti, Pdf, Video
from datasets.load import import_main_class
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from datasets.packaged_modules.folder_based_builder import folder_based_builder as folder_reader
from datasets.packaged_modules.json import json as json_reader
from datasets.utils.file_utils import xopen

from dspreview.extract.source import Plan, Source
from dspreview.models import FeatureTree

NamedTable = tuple[str, pa.Table]
"""A file and some of its rows; the name is empty where a reader mixes files."""

EXAMPLES_AT_ONCE = 10
PARQUET_BATCH = 1_000
LINES_LOOKED_AT = 200_000
ASSET_FEATURES = (Audio, Image, Video, Pdf, Nifti, Mesh, datasets.features.BioSequence, datasets.features.BioStructure)


class SplitReader:
    """Reads one split from its beginning."""

    def __init__(self, source: Source, plan: Plan, split: str, folder: str, *, streaming: bool) -> None:
        """`folder` takes what the normal mode downloads; it belongs to the caller."""
        self.source = source
        self.plan = plan
        self.split = split
        self.folder = folder
        self.streaming = streaming
        self.features: Features | None = plan.features
        """Known from the README or the files' own schema; None where only the values tell."""
        self.rest: Iterator[NamedTable] = iter(())
        self.beyond = 0

    def tables(self, skip: int, num_rows: int) -> Iterator[NamedTable]:
        """Tables in the order of the split, without the first `skip` rows, until `num_rows` were handed out."""
        self.rest = self._read(skip, num_rows)
        for name, table in self.rest:
            first = min(skip, table.num_rows)
            skip -= first
            part = numbered(table).slice(first, min(num_rows, table.num_rows - first))
            num_rows -= part.num_rows
            self.beyond = table.num_rows - first - part.num_rows
            yield name, part
            if num_rows == 0:
                return

    def count_rest(self) -> int | None:
        """How many rows follow those that were handed out; None where they cannot be read."""
        try:
            return int(self.beyond + sum(table.num_rows for _, table in self.rest))
        except Exception:
            return None

    def _read(self, skip: int, num_rows: int) -> Iterator[NamedTable]:
        if self.plan.module == "parquet" and self.streaming:
            return self._read_files(parquet_tables, min(skip + num_rows, PARQUET_BATCH))
        if self.plan.module == "arrow" and self.streaming:
            return self._read_files(arrow_tables, num_rows)
        builder = self._builder()
        guessing = self.features is None and guesses_from_values(self.plan.module)
        if guessing:  # else the JSON reader parses the first 10 MB twice, to guess the types once more
            builder.info.features = Features()
        generators = builder._split_generators(self._manager(builder))
        if guessing:
            builder.info.features = None
        wanted = next(generator for generator in generators if str(generator.name) == self.split)
        if self.features is None and not guesses_from_values(self.plan.module):
            self.features = builder.info.features
        if isinstance(builder, ArrowBasedBuilder):
            if self.plan.module == "xml":  # datasets 5.2 hands its XML reader iterables where it opens files
                wanted.gen_kwargs["files"] = [name for names in wanted.gen_kwargs["files"] for name in names]
            return self._read_tables(builder, wanted.gen_kwargs)
        return self._read_examples(builder, wanted.gen_kwargs)

    def _read_files(self, tables: Callable[[Any, int], Iterator[pa.Table]], batch_size: int) -> Iterator[NamedTable]:
        """Files that carry their own schema, read here; the schema of the first one gives the features."""
        for name in self.plan.files[self.split]:
            try:
                with xopen(name, "rb", download_config=self.source.download) as stream:
                    for table in tables(stream, batch_size):
                        if self.features is None:
                            self.features = features_of(numbered(table).schema)
                        yield name, table
            except Exception as error:
                error.add_note(name)
                raise

    def _builder(self) -> DatasetBuilder:
        """The reader of `datasets` for this plan. Names of configs play no role there, so any name works."""
        cls = import_main_class(_PACKAGED_DATASETS_MODULES[self.plan.module][0])
        # folder readers look at all splits for the class names; others need only theirs, and a broken one hides none
        names = list(self.plan.data_files) if issubclass(cls, folder_reader.FolderBasedBuilder) else [self.split]
        chosen = DataFilesDict({name: self.plan.data_files[name] for name in names})
        known = {key: value for key, value in self.plan.params.items() if hasattr(cls.BUILDER_CONFIG_CLASS, key)}
        info = copy.deepcopy(self.plan.config.info)
        if self.plan.features is not None:
            info = info or datasets.DatasetInfo()
            info.features = self.plan.features
        return cls(
            cache_dir=self.folder,
            dataset_name="dataset",
            config_name="default",
            hash="0",
            base_path=self.source.root,
            info=info,
            token=self.source.download.token,
            data_files=chosen,
            **known,
        )

    def _manager(self, builder: DatasetBuilder) -> Any:
        """What turns addresses into files: opened where they lie, or downloaded and unpacked first."""
        if self.streaming:
            return StreamingDownloadManager(
                dataset_name=builder.dataset_name,
                base_path=builder.base_path,
                download_config=self.source.download.copy(),
            )
        download = self.source.download.copy()
        download.cache_dir = os.path.join(self.folder, "downloads")
        return DownloadManager(
            dataset_name=builder.dataset_name,
            base_path=builder.base_path,
            download_config=download,
            record_checksums=False,
        )

    def _read_tables(self, builder: Any, arguments: dict[str, Any]) -> Iterator[NamedTable]:
        for name, shard in shards(arguments, self.plan.files[self.split]):
            try:
                for _, table in builder._generate_tables(**shard):
                    yield name, table
            except Exception as error:
                error.add_note(name)
                if line := bad_line(shard, self.source):
                    error.add_note(f"line {line}")
                raise

    def _read_examples(self, builder: Any, arguments: dict[str, Any]) -> Iterator[NamedTable]:
        examples = (example for _, example in builder._generate_examples(**arguments))
        features = builder.info.features
        if features is None:
            while batch := list(islice(examples, EXAMPLES_AT_ONCE)):
                yield "", pa.Table.from_pylist(batch)
            return
        raw = Features({name: without_codec(feature) for name, feature in features.items()})
        schema = features.arrow_schema
        while batch := list(islice(examples, EXAMPLES_AT_ONCE)):
            encoded = [raw.encode_example({name: example.get(name) for name in raw}) for example in batch]
            arrays = [pa.array([row[field.name] for row in encoded], type=field.type) for field in schema]
            yield "", pa.Table.from_arrays(arrays, schema=schema)
        yield "", schema.empty_table()


def parquet_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """A Parquet file, a row group at a time; an empty table first, so that the schema is known without rows."""
    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 16)
    yield file.schema_arrow.empty_table()
    for group in range(file.num_row_groups):
        if file.metadata.row_group(group).num_rows:
            for batch in file.iter_batches(batch_size=batch_size, row_groups=[group]):
                yield pa.Table.from_batches([batch])


def arrow_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """An Arrow stream or file, a record batch at a time."""
    del batch_size
    try:
        reader = pa.ipc.open_stream(stream)
        batches = iter(reader)
    except (OSError, pa.ArrowInvalid):
        stream.seek(0)
        reader = pa.ipc.open_file(stream)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
    yield reader.schema.empty_table()
    for batch in batches:
        batch.validate(full=True)
        yield pa.Table.from_batches([batch])


def numbered(table: pa.Table) -> pa.Table:
    """A table in which no two columns have the same name: a repeated one gets a number."""
    names = unique_names(table.column_names)
    return table if names == table.column_names else table.rename_columns(names)


def unique_names(names: list[str]) -> list[str]:
    """The names, a repeated one numbered, so that no column hides another in a row."""
    seen: set[str] = set(names) if len(set(names)) == len(names) else set()
    if seen:
        return names
    unique = []
    for name in names:
        candidate, number = name, 1
        while candidate in seen:
            number += 1
            candidate = f"{name}_{number}"
        seen.add(candidate)
        unique.append(candidate)
    return unique


class GuardedJson:
    """pyarrow.json, but for data that begins with null: pyarrow 26 crashes on it, and the process with it."""

    ReadOptions = paj.ReadOptions

    @staticmethod
    def read_json(source: Any, read_options: Any = None, **options: Any) -> pa.Table:
        """`pyarrow.json.read_json`, or ValueError."""
        if source.getvalue()[:200].lstrip().startswith(b"null"):
            raise ValueError("a row is null, where an object was expected")
        return paj.read_json(source, read_options=read_options, **options)


for module in (json_reader, folder_reader):
    module.paj = GuardedJson


def guesses_from_values(module: str) -> bool:
    """Formats that carry no types: what their reader says of the features is a guess from the first values."""
    return module in {"csv", "json"}


def shards(arguments: dict[str, Any], files: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """A reader's arguments file by file, where its lists run over the split's files."""
    lengths = {len(value) for value in arguments.values() if isinstance(value, list)}
    if lengths != {len(files)} or not all(isinstance(value, list) for value in arguments.values()):
        return [(files[0] if len(files) == 1 else "", arguments)]
    return [(name, {key: [value[place]] for key, value in arguments.items()}) for place, name in enumerate(files)]


def without_codec(feature: Any) -> Any:
    """A feature whose files are plain bytes and paths, so that encoding an example reads and decodes nothing."""
    if isinstance(feature, ASSET_FEATURES):
        return AssetValue()
    if isinstance(feature, dict):
        return {key: without_codec(item) for key, item in feature.items()}
    if isinstance(feature, list):
        return [without_codec(item) for item in feature]
    if isinstance(feature, datasets.LargeList):
        return datasets.LargeList(without_codec(feature.feature))
    if isinstance(feature, datasets.List):
        return datasets.List(without_codec(feature.feature), length=feature.length)
    return feature


def bad_line(arguments: dict[str, Any], source: Source) -> int | None:
    """The first line of a JSON Lines or text file that is none, counted from 1; readers count within their blocks."""
    for name in next(iter(arguments.get("files_iterables", ())), ()):
        try:
            with xopen(name, "rb", download_config=source.download) as stream:
                return first_bad_line(stream, as_json=".json" in os.path.basename(name.split("::")[0]))
        except (OSError, EOFError, zlib.error):  # cut off: there is no bad line to name
            return None
    return None


def first_bad_line(stream: Iterable[bytes], *, as_json: bool) -> int | None:
    """The first line that is not text in UTF-8, or (as JSON Lines) no JSON; None for one document over many lines."""
    for number, line in enumerate(islice(stream, LINES_LOOKED_AT), 1):
        if number == 1 and line.strip() and not line.rstrip().endswith(b"}"):
            as_json = False
        try:
            text = line.decode()
            if as_json and text.strip():
                json.loads(text)
        except ValueError:
            return number
    return None


class AssetValue:
    """Stands for a file feature: stores `{"bytes", "path"}` of whatever an example holds, unread."""

    pa_type = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    dtype = "dict"

    def __call__(self) -> pa.DataType:
        """The Arrow type of the stored value."""
        return self.pa_type

    def encode_example(self, value: Any) -> dict[str, Any] | None:
        """The value as bytes and path."""
        if value is None or isinstance(value, dict):
            return value if value is None else {"bytes": value.get("bytes"), "path": value.get("path")}
        if isinstance(value, (bytes, bytearray)):
            return {"bytes": bytes(value), "path": None}
        return {"bytes": None, "path": str(value)}


def features_of(schema: pa.Schema) -> Features:
    """The features of an Arrow schema: those that `datasets` wrote into it, else those of its types.

    Types that `datasets` has no word for (maps among them) keep Arrow's word.
    """
    try:
        return Features.from_arrow_schema(schema)
    except ValueError:
        return Features({field.name: feature_of(field) for field in schema})


def feature_of(field: pa.Field) -> Any:
    """The feature of one field."""
    try:
        return Features.from_arrow_schema(pa.schema([field]))[field.name]
    except ValueError:
        return UnknownValue(str(field.type))


class UnknownValue(datasets.Value):  # type: ignore[misc]
    """A value of an Arrow type that `datasets` does not know."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype
        self.id = None

    def __post_init__(self) -> None:
        """Nothing to look up."""


def trees(features: Features) -> list[tuple[str, FeatureTree]]:
    """Each column with its feature in JSON form."""
    return [(name, tree(feature)) for name, feature in features.items()]


def tree(feature: Any) -> FeatureTree:
    """A feature in the form of `datasets`."""
    if isinstance(feature, UnknownValue):
        return {"dtype": feature.dtype, "_type": "Value"}
    return Features({"x": feature}).to_dict()["x"]

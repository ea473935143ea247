"""The first rows of a split as Arrow tables, with the file that each came from.

Parquet is read here, a row group at a time. For the other formats the readers inside `datasets` are driven one
level below its iterable datasets: `_generate_tables` and `_generate_examples` hand out raw values, so nothing is
decoded (sound would need torch), no timestamp overflows, and an error can be told by its file.
`tests/extract/test_readers.py` pins these names.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any

import datasets
import pyarrow as pa
from datasets import Features, Value
from datasets.builder import ArrowBasedBuilder, DatasetBuilder
from datasets.data_files import DataFilesDict
from datasets.download import DownloadManager, StreamingDownloadManager
from datasets.load import import_main_class
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from datasets.packaged_modules.folder_based_builder import folder_based_builder as folder_reader

import dspreview.extract.library.exactjson  # noqa: F401 - for what it replaces
from dspreview.arrow.settled import empty_table
from dspreview.extract.counting import COUNTED_UNPACKED
from dspreview.extract.files.door import Door
from dspreview.extract.format import SMALL_BLOCK
from dspreview.extract.hub.remote import remote_file
from dspreview.extract.library.csvheader import HEAD, ShortHeader, short_header
from dspreview.extract.library.exact import columns_of_line, exact_numbers, is_text, refuse_columns
from dspreview.extract.library.failures import is_cast
from dspreview.extract.library.features import features_of, without_codec
from dspreview.extract.library.foldermetadata import own_classes, settle
from dspreview.extract.library.lines import bad_line, comma_at, told_otherwise
from dspreview.extract.library.options import as_written, other_types, refuse_absent_columns
from dspreview.extract.library.source import Plan, Source
from dspreview.extract.parquet.rowgroups import BATCH, numbered
from dspreview.extract.parquet.schemafiles import SchemaFiles, is_remote, open_remote
from dspreview.models import Kind
from dspreview.settings import Settings

NamedTable = tuple[str, pa.Table]
"""A file and some of its rows; the name is empty where a reader mixes files."""

EXAMPLES_AT_ONCE = 10
FIRST_LINE_TELLS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
LONGEST_HEADER = 100_000_000
COMMA = "a comma behind the row, which JSON Lines has not; remove the commas at the ends of lines"
NO_FIELD = "its document has no key {!r}, which the README names as `field`"


class SplitReader:
    """Reads one split from its beginning."""

    def __init__(
        self, source: Source, plan: Plan, split: str, folder: str, settings: Settings, *, streaming: bool, small: bool = False,
    ) -> None:  # fmt: skip
        """`folder` takes what the normal mode downloads; it belongs to the caller. `small` reads little at a time."""
        self.small = small
        self.settings = settings
        self.source = source
        self.plan, self.format = plan, plan.format
        self.split = split
        self.folder = folder
        self.streaming = streaming
        self.door = Door.of(source.dataset, source.root, source.asked, settings, folder)
        self.features: Features | None = plan.features
        """Known from the README or the files' own schema; None where only the values tell."""
        self.raw: pa.Table | None = None
        """What `datasets` itself made of the rows that were read last; None where we read them."""
        self.rest: Iterator[NamedTable] = iter(())
        self.beyond = 0
        self.counts: dict[str, int] = {}
        """The rows of each file that told them."""

    def tables(self, skip: int, num_rows: int) -> Iterator[NamedTable]:
        """Tables in the order of the split, without the first `skip` rows, until `num_rows` were handed out."""
        with self.door.entered():
            self.rest = self.door.through(self._read(skip, num_rows))
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
        """How many rows follow those that were handed out; None where they cannot be read, or unpack to too much."""
        number, unpacked = self.beyond, 0
        try:
            for _, table in self.rest:
                number += table.num_rows
                unpacked += table.nbytes
                if unpacked > COUNTED_UNPACKED:
                    break
        except Exception:  # noqa: BLE001 - the page is good; where the rest is broken is for `check` to tell
            return None
        return number if unpacked <= COUNTED_UNPACKED else None

    def _read(self, skip: int, num_rows: int) -> Iterator[NamedTable]:
        refuse_absent_columns(self.source, self.plan, self.split, self._open)
        here = (self.streaming or self.format.is_ours) and not self.plan.selects
        if here and (tables := self.format.read()) is not None:
            return self._read_files(tables, min(skip + num_rows, BATCH))
        if self.source.dataset.kind is Kind.HUB:
            self.door.hub_files().block_size = SMALL_BLOCK if self.small else None
        self.plan = as_written(self.plan, self.split, self.door)
        builder = self._builder()
        guessing = self.features is None and self.format.guesses_types
        if guessing:  # else the JSON reader parses the first 10 MB twice, to guess the types once more
            builder.info.features = Features()
        try:
            generators = builder._split_generators(self._manager(builder))  # noqa: SLF001 - the readers' own steps, pinned by test_readers.py
        except Exception as error:  # raised again, with the file that was looked at for the types
            if self.door.latest in self.plan.files[self.split]:
                error.add_note(self.door.latest)
            raise
        if guessing:
            builder.info.features = None
        wanted = next(generator for generator in generators if str(generator.name) == self.split)
        if self.format.is_media_folder:
            settle(builder, wanted.gen_kwargs, declared=self.features is not None)
            self.features = own_classes(self.features, builder)
        if self.features is None and not self.format.guesses_types:
            self.features = builder.info.features
        if isinstance(builder, ArrowBasedBuilder):
            nested = wanted.gen_kwargs.get("files") if self.format.nests_files else None
            if nested and not isinstance(nested[0], str):
                self.door.beyond_library = (
                    f"datasets {datasets.__version__} opens lists of XML files as if they were files"
                )
                wanted.gen_kwargs["files"] = [name for names in nested for name in names]
            return self._read_tables(builder, wanted.gen_kwargs)
        if self.format.is_media_folder:  # datasets 5.2 labels what lies in an archive by the folder of the archive
            wanted.gen_kwargs["files"] = tuple(
                (name if folder is None else None, folder, inner) for name, folder, inner in wanted.gen_kwargs["files"]
            )
        return self._read_examples(builder, wanted.gen_kwargs)

    def _read_files(self, tables: Callable[[Any, int], Iterator[pa.Table]], batch_size: int) -> Iterator[NamedTable]:
        """Files that carry their own schema, read here; the schema of the first one gives the features."""
        names = self.plan.files[self.split]
        ahead = self.format.is_parquet and all(map(is_remote, names))
        files = SchemaFiles(names, self._open, tables, ahead=ahead)
        self.counts = files.counts
        for name, table in files.tables(batch_size):
            if self.features is None:
                self.features = features_of(numbered(table).schema)
            yield name, table

    def _open(self, name: str) -> Any:
        """A file where it lies; Parquet on the Hub by the ranges that its footer names."""
        if self.format.is_parquet and is_remote(name):
            return open_remote(name, self.source.asked, self.settings)
        return self.door.open(name)

    def _builder(self) -> DatasetBuilder:
        """The reader of `datasets` for this plan. Names of configs play no role there, so any name works."""
        if self.format.mends:
            import_module(self.format.mends)
        cls = import_main_class(_PACKAGED_DATASETS_MODULES[self.format.name][0])
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
            **((self.format.small_read or {}) if self.small else {}),
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
                self._refuse_wide(name)
                short = self.short_header(name)
                for number, table in enumerate(self._shard_tables(builder, shard, short)):
                    self.raw = read = table
                    if self.format.is_delimited:
                        again = partial(self._as_text, shard, number, short)
                        read = exact_numbers(table, again, self.features, self.door.texts)
                    if self.features is None:  # what was text in one file is text in the next, whatever it looks like
                        self.door.texts.update(field.name for field in read.schema if is_text(field.type))
                    yield name, read
            except Exception as error:  # raised again, with its file and line
                error.add_note(name)
                if isinstance(error, (KeyError, TypeError)) and (field := self.plan.params.get("field")) is not None:
                    raise told_otherwise(error, NO_FIELD.format(field)) from error
                if self.plan.features is not None and is_cast(error):
                    raise other_types(error, self.source, self.plan, self.split, name) from error
                if line := bad_line(shard, self.door):
                    error.add_note(f"line {line}")
                    if self.format.row_is_line and comma_at(shard, line, self.door):
                        raise told_otherwise(error, COMMA) from error
                raise

    def _refuse_wide(self, name: str) -> None:
        """Refuse a file on this machine whose columns alone would take minutes. Raises ValueError."""
        if not name.endswith(FIRST_LINE_TELLS) or "://" in name:
            return
        params = self.plan.params
        sep = str(params.get("sep") or params.get("delimiter") or ",") if self.format.is_delimited else None
        with self.door.open(name) as file:
            refuse_columns(columns_of_line(file.readline(LONGEST_HEADER), sep))

    def short_header(self, name: str) -> ShortHeader | None:
        """The header of a CSV file, where it names one column too few."""
        if not self.format.is_delimited or not name:
            return None
        if is_remote(name):  # the Hub's own file fetches a whole block
            system, path = self.door.file_system(name)
            size = int(system.info(path)["size"])
            file = remote_file(name, self.source.asked, self.settings)
            return short_header(file.read_range(0, min(HEAD, size)) if size else b"", self.plan.params)
        with self.door.open(name) as stream:
            return short_header(stream.read(HEAD), self.plan.params)

    def _shard_tables(self, builder: Any, shard: dict[str, Any], short: ShortHeader | None) -> Iterator[pa.Table]:
        """The tables of a shard, all their columns named."""
        reader = builder
        if short is not None:
            reader = self._builder()
            short.apply(reader.config)
        for _, table in reader._generate_tables(**shard):  # noqa: SLF001 - the readers' own steps, pinned by test_readers.py
            yield table if short is None else short.checked(table)

    def _as_text(self, shard: dict[str, Any], number: int, short: ShortHeader | None, names: list[str]) -> pa.Table:
        """Some columns of the table of that number of a shard, read once more as text."""
        builder: Any = self._builder()
        builder.config.features = Features({name: Value("string") for name in names})
        if short is not None:
            short.apply(builder.config)
        _, table = next(islice(builder._generate_tables(**shard), number, None))  # noqa: SLF001 - the readers' own steps, pinned by test_readers.py
        return table

    def _read_examples(self, builder: Any, arguments: dict[str, Any]) -> Iterator[NamedTable]:
        examples = (example for _, example in builder._generate_examples(**arguments))  # noqa: SLF001 - the readers' own steps, pinned by test_readers.py
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
        yield "", empty_table(schema)


def is_read_small(source: Source, plan: Plan) -> bool:
    """Whether a page of a split takes less than the readers fetch by themselves."""
    return source.dataset.is_remote and plan.format.small_read is not None and "chunksize" not in plan.params


def shards(arguments: dict[str, Any], files: list[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """A reader's arguments file by file, where its lists run over the split's files."""
    lengths = {len(value) for value in arguments.values() if isinstance(value, list)}
    if lengths != {len(files)} or not all(isinstance(value, list) for value in arguments.values()):
        return [(files[0] if len(files) == 1 else "", arguments)]
    return [(name, {key: [value[place]] for key, value in arguments.items()}) for place, name in enumerate(files)]

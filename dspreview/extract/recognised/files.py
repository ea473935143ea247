"""Files of a format that is read here: which splits they are, by their names as those of any other format."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.format import Format
from dspreview.extract.layout.split_files import splits_of
from dspreview.extract.parquet.rowgroups import COUNT_KEY, numbered
from dspreview.extract.recognised.signs import files_of, opened


def file_configs(folder: Folder, kind: Format) -> Configs:
    """The configs of files of one format."""
    names = files_of(folder.names, kind)
    if (read := kind.read_configs()) is not None:
        return read(folder, names)  # type: ignore[no-any-return]
    return {"default": {split: rows_of(folder, kind, group) for split, group in splits_of(names).items()}}


def rows_of(folder: Folder, kind: Format, names: tuple[str, ...]) -> SplitRows:
    """The rows of some files."""
    return SplitRows(names, partial(read_files, folder, kind, names), guessed=kind.guesses_types)


def read_files(folder: Folder, kind: Format, names: tuple[str, ...], batch: int) -> Iterator[NamedTable]:
    """The tables of files, one after the other."""
    read = kind.read()
    for name in names:
        try:
            with folder.open(name) as stream, opened(name, stream) as plain:
                for table in read(plain, batch):
                    known = {key: value for key, value in (table.schema.metadata or {}).items() if key != COUNT_KEY}
                    yield name, numbered(table).replace_schema_metadata(known or None)
        except Exception as error:  # raised again, with its file
            error.add_note(f"{folder.root}/{name}")
            raise

"""Files of statistics packages: Stata and SAS through pandas, SPSS through pyreadstat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.layout.split_files import splits_of


def table_of(frame: Any) -> pa.Table:
    """A data frame as a table."""
    return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)


def stata_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The rows of a Stata file, its labels in the place of the numbers that they stand for."""
    import pandas as pd  # 0.4 s

    with pd.read_stata(stream, chunksize=batch_size, convert_categoricals=True, order_categoricals=False) as reader:
        for frame in reader:
            for name in frame.select_dtypes("category"):
                frame[name] = frame[name].astype(object)
            yield table_of(frame)


def split_configs(
    folder: Folder, names: Sequence[str], read: Callable[[Folder, Sequence[str], int], Iterator[NamedTable]]
) -> Configs:
    """One config with the splits that the names of files tell."""
    found = {
        split: SplitRows(group, partial(read, folder, group), guessed=True) for split, group in splits_of(names).items()
    }
    return {"default": found}


def sas_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """The splits of SAS files."""
    return split_configs(folder, names, read_sas)


def read_sas(folder: Folder, names: Sequence[str], batch: int) -> Iterator[NamedTable]:
    """The rows of SAS files."""
    import pandas as pd

    for name in names:
        kind = "xport" if name.endswith(".xpt") else "sas7bdat"
        with (
            folder.open(name) as stream,
            pd.read_sas(
                stream, format=kind, chunksize=batch, encoding="infer" if kind == "sas7bdat" else "utf-8"
            ) as reader,
        ):
            for frame in reader:
                yield name, table_of(frame)


def spss_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """The splits of SPSS files. Raises ImportError where their reader is not installed."""
    import pyreadstat  # noqa: F401 - whether it is there is told before a row is asked for

    return split_configs(folder, names, read_spss)


def read_spss(folder: Folder, names: Sequence[str], batch: int) -> Iterator[NamedTable]:
    """The rows of SPSS files, labels in the place of numbers."""
    import pyreadstat

    for name in names:
        for frame, _ in pyreadstat.read_file_in_chunks(
            pyreadstat.read_sav, folder.path(name), chunksize=batch, apply_value_formats=True
        ):
            yield name, table_of(frame)

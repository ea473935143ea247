"""Files of statistics packages: Stata and SAS through pandas, SPSS and SAS's transport files through pyreadstat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any
from warnings import catch_warnings, simplefilter

import pyarrow as pa

from dspreview.extract.folder import Configs, Folder, NamedTable, SplitRows
from dspreview.extract.formats.values import array_of
from dspreview.extract.layout.split_files import splits_of

TRANSPORT = ".xpt"
"""How files end that SAS writes for others to read."""


def table_of(frame: Any) -> pa.Table:
    """A data frame as a table; a column of which some numbers have labels, and others none, is JSON."""
    return pa.Table.from_arrays([column_of(frame[name]) for name in frame], names=[str(name) for name in frame])


def column_of(series: Any) -> pa.Array:
    """A column of a data frame."""
    if series.dtype == "category":
        series = series.astype(object)
    if series.dtype != object:
        return pa.Array.from_pandas(series)
    return array_of([None if value != value else value for value in series], pa.string())  # noqa: PLR0124 - NaN is no value


def stata_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The rows of a Stata file, its labels in the place of the numbers that they stand for."""
    from pandas.errors import CategoricalConversionWarning  # pandas, 0.4 s

    with catch_warnings():
        simplefilter(
            "ignore", CategoricalConversionWarning
        )  # of numbers without a label beside others, which stay numbers
        yield from labelled(stream, batch_size)


def labelled(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The same, with what pandas warns of."""
    import pandas as pd

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
    """The splits of SAS files. Raises ImportError where a reader is not installed."""
    if any(name.endswith(TRANSPORT) for name in names):
        import pyreadstat  # noqa: F401 - pandas drops rows of transport files, and takes 0 for another number

    return split_configs(folder, names, read_sas)


def read_sas(folder: Folder, names: Sequence[str], batch: int) -> Iterator[NamedTable]:
    """The rows of SAS files."""
    import pandas as pd

    for name in names:
        if name.endswith(TRANSPORT):
            yield from read_chunks("read_xport", folder, name, batch)
            continue
        with (
            folder.open(name) as stream,
            pd.read_sas(stream, format="sas7bdat", chunksize=batch, encoding="infer") as reader,
        ):
            for frame in reader:
                yield name, table_of(frame)


def spss_configs(folder: Folder, names: Sequence[str]) -> Configs:
    """The splits of SPSS files. Raises ImportError where their reader is not installed."""
    import pyreadstat  # noqa: F401 - whether it is there is told before a row is asked for

    return split_configs(folder, names, read_spss)


def read_spss(folder: Folder, names: Sequence[str], batch: int) -> Iterator[NamedTable]:
    """The rows of SPSS files, labels in the place of numbers."""
    for name in names:
        yield from read_chunks("read_sav", folder, name, batch, apply_value_formats=True)


def read_chunks(reader: str, folder: Folder, name: str, batch: int, **options: Any) -> Iterator[NamedTable]:
    """The rows of a file through a reader of pyreadstat."""
    import pyreadstat

    for frame, _ in pyreadstat.read_file_in_chunks(
        getattr(pyreadstat, reader), folder.path(name), chunksize=batch, **options
    ):
        yield name, table_of(frame)

"""ORC files, a stripe at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyarrow import orc

from dspreview.arrow.settled import empty_table, logical, settled_table
from dspreview.extract.parquet.rowgroups import COUNT_KEY


def orc_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """The stripes of an ORC file; an empty table first, which tells the columns and how many rows there are."""
    del batch_size
    file = orc.ORCFile(pa.PythonFile(stream, mode="r"))
    empty = settled_table(empty_table(file.schema.remove_metadata()), logical)
    yield empty.replace_schema_metadata({COUNT_KEY: str(file.nrows)})
    for number in range(file.nstripes):
        yield settled_table(pa.Table.from_batches([file.read_stripe(number)]).replace_schema_metadata(None), logical)

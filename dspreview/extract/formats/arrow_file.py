"""Arrow streams and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

import pyarrow as pa

from dspreview.arrow.geometry import marked
from dspreview.arrow.settled import empty_table, logical, settled_schema, settled_table

FEATHER_1 = b"FEA1"
"""How files of the first version of Feather begin."""


def arrow_tables(stream: Any, batch_size: int) -> Iterator[pa.Table]:
    """An Arrow stream or file, a record batch at a time."""
    del batch_size
    try:
        reader = pa.ipc.open_stream(stream)
        batches = iter(reader)
    except (OSError, pa.ArrowInvalid):
        stream.seek(0)
        if stream.read(len(FEATHER_1)) == FEATHER_1:
            from pyarrow import feather  # 10 ms for what is seldom

            stream.seek(0)
            with catch_warnings():
                simplefilter("ignore", DeprecationWarning)  # of the format: there is nothing that its reader can do
                table = feather.read_table(pa.PythonFile(stream, mode="r"))
            yield settled_table(table, logical)
            return
        stream.seek(0)
        reader = pa.ipc.open_file(stream)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
    yield empty_table(settled_schema(marked(reader.schema), logical))
    for batch in batches:
        batch.validate(full=True)
        yield settled_table(pa.Table.from_batches([batch]), logical)

"""Arrow streams and files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from warnings import catch_warnings, simplefilter

import pyarrow as pa

from dspreview.arrow.geometry import marked
from dspreview.arrow.settled import empty_table, logical, settled_schema, settled_table, target
from dspreview.arrow.texts import is_text

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
        check(batch)
        yield settled_table(pa.Table.from_batches([batch]), logical)


def check(batch: pa.RecordBatch) -> None:
    """Raise ArrowInvalid where a batch is damaged; text that is not UTF-8 costs its own cell only."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        for column in batch.columns:
            column.view(target(column.type, in_bytes)).validate(full=True)


def in_bytes(kind: pa.DataType) -> pa.DataType | None:
    """Bytes for texts, which lie alike."""
    if pa.types.is_string_view(kind):
        return pa.binary_view()
    if pa.types.is_dictionary(kind):
        inner = in_bytes(kind.value_type)
        return None if inner is None else pa.dictionary(kind.index_type, inner)
    if is_text(kind):
        return pa.large_binary() if pa.types.is_large_string(kind) else pa.binary()
    return None

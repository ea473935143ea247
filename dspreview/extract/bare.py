"""Rows without a column, `{}` in JSON Lines: pyarrow gives tables of them other numbers of rows at every turn, and Parquet has no place for them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from dspreview.extract.reader import Block


def with_columns(blocks: Iterator[Block]) -> Iterator[Block]:
    """Blocks with their columns: rows without any, `{}` in JSON Lines, have those of the rows beside them; where there are none, they are no rows."""
    known, bare = None, list[Block]()
    for block in blocks:
        if not block.columns and known is None:
            bare.append(block)
        elif not block.columns and known is not None:
            yield of_nulls(known, block)
        else:
            known = block
            yield from (of_nulls(block, one) for one in bare)
            bare.clear()
            yield block
    if known is None:
        yield Block("", pa.table({}), [], is_declared=False)


def of_nulls(known: Block, bare: Block) -> Block:
    """The rows of a block without columns, in those of another."""
    schema = known.table.schema
    nulls = [pa.nulls(bare.table.num_rows, field.type) for field in schema]
    return bare._replace(
        table=pa.Table.from_arrays(nulls, schema=schema), columns=known.columns, is_declared=known.is_declared
    )

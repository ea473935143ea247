"""`python -m tests.benchmarks.makers.repeated FILE LARGE TIMES`: a Parquet file repeated, with ids that go on."""

from __future__ import annotations

import sys

import pyarrow.compute as pc
import pyarrow.parquet as pq


def repeat(small: str, large: str, times: int) -> None:
    """Write the rows of a file again and again, a row group at a time."""
    file = pq.ParquetFile(small)
    rows = file.metadata.num_rows
    with pq.ParquetWriter(large, file.schema_arrow, compression="none") as out:
        for number in range(times):
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                table = table.set_column(0, table.schema.field(0), pc.add(table.column(0), number * rows))
                out.write_table(table, row_group_size=50_000)


if __name__ == "__main__":
    repeat(sys.argv[1], sys.argv[2], int(sys.argv[3]))

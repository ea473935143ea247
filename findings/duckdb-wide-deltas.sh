#!/bin/sh
# duckdb 2.0.1: Parquet of version 2 has deltas of 33 bits for integers of 32, which pyarrow 26.0.1 refuses.
#
# `COPY ... (PARQUET_VERSION v2)` writes integers and dates as DELTA_BINARY_PACKED. By Parquet's specification a difference that
# does not fit wraps around, and a writer must not use more bits than the type has (Encodings.md: "INT32 data must not use more
# than 32 bits"). DuckDB subtracts in 64 bits. That needs neighbours which are more than 2,147,483,647 apart: rare in numbers,
# but 'infinity' and '-infinity' among dates are.
#
# Seen: pyarrow says "Unexpected end of stream: InitBlock EOF" of two values, and "delta bit width larger than integer bit
# width" of more; DuckDB reads its own file. BIGINT has no such trouble, and neither has version 1.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'duckdb==2.0.1' 'pyarrow==26.0.1'
cat > "$folder/show.py" <<'PYTHON'
import os
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(sys.argv[1])
print("duckdb", duckdb.__version__, "pyarrow", pa.__version__)


def told(values, version):
    duckdb.sql(f"COPY (FROM (VALUES {values}) t(x)) TO 'x.parquet' (PARQUET_VERSION {version})")
    assert len(duckdb.sql("FROM 'x.parquet'").fetchall()) > 1
    try:
        return f"{pq.read_table('x.parquet').num_rows} rows"
    except OSError as error:
        return str(error)


dates = "('infinity'::DATE), ('-infinity'::DATE)"
numbers = "(0::INTEGER), (2147483647), (-1), (2147483647), (5)"
found = {
    "dates, v1": told(dates, "v1"),
    "dates, v2": told(dates, "v2"),
    "numbers, v2": told(numbers, "v2"),
    "bigints, v2": told("(9223372036854775807::BIGINT), (-9223372036854775808)", "v2"),
}
for name, what in found.items():
    print(f"{name}: {what}")
assert list(found.values()) == [
    "2 rows",
    "Unexpected end of stream: InitBlock EOF",
    "delta bit width larger than integer bit width",
    "2 rows",
], "it changed"
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

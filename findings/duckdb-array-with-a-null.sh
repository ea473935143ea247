#!/bin/sh
# duckdb 2.0.1: a column of arrays with a null becomes a Parquet file that pyarrow 26.0.1 refuses.
#
# Parquet has no type for arrays of a fixed length, so DuckDB writes them as lists. The guess is that a null array is written as
# a null list is: as one entry, and none of its items. It is written as that entry and further ones for the items that it does
# not have. DuckDB, polars and fastparquet read over them, pyarrow (and with it pandas and `datasets`) refuses the whole column.
# The same values as a list, `INTEGER[]`, are read by all.
#
# Seen: "Length spanned by list offsets (3) larger than values array (length 2)"; 4 entries, where the list has 3.
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
found = {}
for kind in ("INTEGER[]", "INTEGER[2]"):
    duckdb.sql(f"COPY (FROM (VALUES ([1, 2]::{kind}), (NULL)) t(x)) TO 'x.parquet'")
    entries = pq.ParquetFile("x.parquet").metadata.row_group(0).column(0).num_values
    try:
        found[kind] = entries, pq.read_table("x.parquet")["x"].to_pylist()
    except pa.ArrowInvalid as error:
        found[kind] = entries, str(error)
    print(kind, *found[kind], "duckdb:", duckdb.sql("FROM 'x.parquet'").fetchall())
assert found["INTEGER[]"] == (3, [[1, 2], None])
assert found["INTEGER[2]"] == (4, "Length spanned by list offsets (3) larger than values array (length 2)"), "it changed"
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

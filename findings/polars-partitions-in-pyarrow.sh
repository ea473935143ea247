#!/bin/sh
# pyarrow 26.0.1: a folder that polars 2.1.0 wrote with `partition_by` is refused by `pyarrow.parquet.read_table`.
#
# polars names the folders `kind=a`, as Hive does, and also keeps the column in the files, where it is text. pyarrow takes the
# names of the folders for a column by default, and makes it a dictionary. The guess is that one of the two wins, as in DuckDB
# and polars. pyarrow cannot unite text with a dictionary of the same texts, and reads nothing; with `partitioning=None` it does.
#
# Seen: "Unable to merge: Field kind has incompatible types: large_string vs dictionary<values=string, indices=int32, ordered=0>".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'polars==2.1.0' 'pyarrow==26.0.1'
cat > "$folder/show.py" <<'PYTHON'
import os
import sys

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

os.chdir(sys.argv[1])
print("polars", pl.__version__, "pyarrow", pa.__version__)
table = pl.DataFrame({"kind": ["a", "b"], "number": [1, 2]})
table.write_parquet("parts", partition_by="kind", mkdir=True)
print("polars:", pl.read_parquet("parts").rows())
print("partitioning=None:", pq.read_table("parts", partitioning=None).to_pylist())
try:
    print(pq.read_table("parts"))
except pa.ArrowTypeError as error:
    found = str(error)
    print(found)
else:
    found = ""
assert found.startswith("Unable to merge: Field kind has incompatible types: large_string vs dictionary"), "it changed"
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

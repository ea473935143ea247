#!/usr/bin/env bash
# A slice of an Arrow table that has no columns has as many rows as were asked for, not as many as there are.
#
# One would think that `table.slice(0, 100)` of a table of 0 rows has 0 rows, and that of 1 row has 1. With a column it is so. Without one
# (all columns deselected, an empty sheet, `pa.table({})`) nothing bounds it: "the first hundred rows" of nothing are 100 rows.
#
# pyarrow 26.0.1: 0 rows sliced to 100 are 100; 1 row with its column deselected, sliced to 9, is 9; with the column it is 1.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q pyarrow==26.0.1
"$folder/venv/bin/python" - <<'PYTHON'
import pyarrow as pa

nothing = pa.table({})
one = pa.table({"a": [1]})
found = [nothing.num_rows, nothing.slice(0, 100).num_rows, one.select([]).num_rows, one.select([]).slice(0, 9).num_rows, one.slice(0, 9).num_rows]
print("pyarrow", pa.__version__, found)
assert found == [0, 100, 1, 9, 1], found
PYTHON

#!/usr/bin/env bash
# pyarrow 26.0.1: comparing a column with a Python number imports pandas, where that is installed; the same number as a slice of an array does not.
#
# `pc.less(column, 1.5)` has no pandas in it, and neither has `pa.scalar("x")`. But each value of Python that pyarrow is handed is first
# compared with what pandas has for missing values, and for that pandas is imported: 0.2 s of a command line that starts and ends for each
# answer. Reading Parquet, casting and comparing columns with each other import nothing. Whoever makes the constants from buffers is spared it.
#
# Seen: pandas is not imported by reading, casting and comparing with a constant from buffers; it is by comparing with 1.5.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'pyarrow==26.0.1' 'pandas==3.1.1'
cat > "$folder/show.py" <<'PYTHON'
import sys
from array import array

import pyarrow as pa
import pyarrow.compute as pc

column = pa.Array.from_buffers(pa.float64(), 3, [None, pa.py_buffer(array("d", [0.5, 1.0, 2.0]))])
constant = pa.Array.from_buffers(pa.float64(), 1, [None, pa.py_buffer(array("d", [1.5]))])[0]
pc.less(column, constant)
column.cast(pa.string())
before = "pandas" in sys.modules
pc.less(column, 1.5)
after = "pandas" in sys.modules
print("pyarrow", pa.__version__, "imports pandas for a constant from buffers:", before, "- for a number of Python:", after)
assert (before, after) == (False, True)
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

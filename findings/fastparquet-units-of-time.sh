#!/bin/sh
# fastparquet 2026.9.0: times of other units than nanoseconds are written as other times.
#
# pandas 3 makes time stamps of microseconds where it made nanoseconds before. With `times="int96"` fastparquet takes the
# numbers for nanoseconds all the same: 2024 becomes 1970. Without it, microseconds are right, but a column of whole seconds
# (`datetime64[s]`) is written as milliseconds, with the numbers as they are: 2024 becomes 1970 again. Nothing is said.
#
# Seen: 2024-01-31 12:30:00 is read by pyarrow as 1970-01-20 18:05:04.2 and as 1970-01-01 00:28:26.704.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'fastparquet==2026.9.0' 'pandas==3.1.1' 'pyarrow==26.0.1'
cat > "$folder/show.py" <<'PYTHON'
import os
import sys

import fastparquet
import pandas as pd
import pyarrow.parquet as pq

os.chdir(sys.argv[1])
print("fastparquet", fastparquet.__version__, "pandas", pd.__version__)
found = {}
for unit, times in (("ns", "int96"), ("us", "int96"), ("us", "int64"), ("s", "int64")):
    table = pd.DataFrame({"when": pd.to_datetime(["2024-01-31 12:30:00"]).as_unit(unit)})
    fastparquet.write("x.parquet", table, times=times)
    found[unit, times] = str(pq.read_table("x.parquet")["when"][0].as_py())
    print(table["when"].dtype, times, found[unit, times])
assert pd.to_datetime(["2024-01-31 12:30:00"]).unit == "us"
assert list(found.values()) == [
    "2024-01-31 12:30:00",
    "1970-01-20 18:05:04.200000",
    "2024-01-31 12:30:00",
    "1970-01-01 00:28:26.704000",
], "it changed"
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

#!/usr/bin/env bash
# pandas 3.1.1: `read_sas` of a SAS transport file (.xpt, version 5) makes 5.4e-79 of 0.0, drops last rows whose texts are blank, and dates are numbers.
#
# The transport format is what agencies ask for (clinical trials, surveys of health), and files of it are on the Hub. A zero is a number whose
# bytes are all 0; pandas reads it through the conversion of IBM floats and gets 16^-65. Rows are padded with blanks to a record of 80 bytes,
# and pandas takes whole blank words at the end for padding, so that a last row whose texts are empty goes with it. The format of a column that
# says that it holds dates is not looked at. pyreadstat, which writes the file here, reads all three as they were. Sums and counts are wrong
# without a warning: the number of rows, the zeros, the minimum.
#
# Seen: 2 rows of 3; the zero is 5.397605346934028e-79; 1958-01-01 is -730.0. pyreadstat: 3 rows, 0.0, 1958-01-01.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'pandas==3.1.1' 'pyreadstat==1.3.7'
cat > "$folder/show.py" <<'PYTHON'
import sys
from datetime import date

import pandas as pd
import pyreadstat

path = sys.argv[1]
rows = pd.DataFrame({"N": [1.0, 0.0, 2.0], "T": ["aaaaaaaa", "bbbbbbbb", ""]})
pyreadstat.write_xport(rows, path, file_format_version=5)
seen, right = pd.read_sas(path, format="xport", encoding="utf-8"), pyreadstat.read_xport(path)[0]
print("pandas", pd.__version__, seen.to_dict("list"))
print("pyreadstat", right.to_dict("list"))
assert len(seen) == 2 and len(right) == 3
assert seen["N"][1] == 5.397605346934028e-79 and list(right["N"]) == [1.0, 0.0, 2.0]
pyreadstat.write_xport(pd.DataFrame({"D": [date(1958, 1, 1)] * 2}), path, file_format_version=5)
seen, right = pd.read_sas(path, format="xport"), pyreadstat.read_xport(path)[0]
print("a date of pandas:", seen["D"][0], "- of pyreadstat:", right["D"][0])
assert seen["D"][0] == -730.0 and str(right["D"][0]) == "1958-01-01"
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder/a.xpt"

#!/bin/sh
# pandas 3.1.1, read_csv: one integer beyond 64 bits in a column, and no text of that column counts as missing any more.
#
# The guess is that the words of missing values ("", "NA", "None", "null" and so on) are read alike in every column of texts.
# The parser tries integers first, and where one of them overflows even 64 bits without a sign it keeps the column as it stands in the
# file: "NA" and "None" stay texts, beside numbers that are texts, too. Without that integer, or with one letter more in it, they are
# missing. Columns of identifiers (of tokens, accounts, hashes in decimal) meet this; `datasets` reads CSV with this parser.
#
# Seen: of two such words none is missing beside 123456789012345678901234; both are beside a shorter number, or with a letter behind it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'pandas==3.1.1' 'numpy==2.4.6'
cat > "$folder/show.py" <<'PYTHON'
import io

import pandas as pd


def missing(first):
    return int(pd.read_csv(io.StringIO(f"id\n{first}\nNA\nNone\nx\n")).id.isna().sum())


print("pandas", pd.__version__)
found = {first: missing(first) for first in ("123456789012345678", "123456789012345678901234", "123456789012345678901234y")}
print(found)
assert found == {"123456789012345678": 2, "123456789012345678901234": 0, "123456789012345678901234y": 2}, found
PYTHON
"$folder/venv/bin/python" "$folder/show.py" "$folder"

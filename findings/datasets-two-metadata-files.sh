#!/usr/bin/env bash
# datasets 5.2.0: an imagefolder with two metadata files of different columns has other columns, and other rows first, from run to run.
#
# A folder of pictures may have a metadata.csv in each subfolder. load_dataset gathers them in a set, takes the columns of the one that it
# meets first, and reads the rows in that order; the columns of the other file are lost, and nothing is said. The order of a set of texts
# depends on the seed of the process's hashes, which Python draws anew each time: two people, or two runs, get different datasets from the
# same files. (Files of the same columns only change the order of the rows.)
#
# Seen, over twelve seeds: some runs give the columns image, t and the rows 1, None; the others image, u and the rows q, None.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'datasets==5.2.0' 'pillow==13.0.0'
mkdir -p "$folder/data/x" "$folder/data/y"
printf 'file_name,t\na.png,1\n' > "$folder/data/x/metadata.csv"
printf 'file_name,u\nb.png,q\n' > "$folder/data/y/metadata.csv"
cat > "$folder/show.py" <<'PYTHON'
import sys
import tempfile

import datasets

datasets.disable_progress_bars()
found = datasets.load_dataset(sys.argv[1], cache_dir=tempfile.mkdtemp())["train"]
column = found.column_names[1]
print(column, list(found[column]))
PYTHON
"$folder/venv/bin/python" - "$folder/data" <<'PYTHON'
import sys

from PIL import Image

for place, shade in (("x/a.png", 0), ("y/b.png", 9)):
    Image.new("L", (4, 4), shade).save(f"{sys.argv[1]}/{place}")
PYTHON
cd "$folder"
export HF_HOME="$folder/hf" HF_HUB_OFFLINE=1
for place in 1 2 3 4 5 6 7 8 9 10 11 12; do
  PYTHONHASHSEED=$place "$folder/venv/bin/python" "$folder/show.py" "$folder/data" 2>/dev/null
done | sort | uniq -c | tee "$folder/found"
test "$(wc -l < "$folder/found")" -eq 2
grep -q "t \[1, None\]" "$folder/found"
grep -q "u \['q', None\]" "$folder/found"

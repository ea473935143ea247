#!/bin/sh
# datasets 5.2.0: items that a null list hides appear in the row before it, where the items are dictionary-encoded.
#
# By Arrow's specification a null list may span items ("a null value may correspond to a non-empty segment in the child array").
# `datasets` casts a list of dictionary-encoded numbers to a list of numbers. The guess is that the null stays null, and its items
# hidden, as pyarrow's own cast has it. `datasets.table` writes the nulls into the offsets instead, in the place of the numbers
# that say where the null begins; the row before then ends where the null ends.
#
# Seen: [[10], None, [10]] is loaded as [[10, 20, 30], None, [10]].
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'datasets==5.2.0' 'pyarrow==26.0.1'
cat > "$folder/show.py" <<'PYTHON'
import sys
from pathlib import Path

import datasets
import pyarrow as pa

folder = Path(sys.argv[1]) / "data"
folder.mkdir()
print("datasets", datasets.__version__, "pyarrow", pa.__version__)
items = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 0]), pa.array([10, 20, 30]))
offsets, mask = pa.array([0, 1, 3, 4], pa.int32()), pa.array([False, True, False])
lists = pa.ListArray.from_arrays(offsets, items, mask=mask)
lists.validate(full=True)
table = pa.table({"x": lists})
with pa.ipc.new_file(folder / "data.arrow", table.schema) as writer:
    writer.write_table(table)

written, plain = lists.to_pylist(), lists.cast(pa.list_(pa.int64())).to_pylist()
loaded = datasets.load_dataset(str(folder), split="train", cache_dir=sys.argv[1])["x"][:]
print("written:", written, "pyarrow's cast:", plain, "loaded:", loaded)
assert written == plain == [[10], None, [10]]
assert loaded == [[10, 20, 30], None, [10]], "it changed"
PYTHON
HF_HUB_OFFLINE=1 HF_HOME="$folder/hf" HF_DATASETS_DISABLE_PROGRESS_BARS=1 "$folder/venv/bin/python" "$folder/show.py" "$folder"

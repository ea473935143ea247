#!/bin/sh
# datasets 5.2.0: its reader of XML opens no file, whatever it holds, streaming or not.
#
# The guess is that load_dataset("xml", data_files="a.xml") gives one row with the text of the file, as the reader says. It is
# handed lists of files and passes each list to open(): FileNotFoundError, about a file that is named like a Python object. A folder of
# XML on the Hub is recognised as such, and fails alike.
#
# Seen: FileNotFoundError, with streaming and without.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'datasets==5.2.0'
printf '<a><b>1</b></a>\n' > "$folder/a.xml"
cat > "$folder/show.py" <<'PYTHON'
import sys

import datasets

datasets.disable_progress_bars()
datasets.logging.set_verbosity(datasets.logging.CRITICAL)
print("datasets", datasets.__version__)
for streaming in (False, True):
    try:
        rows = list(datasets.load_dataset("xml", data_files=f"{sys.argv[1]}/a.xml", cache_dir=sys.argv[1], split="train", streaming=streaming))
    except Exception as error:
        while error.__cause__ is not None and not isinstance(error, FileNotFoundError):
            error = error.__cause__
        print(f"streaming={streaming}: {type(error).__name__}")
        assert isinstance(error, FileNotFoundError) and "FilesIterable" in str(error), error
    else:
        raise SystemExit(f"it loads now: {rows}")
PYTHON
HF_HUB_OFFLINE=1 HF_HOME="$folder/hf" "$folder/venv/bin/python" "$folder/show.py" "$folder"

#!/usr/bin/env bash
# A text column that a README declares loses its leading zeros in a CSV, and `load_dataset` says nothing.
#
# One would think that `dataset_info` with `dtype: string` decides how a CSV is read, as `Features` handed to `load_dataset` do.
# It does not: pandas guesses the types first, makes the number 7 of 007, and the number is written as text afterwards. Codes, telephone
# numbers and ids change; with features=... in the call they do not.
#
# datasets 5.2.0, pandas 3.1.1: the README alone gives ['7', '10'], features in the call give ['007', '010'].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q datasets==5.2.0 pandas==3.1.1 pyarrow==26.0.1
mkdir "$folder/data"
printf 'code\n007\n010\n' > "$folder/data/train.csv"
printf -- '---\ndataset_info:\n  features:\n  - name: code\n    dtype: string\n---\n' > "$folder/data/README.md"
HF_HUB_OFFLINE=1 HF_HOME="$folder/hf" "$folder/venv/bin/python" - "$folder/data" <<'PYTHON'
import sys

import datasets
from datasets import Features, Value, load_dataset

by_readme = list(load_dataset(sys.argv[1])["train"]["code"])
by_call = list(load_dataset(sys.argv[1], features=Features({"code": Value("string")}))["train"]["code"])
print("datasets", datasets.__version__, "README:", by_readme, "features=:", by_call)
assert by_readme == ["7", "10"], by_readme
assert by_call == ["007", "010"], by_call
PYTHON

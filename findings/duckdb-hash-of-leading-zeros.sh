#!/usr/bin/env bash
# DuckDB 2.0.1: `hash` of several values forgets zeros at the beginning, so rows of different columns get the same hash.
#
# `hash(0)` is 0, and a 0 changes nothing of what follows: `hash(0, 'x')`, `hash(0, 0, 'x')` and `hash('x')` are one number. A zero behind
# another value does count. Whoever tells rows apart by `hash(a, b, …)` and compares tables of which one lacks a column (labels that begin at
# 0, flags, counters) takes rows for equal that are not. False is a 0 as well; null and an empty text are not. A constant in front,
# `hash('rows', a, b)`, is enough.
#
# Seen: a row of (0, 'x') has the hash of (0, 0, 'x'), of (false, 'x') and of ('x') alone; with a constant in front all differ by their length.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q 'duckdb==2.0.1'
cat > "$folder/show.py" <<'PYTHON'
import duckdb


def hashed(*values: str) -> int:
    return duckdb.sql(f"SELECT hash({', '.join(values)})").fetchall()[0][0]


alone, led, twice, false = hashed("'x'"), hashed("0", "'x'"), hashed("0", "0", "'x'"), hashed("false", "'x'")
print("duckdb", duckdb.__version__, "x:", alone, "- 0, x:", led, "- 0, 0, x:", twice, "- false, x:", false)
assert alone == led == twice == false
others = [hashed("'x'", "0"), hashed("NULL", "'x'"), hashed("''", "'x'"), hashed("1", "'x'")]
print("x, 0 - null, x - empty text, x - 1, x:", *others)
assert len({alone, *others}) == 5
salted = [hashed("'rows'", "'x'"), hashed("'rows'", "0", "'x'"), hashed("'rows'", "0", "0", "'x'")]
assert len(set(salted)) == 3
PYTHON
"$folder/venv/bin/python" "$folder/show.py"

#!/usr/bin/env bash
# A column called `at` cannot be named without quotes in DuckDB 2.0, while `t.at` and `AS at` work.
#
# One would think that a word that may follow AS and a dot, and that information about keywords does not call reserved, names a column. `at` is of the
# category that may name types and functions, and no columns: since tables take AT (VERSION => …), `SELECT at FROM t` is a syntax error at the word behind
# it. Time stamps are often called so. DuckDB 1.1 takes the same query.
#
# duckdb 2.0.1: 'Parser Error: syntax error at or near "FROM"', category type_function; duckdb 1.1.3: [(1,)].
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 2.0.1 1.1.3; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install -q "duckdb==$version"
  "$folder/$version/bin/python" - <<'PYTHON'
import duckdb

con = duckdb.connect()
con.execute('CREATE TABLE t AS SELECT 1 AS "at"')
assert con.execute("SELECT t.at, 2 AS at FROM t").fetchall() == [(1, 2)]
try:
    found = con.execute("SELECT at FROM t").fetchall()
except duckdb.ParserException as error:
    found = str(error).splitlines()[0]
print("duckdb", duckdb.__version__, found)
if duckdb.__version__.startswith("2."):
    category = con.execute("SELECT keyword_category FROM duckdb_keywords() WHERE keyword_name = 'at'").fetchall()
    assert (found, category) == ('Parser Error: syntax error at or near "FROM"', [("type_function",)]), (found, category)
else:
    assert found == [(1,)], found
PYTHON
done

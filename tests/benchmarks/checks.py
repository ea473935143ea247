"""`check`: of a few rows of 20 splits against `rows` of each in one process, and of every row of 200 MB against DuckDB reading them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import Line, interleaved, milliseconds, program

SPLITS = 20
READ_ALL = "import duckdb; duckdb.sql(\"CREATE TABLE t AS SELECT * FROM '{path}'\"); print(duckdb.sql('SELECT count(*) FROM t').fetchall())"
MAKE = """
import sys, pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
folder = Path(sys.argv[1]); folder.mkdir()
names = [f"s{{n}}" for n in range({splits})]
lines = "".join(f"  - {{{{split: {{name}}, path: {{name}}.parquet}}}}\\n" for name in names)
(folder / "README.md").write_text(f"---\\nconfigs:\\n- config_name: default\\n  data_files:\\n{{lines}}---\\n")
for number, name in enumerate(names):
    rows = range(number * 1000, number * 1000 + 1000)
    pq.write_table(pa.table({{"n": rows, "t": [f"text {{row}}" for row in rows], "x": [row / 7 for row in rows]}}), folder / f"{{name}}.parquet")
"""


def measure(folder: Path, big: Path, environment: dict[str, str]) -> list[Line]:
    """Both."""
    made, listed, database = folder / "twenty", folder / "twenty.txt", folder / "twenty.sqlite"
    subprocess.run([sys.executable, "-c", MAKE.format(splits=SPLITS), str(made)], check=True)
    listed.write_text("".join(f"{made}\tdefault\ts{number}\n" for number in range(SPLITS)))
    cold = f"rm -f {database}*; exec {sys.executable} -m dspreview rows --from {listed} --json --database {database}"
    found = interleaved(
        {
            "check": program("check", made, "--json"),
            "rows": ["sh", "-c", cold],
            "all": program("check", big, "--all-rows", "--json"),
            "duckdb": [sys.executable, "-c", READ_ALL.format(path=big)],
        },
        environment,
        5,
    )
    pairs = (
        (f"`check` of {SPLITS} splits", "`rows` of each, in one process", "check", "rows"),
        ("`check --all-rows`, 200 MB", "duckdb reading all columns", "all", "duckdb"),
    )
    return [
        Line(what, against, found[one].seconds / found[other].seconds, 2.0, milliseconds(found[one], found[other]))
        for what, against, one, other in pairs
    ]

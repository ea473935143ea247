"""Which test reaches which line: coverage.py in the tests and in every process of the program that they start."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage, CoverageData
from coverage.exceptions import NoDataError

PART = re.compile(r" \((setup|call|teardown)\)$")
"""What pytest adds to the name of a test in PYTEST_CURRENT_TEST."""
RC = """[run]
source = {source}
data_file = {data}
parallel = true
context = ${{PYTEST_CURRENT_TEST-}}
patch = _exit
disable_warnings = no-data-collected,module-not-measured,module-not-imported,couldnt-parse
"""
START = "import coverage\ncoverage.process_startup()\n"
"""In a module that Python imports at its start."""
SCHEMA = """
CREATE TABLE test (id INTEGER PRIMARY KEY, name TEXT UNIQUE, seconds REAL);
CREATE TABLE reach (path TEXT, line INTEGER, test INTEGER, PRIMARY KEY (path, line, test)) WITHOUT ROWID;
"""


def now(test: str) -> None:
    """What runs in this process from here on is of a test."""
    if measured := Coverage.current():
        measured.switch_context(test)


def prepare(root: Path, place: Path) -> dict[str, str]:
    """Have each process measured that starts in a tree; the variables that say so."""
    place.mkdir()
    rc = place / "coveragerc"
    rc.write_text(RC.format(source=root / "dspreview", data=place / "data"))
    (root / "sitecustomize.py").write_text(START)
    return {"COVERAGE_PROCESS_START": str(rc), "PYTEST_CURRENT_TEST": ""}


def written(root: Path, place: Path, seconds: Counter[str], to: Path) -> None:
    """Keep what was measured, by the line and the test, in one SQLite file."""
    (root / "sitecustomize.py").unlink()
    data = CoverageData(str(place / "data"))
    try:
        whole = Coverage(data_file=str(place / "data"), config_file=str(place / "coveragerc"))
        whole.combine([str(place)])
        data.read()
    except NoDataError as error:
        raise SystemExit(f"no test reached a line of {root}: {error}") from error
    to.unlink(missing_ok=True)
    with sqlite3.connect(to) as base:
        base.executescript(SCHEMA)
        base.executemany("INSERT INTO test (name, seconds) VALUES (?, ?)", seconds.items())
        numbers = dict(base.execute("SELECT name, id FROM test"))
        for file in data.measured_files():
            path = Path(file).relative_to(root).as_posix()
            for line, contexts in data.contexts_by_lineno(file).items():
                tests = {numbers.get(PART.sub("", one)) for one in contexts} - {None}
                base.executemany("INSERT INTO reach VALUES (?, ?, ?)", ((path, line, one) for one in tests))


@dataclass(frozen=True)
class Reach:
    """What `written` kept."""

    file: Path

    def reaching(self, path: str, lines: Iterable[int], files: Collection[str]) -> dict[str, float]:
        """The tests of some files that reach one of some lines, and what each took in seconds."""
        with self.read() as base:
            found = dict(
                row for line in lines for row in base.execute(
                    "SELECT name, seconds FROM reach JOIN test ON test = id WHERE path = ? AND line = ?", (path, line)
                )
            )  # fmt: skip
        return {name: seconds for name, seconds in found.items() if name.partition("::")[0] in files}

    def of(self, files: Collection[str]) -> dict[str, float]:
        """All tests of some files."""
        with self.read() as base:
            found = dict(base.execute("SELECT name, seconds FROM test"))
        return {name: seconds for name, seconds in found.items() if name.partition("::")[0] in files}

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Look into it."""
        with closing(sqlite3.connect(self.file)) as base:
            yield base

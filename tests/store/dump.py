"""`python -m tests.store.dump NAME`: what today's program makes of the newest file in `schemas/`, beside it, under today's version."""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from pathlib import Path

from dspreview.settings import resolve
from dspreview.store import Store
from dspreview.store.database import SCHEMA_VERSION

SCHEMAS = Path(__file__).parent / "schemas"
PRAGMAS = ("application_id", "user_version")
"""What a file says of itself beside its tables."""


def dumped(path: Path) -> str:
    """A file of SQLite as the statements that write it."""
    with sqlite3.connect(path) as connection:
        said = [f"PRAGMA {name} = {connection.execute(f'PRAGMA {name}').fetchone()[0]};" for name in PRAGMAS]
        text = "\n".join([*said, *connection.iterdump()]) + "\n"
    connection.close()
    return text


def main(name: str) -> None:
    """Write it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "old.sqlite"
        connection = sqlite3.connect(path)
        connection.executescript(max(SCHEMAS.glob("*.sql")).read_text(encoding="utf-8"))
        connection.close()
        with Store(resolve({"DSPREVIEW_DATABASE": str(path)}, {"HOME": folder})):
            pass
        (SCHEMAS / f"{SCHEMA_VERSION}-{name}.sql").write_text(dumped(path), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])

"""What JavaScript's writers make, by javascript.mjs in a Node.js that has the packages of package.json."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.corpus.told import Case, Special

SCRIPT = Path(__file__).parent / "javascript.mjs"


def meant(value: Any) -> Any:
    """A value as the script tells it: `{"special": "NaN"}` and `{"integer": "9007199254740993"}` are no objects."""
    if isinstance(value, dict) and value.keys() == {"special"}:
        return Special(value["special"])
    if isinstance(value, dict) and value.keys() == {"integer"}:
        return int(value["integer"])
    return value


def cases(data: Path, packages: Path) -> Iterator[Case]:
    """All of them."""
    script = shutil.copy(SCRIPT, packages)  # modules are looked for beside the script
    done = subprocess.run(["node", script, data.resolve()], cwd=packages, check=True, stdout=subprocess.PIPE)
    for name, columns in json.loads(done.stdout).items():
        yield Case(name, {column: [meant(value) for value in values] for column, values in columns.items()})

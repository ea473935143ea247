"""Files of little-used writers, made by `nox -s corpus`. Expected cells are what the writer was handed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.forking import Forked, forked
from tests.support.program import Result

HERE = Path(__file__).parent
DATA = HERE / "data"
CASES: dict[str, dict[str, Any]] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """The program's commands, with one store for all cases."""
    with forked(tmp_path_factory.mktemp("corpus")) as calls:
        yield calls


def told(rows: Any) -> list[str]:
    """Rows so that -0.0 is not 0.0, and 1 not 1.0 nor true."""
    return [json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows]


def shown(answer: Result) -> dict[str, Any]:
    """What a page says, in the form of expected.json."""
    assert answer.code == 0, answer.err
    page = answer.json
    assert "cell_errors" not in page
    special = [[one["row_idx"], one["column"], one["path"], one["value"]] for one in page.get("special_cells", ())]
    return {"rows": [row["row"] for row in page["rows"]], "special": special}


def is_binary(folder: Path) -> bool:
    """Whether a case's files are Parquet or Arrow."""
    return any(path.suffix in {".parquet", ".arrow"} for path in folder.rglob("*"))


@pytest.mark.parametrize("name", CASES)
def test_rows_are_what_the_writer_was_handed(name: str, ask: Forked) -> None:
    """`rows`, and `filter` where the files have types, show the values that were written."""
    expected = CASES[name]
    for command in ("rows", "filter") if is_binary(DATA / name) else ("rows",):
        answer = ask(command, DATA / name, "--json")
        words = expected.get("refused") or (expected.get("unread") if command == "rows" else None)
        if words is not None:
            assert (answer.code, words in answer.err) == (6, True)
            continue
        found = shown(answer)
        assert told(found["rows"]) == told(expected["rows"]), command
        assert sorted(map(json.dumps, found["special"])) == sorted(map(json.dumps, expected["special"])), command


def test_every_folder_is_a_case() -> None:
    """Nothing lies there that is not compared."""
    assert sorted(path.name for path in DATA.iterdir()) == sorted(CASES)

"""Questions about small files, answered by the program's own commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.forking import Forked, forked

Show = Callable[..., list[Any]]
Places = Callable[..., list[int]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """The program's commands."""
    with forked(tmp_path_factory.mktemp("values")) as calls:
        yield calls


@pytest.fixture
def show(ask: Forked) -> Show:
    """The rows of a dataset, by several ways that must agree."""

    def rows(dataset: Path, *ways: str) -> list[Any]:
        seen = []
        for command in ways or ("rows", "filter", "rows --sample 100 --seed 1"):
            answer = ask(*command.split()[:1], dataset, *command.split()[1:], "--json")
            assert answer.code == 0, answer.err
            page = answer.json
            assert "cell_errors" not in page
            special = [
                (one["row_idx"], one["column"], one["path"], one["value"]) for one in page.get("special_cells", ())
            ]
            seen.append(
                (
                    [row["row"] for row in sorted(page["rows"], key=lambda row: row["row_idx"])],
                    sorted(map(str, special)),
                )
            )
        assert all(repr(one) == repr(seen[0]) for one in seen), seen
        return seen[0][0]

    return rows


@pytest.fixture
def places(ask: Forked) -> Places:
    """The rows that match, in their order."""

    def found(dataset: Path, where: str = "", orderby: str = "") -> list[int]:
        words = ["--where", where] * bool(where) + ["--orderby", orderby] * bool(orderby)
        answer = ask("filter", dataset, *words, "--json")
        assert answer.code == 0, answer.err
        return [row["row_idx"] for row in answer.json["rows"]]

    return found

"""What one command says of the data, no other contradicts: over healthy datasets of every kind, and over random tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agreement.differential import differences
from tests.agreement.net import Net
from tests.check import healthy
from tests.support.forking import Forked, forked

TABLES = 12
MOST_SPLITS = 3


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    """The program's commands, with one store for all datasets."""
    with forked(tmp_path_factory.mktemp("net")) as calls:
        yield calls


@pytest.mark.parametrize("name", healthy.SOME)
def test_no_answer_contradicts_another(name: str, ask: Forked, tmp_path: Path) -> None:
    dataset = healthy.make(name, tmp_path / "d")
    listed = ask("splits", dataset, "--json")
    assert listed.code == 0, listed.err
    splits = listed.json["splits"][:MOST_SPLITS]
    assert splits
    found = [told for one in splits for told in Net(ask, dataset, one["config"], one["split"]).run()]
    assert found == []


@pytest.mark.parametrize("number", range(TABLES))
def test_random_tables_agree_with_pyarrow(number: int, ask: Forked, tmp_path: Path) -> None:
    """`nox -s differential` tries thousands."""
    assert differences(ask, f"suite-{number}", tmp_path / "d") == []


def test_the_net_notices_a_contradiction(ask: Forked, tmp_path: Path) -> None:
    """Two rows that differ, a missing row, and -0.0 for 0.0."""
    net = Net(ask, tmp_path)
    net.same("x", {0: {"a": 1}}, {0: {"a": 2}})
    net.same("x", {0: {"a": 1}}, {})
    net.same("x", {0: {"a": -0.0}}, {0: {"a": 0.0}})
    net.same("x", {0: {"a": 1}}, {0: {"a": 1.0}})
    net.same("x", {0: {"a": [None]}}, {0: {"a": [None]}})
    assert len(net.found) == 4

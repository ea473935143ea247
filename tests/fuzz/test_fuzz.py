"""A short run of the fuzzer; `nox -s fuzz -- 600` is a long one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.cases import WHOLE, mutate
from tests.fuzz.run import one_round, searched


@pytest.mark.parametrize("seed", [1, 2])
def test_accidents_end_in_an_answer_or_an_exit_code(seed: int, tmp_path: Path) -> None:
    assert one_round(tmp_path / "round", seed, list(WHOLE)) == []


def test_what_hypothesis_writes_ends_in_an_answer_or_an_exit_code(tmp_path: Path) -> None:
    assert searched(tmp_path / "search", 1, 3) == []


def test_the_mutator_changes_something_and_repeats_itself() -> None:
    import random

    data = WHOLE["parquet"][1]
    found = [mutate(data, random.Random(seed)) for seed in range(50)]
    assert found == [mutate(data, random.Random(seed)) for seed in range(50)]
    assert sum(one != data for one in found) > 45

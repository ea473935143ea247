"""Whether `check` has an error exactly where `load_dataset` raises, on random folders; and whether the rows are the same where it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

from tests.agreement.folders import random_folder
from tests.support.forking import Forked

LOAD = """
import json, sys
import datasets
datasets.disable_progress_bars()
for line in sys.stdin:
    folder, cache = json.loads(line)
    try:
        found = {split: data.num_rows for split, data in datasets.load_dataset(folder, cache_dir=cache).items()}
    except Exception as error:
        while error.__cause__ is not None:
            error = error.__cause__
        found = f"{type(error).__name__}: {error}"[:300]
    print(json.dumps(found), flush=True)
"""
STRICTER = {"label-out-of-range"}
"""Errors of ours that `load_dataset` meets only when a row is looked at."""


class Judge:
    """`load_dataset`, in a process without anything of ours."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, folder: Path, cache: Path) -> Any:
        """The numbers of rows by split; the failure as a text."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(folder), str(cache)]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


@contextmanager
def judging() -> Iterator[Judge]:
    """A judge while it is needed."""
    with subprocess.Popen([sys.executable, "-c", LOAD], stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        yield Judge(process)
        assert process.stdin is not None
        process.stdin.close()


def differences(ask: Forked, judge: Judge, seed: str, folder: Path) -> list[str]:
    """Where the two verdicts on a random folder differ; nothing where they agree."""
    random_folder(seed, folder)
    loaded = judge.ask(folder, folder.with_suffix(".cache"))
    told = loaded if isinstance(loaded, str) else "loads"
    found = []
    for words in ((), ("--all-rows",)):
        ran = ask("check", folder, *words, "--json")
        if ran.code not in {0, 1}:
            found.append(f"{folder}: check {' '.join(words)}: exit {ran.code}: {ran.err[-300:]}")
            continue
        wrong = [one for one in ran.json["findings"] if one["severity"] == "error" and one["code"] not in STRICTER]
        if bool(wrong) != isinstance(loaded, str):
            said = [f"{one['code']}: {one['message'][:120]}" for one in wrong] or "in order"
            found.append(f"{folder}: check {' '.join(words)} says {said}, and datasets: {told}")
    for split, number in loaded.items() if isinstance(loaded, dict) else ():
        ran = ask("rows", folder, "default", split, "--length", "all", "--format", "jsonl")
        if ran.code or len(ran.out.splitlines()) != number:
            found.append(
                f"{folder}: {len(ran.out.splitlines())} rows in {split}, and datasets has {number}: {ran.err[-200:]}"
            )
    return found

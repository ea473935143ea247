"""`python -m tests.fuzz.run [SECONDS] [--seed N]` (`nox -s fuzz -- 600`): datasets after accidents, through the program as its user runs it.

Always an answer or an exit code of the contract; never a traceback, a process that dies or hangs, or a cache that is not in order.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.cases import WHOLE, make
from tests.fuzz.structured import search
from tests.support.program import Program

ALLOWED = {0, 1, 6}
"""Done, findings, and erroneous data: nothing else may become of a local file."""
SECONDS = 120
MEMORY = 8 << 30
COMMANDS = (("rows", "--json"), ("splits", "--json"), ("check", "--json"), ("check", "--json", "--all-rows"))


def trouble(program: Program, words: Sequence[str], datasets: Sequence[Path]) -> list[str]:
    """What is wrong with how a command ended that was given some datasets at once; each is tried alone where it is."""
    found = ended(program, words, datasets)
    if not found or len(datasets) == 1:
        return [f"{' '.join(words)} {one}: {found}" for one in datasets] if found else []
    return [line for one in datasets for line in trouble(program, words, [one])] or [
        f"{' '.join(words)}, together: {found}"
    ]


def ended(program: Program, words: Sequence[str], datasets: Sequence[Path]) -> str:
    """What is wrong with one call; empty where nothing is."""
    command = [sys.executable, "-m", "dspreview", words[0], "--from", "-", *words[1:]]
    try:
        done = subprocess.run(
            command, env=program.environment(), cwd=program.home, input="".join(f"{one}\n" for one in datasets).encode(),
            capture_output=True, check=False, timeout=SECONDS, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    if done.returncode not in ALLOWED:
        return f"exit {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-500:]}"
    if b"Traceback" in done.stderr:
        return f"a traceback: {done.stderr.decode('utf-8', 'replace')[-500:]}"
    try:
        documents = [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError as error:
        return f"no JSON: {error}"
    return "" if len(documents) == len(datasets) else f"{len(documents)} documents for {len(datasets)} datasets"


def one_round(folder: Path, seed: int, kinds: Sequence[str]) -> list[str]:
    """Each kind once, with a seed; what was found. The folder is kept where something was."""
    folder.mkdir()
    program = Program(folder / "home")
    program.home.mkdir()
    return all_trouble(program, [make(folder / kind.replace(" ", "-"), seed, kind) for kind in kinds])


def all_trouble(program: Program, datasets: Sequence[Path]) -> list[str]:
    """What is wrong with how each command ended, and with the cache after them."""
    found = [line for words in COMMANDS for line in trouble(program, words, datasets)]
    verified = program("cache", "verify", "--json")
    if verified.code != 0:
        found.append(f"cache verify: {verified.out}")
    return found


def searched(folder: Path, seed: int, examples: int) -> list[str]:
    """What hypothesis found, with a seed."""
    try:
        search(folder, seed, examples, all_trouble)
    except AssertionError as error:
        return [str(error)]
    return []


def main() -> int:
    """Rounds until the time is over, or something is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    until, seed = time.monotonic() + asked.seconds, asked.seed
    kept = Path(tempfile.mkdtemp(prefix="dspreview-fuzz-"))
    found: list[str] = []
    while time.monotonic() < until:
        told = one_round(kept / str(seed), seed, list(WHOLE)) + searched(kept / f"{seed}-search", seed, 1)
        found += told
        print(f"seed {seed}: {len(told)} found", *told, sep="\n", flush=True)
        seed += 1
    print(
        f"{len(found)} found in {seed - asked.seed} rounds of {len(WHOLE)} datasets and what hypothesis wrote; they are in {kept}"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

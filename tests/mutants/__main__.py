"""`python -m tests.mutants --seed N --sample K` (`nox -s mutants -- ...`): would the tests notice a small fault of the program?

Ends with 1 where less than 90 of 100 were noticed. What cannot be noticed is in `equivalent.toml`, with the reason, and does not count.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutants.mutator import Mutant, mutants_of, sample
from tests.mutants.reach import Reach
from tests.mutants.rooms import modules
from tests.mutants.trees import ROOT, Tree, outcome

ENOUGH = 0.9
MEMORY, FILE = 16 << 30, 4 << 30
"""Bytes of addresses of a process, and of a file: a mutant may know no end."""
EQUIVALENT = Path(__file__).parent / "equivalent.toml"


def equivalents() -> dict[tuple[str, str, str], str]:
    """Why a change makes no difference that a test could see: by file, line and change."""
    found = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    return {(one["file"], one["line"], one["change"]): one["reason"] for one in found}


def key(mutant: Mutant) -> tuple[str, str, str]:
    """How `equivalent.toml` names a mutant."""
    return mutant.path, mutant.source, mutant.change


def stale(texts: dict[str, bytes]) -> list[str]:
    """Lines of `equivalent.toml` that are about nothing any more."""
    known = {path: {key(one) for one in mutants_of(path, data)} for path, data in texts.items()}
    return [
        f"{path}: {line}" for path, line, change in equivalents() if (path, line, change) not in known.get(path, ())
    ]


def run(place: Path, chosen: Sequence[Mutant], asked: argparse.Namespace) -> list[tuple[Mutant, str]]:
    """Try mutants; how each ended is printed when it is known."""
    copies = [Tree(place / str(number)) for number in range(asked.jobs)]
    if not asked.reach.exists():
        copies[0].reach(asked.reach)
    reach = Reach(asked.reach)
    trees: SimpleQueue[Tree] = SimpleQueue()
    for tree in copies:
        trees.put(tree)

    def one(mutant: Mutant) -> tuple[Mutant, str]:
        tree, began = trees.get(), time.monotonic()
        try:
            ended, told = outcome(tree, reach, mutant, asked.budget)
        finally:
            trees.put(tree)
        print(
            f"{ended:8} {mutant.path}:{mutant.line} {mutant.change} ({time.monotonic() - began:.0f} s) {told}",
            flush=True,
        )
        return mutant, ended

    pool = ThreadPoolExecutor(asked.jobs)
    tried = [pool.submit(one, mutant) for mutant in chosen]
    try:
        return [future.result() for future in tried]
    finally:  # after Ctrl-C too, no test goes on
        pool.shutdown(wait=False, cancel_futures=True)
        while any(future.running() for future in tried):
            for tree in copies:
                tree.sweep()
            time.sleep(0.1)


def report(ended: Sequence[tuple[Mutant, str]]) -> float:
    """Print the share that was noticed, and what survived; the share."""
    survivors = [mutant for mutant, how in ended if how == "survived"]
    slow = sum(how == "timeout" for _, how in ended)
    share = 1 - len(survivors) / len(ended) if ended else 1.0
    print(f"\n{share:.1%} of {len(ended)} noticed, {slow} of them by a timeout; {len(survivors)} survived\n")
    for one in sorted(survivors, key=lambda one: (one.path, one.line)):
        print(f"- `{one.path}:{one.line}`, in `{one.within or 'the module'}`: {one.change} in `{one.source}`")
    return share


def main() -> int:
    """Sample, try, report."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--module", action="append", help="of this module alone, such as dspreview/page/iso.py")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--budget", type=float, default=120, help="seconds of tests after which a mutant has survived")
    parser.add_argument(
        "--reach", type=Path, help="where it is kept which test reaches which line; made where it is not"
    )
    asked = parser.parse_args()
    if wrong := set(asked.module or []) - set(modules(ROOT)):
        parser.error(f"no module with tests of its own: {', '.join(sorted(wrong))}")
    texts = {path: (ROOT / path).read_bytes() for path in asked.module or modules(ROOT)}
    drawn = sample(texts, asked.seed, asked.sample)
    known = equivalents()
    chosen = [one for one in drawn if key(one) not in known]
    print(
        f"seed {asked.seed}: {len(drawn)} mutants of {len(texts)} modules, {len(drawn) - len(chosen)} known to be equivalent"
    )
    if not asked.module:
        print(*(f"equivalent.toml is stale: {line}" for line in stale(texts)), sep="\n")
    for kind, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, FILE)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
    place = Path(tempfile.mkdtemp(prefix="mutants-")).resolve()
    try:
        asked.reach = (asked.reach or place / "reach.sqlite").resolve()
        ended = run(place, chosen, asked)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return 0 if report(ended) >= ENOUGH else 1


if __name__ == "__main__":
    sys.exit(main())

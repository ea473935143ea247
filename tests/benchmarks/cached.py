"""Cached answers: one, a shell loop, many in one call, and among many others."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

from tests.benchmarks.measure import HERE, Line, interleaved, milliseconds, program

ROUNDS = 21
LOOP = 50
SCALE_SPLITS = 100_000


def cached_answers(folder: Path, environment: dict[str, str]) -> list[Line]:
    """A page of 100 rows and about 100 kB from the cache, against a hello world and `hf version`."""
    data = folder / "page.jsonl"
    data.write_text("".join(json.dumps({"id": n, "text": f"row {n} " + "x" * 900}) + "\n" for n in range(100)))
    interleaved({"fill": program("rows", data, "--json")}, environment, 0)
    hf = [str(Path(sys.executable).with_name("hf"))]
    found = interleaved(
        {
            "hello": [sys.executable, str(HERE / "hello.py"), "hello", "--name", "you"],
            "hf version": [*hf, "version"],
            "hf help": [*hf, "datasets", "--help"],
            "rows": program("rows", data, "--json"),
            "rows cached": program("rows", data, "--json", "--cached"),
            "table": program("rows", data),
            "help": program("--help"),
            "rows help": program("rows", "--help"),
        },
        environment | {"HF_HUB_DISABLE_UPDATE_CHECK": "1"},
        ROUNDS,
    )

    def line(what: str, name: str, other: str, target: float) -> Line:
        return Line(
            what, other, found[name].seconds / found[other].seconds, target, milliseconds(found[name], found[other])
        )

    return [
        line("cached `rows --json`", "rows", "hello", 1.25),
        line("cached `rows --json --cached`", "rows cached", "hello", 1.25),
        line("cached `rows --json`", "rows", "hf version", 0.35),
        line("cached `rows --json --cached`", "rows cached", "hf version", 0.35),
        line("cached `rows`, a table", "table", "hello", 2.0),
        Line(
            "cached `rows --json`: peak memory",
            "hello",
            found["rows"].peak_bytes / found["hello"].peak_bytes,
            1.3,
            f"{found['rows'].peak_bytes / 1e6:.0f} MB against {found['hello'].peak_bytes / 1e6:.0f} MB",
        ),
        line("`--help`", "help", "hf help", 0.4),
        line("`rows --help`", "rows help", "hf help", 0.4),
    ]


def many_in_one_call(folder: Path, environment: dict[str, str]) -> list[Line]:
    """A hundred cached datasets in one call, against a hundred calls."""
    names = []
    for number in range(100):
        path = folder / f"small-{number}.csv"
        path.write_text(f"a,b\n{number},x\n")
        names.append(str(path))
    listed = folder / "names.txt"
    listed.write_text("\n".join(names))
    interleaved({"fill": program("rows", "--from", listed, "--json")}, environment, 0)
    found = interleaved(
        {"one": program("rows", names[0], "--json"), "all": program("rows", "--from", listed, "--json")},
        environment,
        11,
    )
    ratio = found["all"].seconds / (100 * found["one"].seconds)
    return [
        Line(
            "100 cached datasets in one call",
            "100 calls",
            ratio,
            0.03,
            milliseconds(found["all"], found["one"]) + " each",
        )
    ]


def shell_loop(folder: Path, environment: dict[str, str]) -> list[Line]:
    """A loop of the shell over 50 cached datasets, against 50 times a hello world; and what it leaves behind."""
    names = [str(folder / f"small-{number}.csv") for number in range(LOOP)]
    one = f"{sys.executable} -c 'from dspreview.__main__ import main; main()' rows"
    ours = ["sh", "-c", f"for name in {' '.join(names)}; do {one} $name --json; done"]
    hello = [
        "sh",
        "-c",
        f"for name in {' '.join(names)}; do {sys.executable} {HERE / 'hello.py'} hello --name $name; done",
    ]
    interleaved({"fill": ours}, environment, 0)
    before = size_of(folder)
    found = interleaved({"ours": ours, "hello": hello}, environment, 3)
    told = milliseconds(found["ours"], found["hello"])
    grown = size_of(folder) / before
    return [
        Line(
            f"a shell loop over {LOOP} cached datasets",
            f"{LOOP} x hello",
            found["ours"].seconds / found["hello"].seconds,
            1.25,
            told,
        ),
        Line(
            "the same: bytes of the cache after four such loops", "before", grown, 1.0, f"{before / 1e6:.2f} MB before"
        ),
    ]


def size_of(folder: Path) -> int:
    """The bytes of the cache."""
    return sum(path.stat().st_size for path in folder.glob("cache.sqlite*"))


def scale(folder: Path, environment: dict[str, str]) -> list[Line]:
    """A cached answer among 100,000 splits, against one among ten."""
    data = folder / "page.jsonl"
    small, large = folder / "small.sqlite", folder / "large.sqlite"
    for path in (small, large):
        interleaved({"fill": program("rows", data, "--json", "--database", path)}, environment, 0)
    fill(large, SCALE_SPLITS)
    found = interleaved(
        {
            "ten": program("rows", data, "--json", "--database", small),
            "many": program("rows", data, "--json", "--database", large),
        },
        environment,
        ROUNDS,
    )
    ratio = found["many"].seconds / found["ten"].seconds
    return [
        Line(
            f"a cached answer among {SCALE_SPLITS:,} splits",
            "one among few",
            ratio,
            1.2,
            milliseconds(found["many"], found["ten"]),
        )
    ]


def fill(path: Path, splits: int) -> None:
    """Copy the one page of a database under as many other names."""
    connection = sqlite3.connect(path)
    with connection:
        for number in range(splits):
            (dataset,) = connection.execute(
                "INSERT INTO datasets (name, kind, status, revision, extractor, created_at, checked_at, used_at)"
                " VALUES (?, 'hub', 'VALID', 'r', 1, '', 0, 0) RETURNING id",
                (f"owner/name-{number}",),
            ).fetchone()
            connection.execute("INSERT INTO aliases VALUES (?, '', ?)", (f"owner/name-{number}", dataset))
            (config,) = connection.execute(
                "INSERT INTO configs (dataset_id, config, position) VALUES (?, 'default', 0) RETURNING id", (dataset,)
            ).fetchone()
            (split,) = connection.execute(
                "INSERT INTO splits (config_id, split, position, status, revision) VALUES (?, 'train', 0, 'VALID', 'r') RETURNING id",
                (config,),
            ).fetchone()
            connection.execute(
                "INSERT INTO rows SELECT ?, features, columns, substr(rows, 1, 4000), num_rows, num_rows_total, partial, extra, NULL"
                " FROM rows LIMIT 1",
                (split,),
            )
    connection.close()

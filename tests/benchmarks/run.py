"""`nox -s bench`: measures what the project promises about speed, prints it, and writes docs/performance.md.

All figures are ratios within one run, of whole processes that take turns.
"""

from __future__ import annotations

import compileall
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks import queries
from tests.benchmarks.measure import LINK_HEADING, Line, Timing, interleaved

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "performance.md"
ROWS = 2_600_000
ROUNDS = 21
FIRST_ROWS = {"parquet": 0.2, "jsonl": 0.4, "csv": 0.9}
SCALE_SPLITS = 100_000
SMALL_DATASETS = 300
HUB_NAMES = 500_000


def make_files(folder: Path) -> dict[str, Path]:
    """The same rows as Parquet, CSV and JSON Lines. Made by another process: Linux counts the memory of whoever starts
    a process as that process's own peak, so this one must stay small."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.data", str(folder), str(ROWS)], check=True)
    return {kind: folder / f"big.{kind}" for kind in ("parquet", "csv", "jsonl")}


def program(*words: str | Path) -> list[str]:
    """A call of dspreview as its console script makes it."""
    return [sys.executable, "-c", "from dspreview.__main__ import main; main()", *[str(word) for word in words]]


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


def milliseconds(one: Timing, other: Timing) -> str:
    """Both medians."""
    return f"{one.seconds * 1000:.0f} ms against {other.seconds * 1000:.0f} ms"


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


def first_rows(folder: Path, environment: dict[str, str]) -> list[Line]:
    """The first rows of 200 MB, against `datasets` streaming."""
    lines = []
    for kind, path in make_files(folder).items():
        database = folder / f"cold-{kind}.sqlite"
        cold = f"rm -f {database}*; export DSPREVIEW_DATABASE={database}; exec {sys.executable} -m dspreview rows {path} --json"
        reader = "json" if kind == "jsonl" else kind
        calls = {
            "dspreview": ["sh", "-c", cold],
            "datasets": [sys.executable, str(HERE / "stream.py"), reader, str(path)],
        }
        if kind == "parquet":
            calls["pyarrow"] = [sys.executable, str(HERE / "peer_pyarrow.py"), str(path)]
        found = interleaved(calls, environment, 7)
        size = path.stat().st_size / 1e6
        ratio = found["dspreview"].seconds / found["datasets"].seconds
        lines.append(
            Line(
                f"first rows of {size:.0f} MB of {kind}",
                "`datasets` streaming",
                ratio,
                FIRST_ROWS[kind],
                milliseconds(found["dspreview"], found["datasets"]),
            )
        )
        if "pyarrow" in found:
            own, peer = found["dspreview"], found["pyarrow"]
            told = milliseconds(own, peer)
            lines.append(Line("the same", "a pyarrow script", own.seconds / peer.seconds, 1.5, told))
        more = (found["dspreview"].peak_bytes - found["datasets"].peak_bytes) / 1e6
        told = f"{found['dspreview'].peak_bytes / 1e6:.0f} MB against {found['datasets'].peak_bytes / 1e6:.0f} MB"
        lines.append(Line(f"the same, peak memory above that ({kind})", "`datasets` streaming", more, 100, told, "MB"))
    return lines


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


def queue(folder: Path) -> list[Line]:
    """The queue, measured by a process of its own: this one must stay small."""
    place = folder / "queue"
    place.mkdir()
    command = [sys.executable, "-m", "tests.benchmarks.jobs", str(place)]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [Line(**json.loads(line)) for line in found.splitlines()]


def warming(folder: Path, environment: dict[str, str]) -> list[Line]:
    """`warm` over 300 small datasets, against a loop in Python."""
    listed = folder / "many.txt"
    made = folder / "many"
    subprocess.run([sys.executable, "-m", "tests.benchmarks.small", str(made), str(SMALL_DATASETS)], check=True)
    listed.write_text("\n".join(sorted(str(place) for place in made.iterdir())))
    database = folder / "warm.sqlite"
    words = f"warm --from {listed} --workers 2 --quiet --database {database}"
    cold = f"rm -f {database}*; exec {sys.executable} -m dspreview {words}"
    found = interleaved(
        {"warm": ["sh", "-c", cold], "loop": [sys.executable, str(HERE / "loop.py"), str(listed)]}, environment, 5
    )
    again = interleaved({"again": program(*words.split())}, environment, 3)["again"].seconds
    told = f"{milliseconds(found['warm'], found['loop'])}; once more, with nothing to do, {again * 1000:.0f} ms"
    ratio = found["warm"].seconds / found["loop"].seconds
    return [Line(f"`warm --workers 2` over {SMALL_DATASETS} datasets", "a loop that streams", ratio, 0.6, told)]


def hub_status(folder: Path, environment: dict[str, str]) -> list[Line]:
    """`hub status` over 500,000 names, from a server on this machine."""
    command = [sys.executable, "-m", "tests.benchmarks.names", str(HUB_NAMES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        online = environment | {"HF_ENDPOINT": server.stdout.readline().strip()}
        del online["HF_HUB_OFFLINE"]
        database = folder / "status.sqlite"
        found = interleaved({"status": program("hub", "status", "--json", "--database", database)}, online, 3)["status"]
        server.kill()
    what = f"`hub status` over {HUB_NAMES:,} names"
    return [
        Line(what, "10 s", found.seconds / 10, 1.0, f"{found.seconds:.1f} s"),
        Line(what, "500 MB", found.peak_bytes / 5e8, 1.0, f"{found.peak_bytes / 1e6:.0f} MB"),
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


def write_page(lines: list[Line]) -> str:
    """The page of the docs."""
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("typer", "datasets", "huggingface_hub", "pyarrow", "duckdb")
    )
    parts = [
        "# Performance",
        "",
        "`nox -s bench` measures this in one run, on data that it makes, and writes this page. Each figure compares whole processes",
        "that take turns, after one round that warms the page cache; times are medians. Trust the ratios, not the times.",
        "",
        f"Measured with Python {platform.python_version()}, {packages}, on {os.cpu_count()} cores under {platform.system()}.",
        "",
        "| what | against | came out | at most | times or memory |",
        "|---|---|---|---|---|",
    ]
    for line in lines:
        shown = f"{line.ratio:.0f} MB" if line.unit == "MB" else f"{line.ratio:.3g}"
        bound = f"{line.target:.0f} MB" if line.unit == "MB" else f"{line.target:g}"
        parts.append(
            f"| {line.what} | {line.against} | {shown}{'' if line.holds else ' **over**'} | {bound} | {line.detail} |"
        )
    parts += [
        "",
        "The bare `UPDATE ... RETURNING` writes what our queue writes, on a table with one partial index (`tests/benchmarks/jobs.py`).",
        "DuckDB by hand is `tests/benchmarks/peer_filter.py` and `peer_stats.py`, exact statistics of the same kinds; our own answer is not taken from the cache.",
        "Bytes read of remote files are counted in `tests/hub/test_ranges.py`: a late page of 50 rows reads one row group and the footers, and",
        "a predicate that selects ten of 200,000 sorted rows less than a tenth of its file.",
        "First rows of one local Parquet file are imports, nearly all of them: two thirds of that time are pyarrow's, half of which numpy's.",
        "`loop` is `tests/benchmarks/loop.py`. `hello` is `tests/benchmarks/hello.py`, a Typer program of two commands; `datasets` streaming is `tests/benchmarks/stream.py`.",
    ]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Measure, print, write."""
    compileall.compile_dir(HERE.parent.parent / "dspreview", quiet=1)  # as pip does for its users
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        environment = kept | {
            "HOME": name,
            "HF_HOME": f"{name}/hf",
            "HF_HUB_OFFLINE": "1",
            "DSPREVIEW_DATABASE": f"{name}/cache.sqlite",
            "HF_UPDATE_DOWNLOAD_COUNTS": "0",
        }
        lines = [
            *cached_answers(folder, environment),
            *many_in_one_call(folder, environment),
            *scale(folder, environment),
            *queue(folder),
            *warming(folder, environment),
            *hub_status(folder, environment),
            *first_rows(folder, environment),
            *queries.measure(folder / "big.parquet", environment),
        ]
    page = write_page(lines)
    print(page)
    _, heading, others = PAGE.read_text(encoding="utf-8").partition(LINK_HEADING)  # what the other measurements write
    PAGE.write_text(f"{page}\n{heading}{others}" if heading else page, encoding="utf-8")
    over_a_link = subprocess.run([sys.executable, "-m", "tests.benchmarks.remote"], check=False).returncode
    return 0 if all(line.holds for line in lines) and not over_a_link else 1


if __name__ == "__main__":
    sys.exit(main())

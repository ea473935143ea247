"""`python -m tests.benchmarks.deeper` (a part of `nox -s bench`): near duplicates, keys in texts and rules, beside what people use for
them. Installs text-dedup and datatrove in an environment of their own. Writes its part of docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from math import inf
from pathlib import Path

from tests.benchmarks.makers.deep import EVERY, SOME, TEXTS
from tests.benchmarks.measure import HERE, Line, interleaved, program, run_once
from tests.benchmarks.page import report
from tests.benchmarks.texts import line

PEERS = ("text-dedup==0.4.0", "datatrove[processing]==0.10.1", "spacy", "orjson")
FOUND, FALSE = 0.95, 0.01
"""How many of the pairs are found at least, and how many others at most, as a share of the texts."""
RULES = """
[rules."default/train"]
id = { unique = true }
label = { in = ["yes", "no", "maybe"] }
score = { max = 1.9999 }
text = { regex = "[0-9a-f]{32}" }
"""
SCAN = """
import sys, time, pyarrow.parquet as pq
from dspreview.check.secrets.scan import Scan
texts = pq.read_table(sys.argv[1]).column("text").combine_chunks()
scan, begin = Scan("text"), time.process_time()
for start in range(0, len(texts), 65_536):
    scan.look("text", texts.slice(start, 65_536), lambda place: place)
seconds = time.process_time() - begin
print(texts.nbytes / seconds / 1e6, sum(sight.rows for sight in scan.seen.values()), len(texts))
"""


def measure(folder: Path, environment: dict[str, str]) -> list[Line]:
    """All of it."""
    subprocess.run([sys.executable, "-m", "tests.benchmarks.makers.deep", str(folder)], check=True)
    return [*near(folder, environment), secrets(folder, environment), rules(folder, environment)]


def near(folder: Path, environment: dict[str, str]) -> list[Line]:
    """Near duplicates; the peers on a tenth of the texts, for they take minutes."""
    peers = folder / "peers" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peers")], check=True)
    subprocess.run([str(peers), "-m", "pip", "install", "-q", *PEERS], check=True)
    some, many = folder / "some.parquet", folder / "many.parquet"
    ours = ("--all-rows", "--near-duplicates", "0.8", "--select", "near-duplicate", "--json", "--exit-zero")
    dedup = [
        *[str(peers), "-m", "text_dedup.minhash", "--path", "parquet", "--data_files", str(some), "--split", "train"],
        *["--column", "text", "--ngram", "3", "--threshold", "0.8", "--num_perm", "128", "--min_length", "1"],
        *["--cache_dir", str(folder / "hub"), "--output", str(folder / "kept")],
    ]
    calls = {
        "ours": program("check", some, *ours),
        "text-dedup": ["sh", "-c", f"rm -rf {folder}/hub {folder}/kept; exec {' '.join(dedup)}"],
    }
    found = interleaved(calls, environment, 3)
    trove = [str(peers), str(HERE / "peers" / "minhash.py"), str(some), str(folder / "trove")]
    one = run_once(["sh", "-c", f"rm -rf {folder}/trove; exec {' '.join(trove)} > /dev/null 2>&1"], environment)
    mine = found["ours"].seconds
    whole = run_once(program("check", many, *ours), environment)
    told = subprocess.run(program("check", many, *ours), env=environment, capture_output=True, text=True, check=True)
    (finding,) = json.loads(told.stdout)["findings"]
    rows = int(finding["message"].rpartition("; ")[2].partition(" ")[0].replace(",", ""))
    share = rows / (TEXTS // EVERY)
    return [
        line(f"near duplicates of {SOME:,} texts of 200 characters", "text-dedup's MinHash", found, ("ours", "text-dedup"), 0.5),
        Line("the same", "datatrove's MinHash, once", mine / one.seconds, 0.5, f"{mine:.1f} s against {one.seconds:.1f} s"),
        Line(f"of {TEXTS:,} texts: memory", "1 GB", whole.peak_bytes / 1e9, 1.0, f"{whole.seconds:.1f} s; {whole.peak_bytes / 1e6:.0f} MB"),
        Line("its pairs: missed and false ones", "5 % of those planted", abs(1 - share) / (1 - FOUND), 1.0, f"{rows:,} found, {TEXTS // EVERY:,} planted"),
    ]  # fmt: skip


def secrets(folder: Path, environment: dict[str, str]) -> Line:
    """How fast one core looks for keys and personal data in ordinary text."""
    ran = subprocess.run([sys.executable, "-c", SCAN, str(folder / "ordinary.parquet")], env=environment, cwd=HERE.parent.parent, capture_output=True, text=True, check=True)  # fmt: skip
    speed, hits, texts = map(float, ran.stdout.split())
    told = f"{speed:.0f} MB/s; {hits:.0f} false alarms in {texts:,.0f} texts"
    return Line("keys and personal data in ordinary text, one core", "50 MB/s", 50 / speed, 1.0, told)


def rules(folder: Path, environment: dict[str, str]) -> Line:
    """Four rules over 2,000,000 rows; of the rest of `check`, 100 rows are looked at."""
    path, book = folder / "rules.parquet", folder / "book.toml"
    book.write_text(RULES)
    calls = {
        "ours": program("check", path, "--rules", book, "--select", "rule", "--exit-zero"),
        "by hand": [sys.executable, str(HERE / "peers" / "rules.py"), str(path)],
    }
    found = interleaved(calls, environment, 9)
    return line("four rules over 2,000,000 rows", "duckdb by hand", found, ("ours", "by hand"), 1.5)


def part_of(lines: list[Line]) -> str:
    """This part of the page."""
    rows = [
        f"| {one.what} | {one.against} | {one.ratio:.3g}{'' if one.holds else ' **over**'} | {'' if one.target == inf else f'{one.target:g}'} | {one.detail} |"
        for one in lines
    ]
    return "\n".join([
        "## Near duplicates, keys, rules", "",
        "Texts are of words as frequent as those of a language; each hundredth has another with its last word changed. text-dedup and datatrove look for the",
        "same similarity over the same three-word sequences. Ordinary text is prose, code, links, hashes, base64 and logs.", "",
        f"Measured with Python {platform.python_version()}, duckdb {version('duckdb')}, pyarrow {version('pyarrow')}, {', '.join(PEERS[:2])}, on {os.cpu_count()} cores under {platform.system()}.", "",
        "| what | against | measured | limit | times and memory |", "|---|---|---|---|---|", *rows, "",
    ])  # fmt: skip


if __name__ == "__main__":
    sys.exit(report(measure, part_of))

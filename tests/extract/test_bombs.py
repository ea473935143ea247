"""Small data that unpacks to more than any machine has: an error that says so, within the memory that is allowed."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dspreview.extract.depth import DEPTH, depth, is_deep
from dspreview.extract.exact import MOST_COLUMNS
from dspreview.extract.readme import MOST_NODES, nodes
from tests.support.data import parquet, write
from tests.support.program import Program

LIMIT = 400_000_000
"""JOB_MAX_MEMORY of these tests: what bombs unpack to is many times as much."""
BLOCK = 50 << 20


@pytest.fixture
def bounded(dspreview: Program) -> Program:
    """The program with little memory."""
    dspreview.env["JOB_MAX_MEMORY"] = str(LIMIT)
    return dspreview


WATCHED = """
import os, subprocess, sys
process = subprocess.Popen([sys.executable, "-m", "dspreview", *sys.argv[1:]])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), file=sys.stderr)
os._exit(os.waitstatus_to_exitcode(status) % 256)
"""
"""A process in between: what one has had counts for those that it starts, and the tests have had much."""


def call(program: Program, *words: str | Path) -> tuple[int, str, str, int]:
    """Exit code, stdout, stderr, and the most memory that a call had, in bytes."""
    command = [sys.executable, "-c", WATCHED, *map(str, words)]
    done = subprocess.run(
        command, env=program.environment(), cwd=program.home, capture_output=True, text=True, check=False
    )
    *told, peak = done.stderr.splitlines()
    return done.returncode, done.stdout, "\n".join(told), int(peak)


def packed(block: bytes, times: int) -> bytes:
    """A gzip file of a block again and again: its members are one file to whoever unpacks it."""
    compressor = zlib.compressobj(9, wbits=31)
    return (compressor.compress(block) + compressor.flush()) * times


def zip_of_zeros() -> bytes:
    """A zip file with a CSV of 2 GB of zeros."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out,
        out.open("a.csv", "w", force_zip64=True) as file,
    ):
        for _ in range(40):
            file.write(bytes(BLOCK))
    return buffer.getvalue()


def hole(folder: Path, name: str, head: bytes) -> Path:
    """A file of 10 GB that takes no room: its head, and nothing."""
    write(folder, {name: head})
    os.truncate(folder / name, 10 << 30)
    return folder


def repeated_text() -> bytes:
    """A Parquet file of some hundred bytes with a thousand rows of one text of 20 MB, which its dictionary holds once."""
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000, "int32")), pa.array(["x" * (20 << 20)]))
    return parquet(pa.table({"a": texts}), compression="zstd")


def page_that_claims(size: int, folder: Path) -> Path:
    """A Parquet file whose one page says that it unpacks to `size` bytes."""
    data = bytearray(parquet(pa.table({"a": ["x" * 1_000]}), compression="zstd", use_dictionary=False))
    # the page's header, in thrift's compact protocol: field 2 (uncompressed size) follows the type of the page as a varint
    start = data.index(b"\x15\x00\x15") + 3
    end = start
    while data[end] & 0x80:
        end += 1
    claimed = bytearray()
    number = size << 1  # zigzag
    while number > 0x7F:
        claimed.append(number & 0x7F | 0x80)
        number >>= 7
    claimed.append(number)
    data[start : end + 1] = claimed
    return write(folder, {"a.parquet": bytes(data)})


def test_a_gzip_of_10_gb_stops_at_the_limit(bounded: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv.gz": packed(b"x" * BLOCK, 200)})
    code, out, err, peak = call(bounded, "rows", data, "--json")
    assert (code, json.loads(out)["exception"]) == (6, "TooLargeError")
    assert "a.csv.gz" in err
    assert "JOB_MAX_MEMORY" in err
    assert len(err.splitlines()) == 1
    assert peak < 6 * LIMIT
    assert not list((bounded.home / "cache").glob("assets/.staging/*"))


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.gz", "a.json.gz"])
def test_one_endless_line_stops_at_the_limit(name: str, bounded: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {name: packed(b"x" * BLOCK, 200)})
    code, _, err, peak = call(bounded, "rows", data, "--json")
    assert (code, "JOB_MAX_MEMORY" in err, len(err.splitlines())) == (6, True, 1)
    assert peak < 6 * LIMIT


def test_a_zip_of_zeros_stops_at_the_limit(bounded: Program, tmp_path: Path) -> None:
    code, _, err, peak = call(bounded, "rows", write(tmp_path / "d", {"a.zip": zip_of_zeros()}), "--json")
    assert (code, "JOB_MAX_MEMORY" in err, len(err.splitlines())) == (6, True, 1)
    assert peak < 6 * LIMIT


@pytest.mark.parametrize(
    ("name", "head"), [("a.csv", b"a,b\n1,2\n"), ("a.jsonl", b'{"a": 1}\n'), ("a.txt", b"hello\n"), ("a.json", b"[1")]
)
def test_a_file_of_nothing_stops_at_the_limit(name: str, head: bytes, bounded: Program, tmp_path: Path) -> None:
    code, _, err, peak = call(bounded, "rows", hole(tmp_path / "d", name, head), "--json")
    assert (code, "JOB_MAX_MEMORY" in err, len(err.splitlines())) == (6, True, 1)
    assert peak < 6 * LIMIT


def test_many_short_rows_in_a_small_file_are_a_page_without_a_count(bounded: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.csv.gz": packed(b"1,2\n" * (BLOCK // 4), 60)})
    code, out, _, peak = call(bounded, "rows", data, "--json")
    assert (code, json.loads(out)["num_rows_total"], len(json.loads(out)["rows"])) == (0, None, 100)
    assert peak < LIMIT


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize(
    "text", ['{"a": %s}' % ("[" * 100_000 + "]" * 100_000), '{"a": ' * 100_000 + "1" + "}" * 100_000]
)
@pytest.mark.parametrize("words", ["rows --json", "check --all-rows", "stats"])
def test_json_nested_100_000_deep_is_told(name: str, text: str, words: str, bounded: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {name: text + "\n"})
    result = bounded(words.split(maxsplit=1)[0], data, *words.split()[1:])
    assert (result.code, len(result.err.splitlines())) == ((1, 0) if words.startswith("check") else (6, 1))
    assert "levels deep" in result.out + result.err or "depth limit" in result.out + result.err


def test_a_picture_of_50_000_by_50_000_is_a_null_cell_with_the_reason(bounded: Program, tmp_path: Path) -> None:
    header = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", (50_000).to_bytes(4, "big") * 2 + b"\x01\x00\x00\x00\x00")
    picture = header + chunk(b"IDAT", zlib.compress(bytes(6_251 * 1_000))) + chunk(b"IEND", b"")
    code, out, _, peak = call(bounded, "rows", write(tmp_path / "d", {"a.png": picture}), "--json")
    page = json.loads(out)
    assert (code, page["rows"][0]["row"]["image"]) == (0, None)
    assert "50000 x 50000 pixels" in page["cell_errors"][0]["message"]
    assert peak < LIMIT


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


@pytest.mark.parametrize(
    "size", [2**31 - 1, 4_000_000_000, 2**32 + 5_000]
)  # the most that 32 bits with a sign say, and beyond
@pytest.mark.parametrize("words", ["rows --json", "check --all-rows", "stats --json"])
def test_a_parquet_page_that_claims_4_gb_is_told(words: str, size: int, bounded: Program, tmp_path: Path) -> None:
    data = page_that_claims(size, tmp_path / "d")
    code, out, err, peak = call(bounded, words.split(maxsplit=1)[0], data, *words.split()[1:])
    assert code in ({1} if words.startswith("check") else {2, 6})
    assert ("QUERY_MAX_MEMORY" if code == 2 else "a.parquet") in out + err
    assert peak < 6 * LIMIT


@pytest.mark.parametrize("words", ["rows --json", "rows --json --offset 5 --length 90", "check --all-rows", "stats"])
def test_parquet_that_unpacks_to_20_gb_stops_at_a_limit(words: str, bounded: Program, tmp_path: Path) -> None:
    data = write(tmp_path / "d", {"a.parquet": repeated_text()})
    code, out, err, peak = call(bounded, words.split(maxsplit=1)[0], data, *words.split()[1:])
    assert (code, "_MAX_MEMORY" in out + err) == ({"check": 1, "stats": 2}.get(words.split(maxsplit=1)[0], 6), True)
    assert peak < 6 * LIMIT


def test_yaml_aliases_that_stand_for_millions_are_told(bounded: Program, tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    readme = "\n".join(["---", *lines, "configs:", "- config_name: one", "  data_files: *a11", "---", ""])
    result = bounded("rows", write(tmp_path / "d", {"README.md": readme, "a.csv": "a\n1\n"}))
    assert (result.code, len(result.err.splitlines())) == (6, 1)
    assert "aliases" in result.err


def test_values_are_counted_as_often_as_they_stand() -> None:
    shared = ["x"] * 9
    assert nodes({"a": shared, "b": [shared, shared]}, {}) == 1 + 2 + 10 + 1 + 20
    endless: list[Any] = []
    endless.append(endless)
    assert nodes(endless, {}) > MOST_NODES


def test_a_csv_of_too_many_columns_is_told(dspreview: Program, tmp_path: Path) -> None:
    names = ",".join(f"c{n}" for n in range(MOST_COLUMNS + 1))
    result = dspreview("rows", write(tmp_path / "d", {"a.csv": f"{names}\n{',' * MOST_COLUMNS}\n"}))
    assert (result.code, len(result.err.splitlines())) == (6, 1)
    assert f"{MOST_COLUMNS + 1:,} columns" in result.err


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ('{"a": [1, [2]]}', 3),
        ('"[[[["', 0),
        ('{"a\\"[[": "]]{{"}', 1),
        ("[]" * 5_000, 1),
        ("[" * 1_500, 1_500),
        ("]" * 9, 0),
    ],
)
def test_levels_are_those_outside_of_texts(text: str, levels: int) -> None:
    assert depth(text.encode()) == levels
    assert is_deep(b'{"a": 1}\n' + text.encode()) == (levels > DEPTH)


def test_texts_full_of_brackets_are_no_depth() -> None:
    assert not is_deep(json.dumps({"code": "[({" * 10_000}).encode())


def test_the_limit_is_there_while_data_is_read_and_not_for_viewers() -> None:
    code = (
        "import resource, subprocess, sys\nfrom dspreview.extract.memory import HEADROOM, bound, unbounded, used\n"
        "limit = lambda: resource.getrlimit(resource.RLIMIT_DATA)[0]\n"
        "ask = [sys.executable, '-c', 'import resource; print(resource.getrlimit(resource.RLIMIT_DATA)[0])']\n"
        "hard = resource.getrlimit(resource.RLIMIT_DATA)[1]\n"
        "bound(10**9)\nassert 0 < limit() - HEADROOM - 10**9 <= used()\n"
        "held = bytearray(10**8)\nbound(10**9)\nassert limit() > HEADROOM + 11 * 10**8\n"
        "with unbounded():\n    assert int(subprocess.check_output(ask)) == hard\n"
        "assert int(subprocess.check_output(ask)) == limit()\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2 * 10**9, hard))\nbound(10**10)\nassert limit() == 2 * 10**9\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_more_than_one_dataset_is_answered_after_a_bomb(bounded: Program, tmp_path: Path) -> None:
    bomb = write(tmp_path / "bomb", {"a.csv.gz": packed(b"x" * BLOCK, 200)})
    good = write(tmp_path / "good", {"a.csv": "a\n1\n"})
    result = bounded("rows", "--from", "-", "--json", stdin=f"{bomb}\n{good}\n{bomb}\n{good}\n")
    assert [("rows" in document) for document in result.documents] == [False, True, False, True]

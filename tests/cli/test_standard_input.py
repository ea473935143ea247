"""`-`: a dataset that is piped in, read as what its first bytes say, and gone with the call."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.support.data import parquet
from tests.support.program import Program

pytestmark = pytest.mark.started

TABLE = pa.table({"a": [1, 2], "b": ["x", "y"]})


def stream() -> bytes:
    """Arrow as a stream of messages."""
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def feather() -> bytes:
    """Arrow as a file."""
    sink = io.BytesIO()
    with pa.ipc.new_file(sink, TABLE.schema) as writer:
        writer.write_table(TABLE)
    return sink.getvalue()


def piped(program: Program, data: bytes, *words: str) -> subprocess.CompletedProcess[bytes]:
    """A call that is given bytes."""
    return subprocess.run(
        [sys.executable, "-m", "dspreview", *words], input=data, env=program.environment(), cwd=program.home,
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [b"a,b\n1,x\n2,y\n", b"\xef\xbb\xbfa\tb\n1\tx\n2\ty\n", b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n', b'\n[{"a":1,"b":"x"},{"a":2,"b":"y"}]', parquet(TABLE), stream(), feather()],
    ids=["csv", "tsv", "jsonl", "json", "parquet", "arrow stream", "arrow file"],
)  # fmt: skip
def test_the_first_bytes_say_what_it_is(data: bytes, dspreview: Program) -> None:
    ran = piped(dspreview, data, "rows", "-", "--format", "jsonl")
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.splitlines() == [b'{"a":1,"b":"x"}', b'{"a":2,"b":"y"}']


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["splits", "-"], "train"),
        (["filter", "-", "--where", "a = 2", "--format", "csv"], "2,y"),
        (["search", "-", "y", "--format", "csv"], "2,y"),
        (["sql", "-", "select sum(a) from train", "--format", "csv"], "3"),
        (["stats", "-", "--json"], '"mean":1.5'),
        (["check", "-"], "in order"),
        (["is-valid", "-"], "valid"),
        (["describe", "-"], "2 rows"),
        (["-"], "2 rows"),
    ],
    ids=lambda one: one[0] if isinstance(one, list) else "",
)
def test_every_command_takes_it(words: list[str], told: str, dspreview: Program) -> None:
    ran = dspreview(*words, stdin="a,b\n1,x\n2,y\n")
    assert ran.code == 0, ran.err
    assert told in ran.out


def test_a_piped_dataset_is_compared_with_a_file(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("a,b\n1,x\n2,y\n3,z\n")
    ran = dspreview("diff", "-", str(tmp_path / "new.csv"), "--verdict", stdin="a,b\n1,x\n2,y\n")
    assert "additive" in ran.out


def test_nothing_of_it_stays(dspreview: Program, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    ran = dspreview("rows", "-", stdin="a\n1\n", TMPDIR=str(tmp_path / "temporary"))
    assert ran.code == 0
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not dspreview.database.exists()


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "nothing came through the pipe"), (b"  \n", "nothing came"), (b"\x1f\x8b\x08\x00", "packed (gzip)")],
)
def test_what_is_no_data_is_one_line(data: bytes, told: str, dspreview: Program) -> None:
    ran = piped(dspreview, data, "rows", "-")
    assert (ran.returncode, ran.stdout) == (6, b"")
    assert told in ran.stderr.decode()
    assert ran.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["filter", "-", "--where", "-"], "--where cannot be read from stdin, too"),
        (["sql", "-", "-"], "the statement cannot be read from stdin, too"),
        (["rows", "-", "--cached"], "leave --cached out"),
        (["refresh", "-"], "there is nothing to refresh"),
        (["refresh", "-", "--queue"], "there is nothing to refresh"),
        (["rows", "--from", "-"], "name a file here"),
    ],
)
def test_stdin_is_read_once_and_never_cached(words: list[str], told: str, dspreview: Program) -> None:
    ran = dspreview(*words, stdin="-\n")
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err

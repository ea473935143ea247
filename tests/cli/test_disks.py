"""Disks that cannot be written or read, and the limits of the cache."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import picture, write
from tests.support.program import Program

pytestmark = pytest.mark.started

PR_CAPBSET_DROP = 24
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2


def without_the_rights_of_root() -> None:
    """Let file permissions count for root too, from the next program on (Linux)."""
    if os.geteuid() == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


def run(program: Program, *words: str | Path, **options: Any) -> tuple[int, bytes, bytes]:
    """Exit code and streams of a call whose process is set up in another way."""
    process = program.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_an_asset_folder_that_cannot_be_written(tmp_path: Path, dspreview: Program) -> None:
    pictures = write(tmp_path / "d", {"a.png": picture(), "b.png": picture()})
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    result = dspreview("rows", pictures, "--json", ASSETS_DIRECTORY=str(blocked))
    assert (result.code, len(result.json["rows"])) == (0, 2)
    assert "not stored" in result.err
    assert dspreview("rows", pictures, "--cached").code == 3
    assert dspreview("refresh", pictures, ASSETS_DIRECTORY=str(blocked)).code == 7


def test_every_reading_command_answers_without_a_store(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "data", {"train.csv": "a\n1\n"})
    (tmp_path / "file").write_text("")
    blocked = str(tmp_path / "file" / "x.sqlite")
    for name in ("splits", "is-valid", "rows"):
        result = dspreview(name, data, "--database", blocked)
        assert (result.code, "not stored" in result.err) == (0, True), name
    for words in (["cache", "stats"], ["cache", "report"], ["cache", "verify"], ["refresh", str(data)]):
        assert dspreview(*words, "--database", blocked).code == 7, words


def test_a_disk_that_fills_up(tmp_path: Path, dspreview: Program) -> None:
    pictures = write(tmp_path / "d", {f"{number}.bmp": picture("RGB", (200, 200), "BMP") for number in range(3)})
    dspreview("cache", "stats")
    # Python would leave cut off bytecode of the program behind, which no later process can read
    dspreview.env["PYTHONDONTWRITEBYTECODE"] = "1"

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    code, out, err = run(dspreview, "rows", pictures, "--json", preexec_fn=no_room)
    assert code == 0, err
    assert len(json.loads(out)["rows"]) == 3
    assert err.count(b"not stored") == 1
    assert dspreview("cache", "verify").code == 0
    assert dspreview("rows", pictures, "--json").code == 0


def mounted(program: Program, options: str, *words: str | Path) -> tuple[int, bytes, bytes]:
    """A call with its cache on a disk of its own (`mount` with these options); skips where no user may mount one."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False, capture_output=True).returncode:
        pytest.skip("unshare -rm does not work here, so no disk can be mounted")
    place = program.database.parent
    line = f'mount {options} "$0" && exec "$@"'
    command = [unshare, "-rm", "sh", "-c", line, str(place), sys.executable, "-m", "dspreview", *map(str, words)]
    done = subprocess.run(command, env=program.environment(), cwd=program.home, capture_output=True, check=False)
    return done.returncode, done.stdout, done.stderr


READ_ONLY = '--bind "$0" "$0" && mount -o remount,ro,bind'


def test_a_disk_that_is_read_only(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "data", {"train.csv": "a\n1\n"})
    fresh = write(tmp_path / "fresh", {"train.csv": "a\n2\n"})
    dspreview("rows", data)
    for folder, value in ((data, 1), (fresh, 2)):
        code, out, err = mounted(dspreview, READ_ONLY, "rows", folder, "--json")
        assert (code, json.loads(out)["rows"][0]["row"]) == (0, {"a": value}), err
        assert b"Traceback" not in err
        assert (b"not stored" in err) == (folder == fresh), err
    code, _, err = mounted(dspreview, READ_ONLY, "refresh", data)
    assert (code, err.count(b"\n"), b"Traceback" in err) == (7, 1, False), err


def test_a_disk_that_is_full(tmp_path: Path, dspreview: Program) -> None:
    noise: dict[str, str | bytes] = {f"{number}.txt": os.urandom(60_000).hex() for number in range(4)}
    data = write(tmp_path / "data", noise)
    dspreview.database.parent.mkdir(parents=True)
    tiny = "-t tmpfs -o size=160k tmpfs"
    code, out, err = mounted(dspreview, tiny, "rows", data, "--json")
    assert (code, len(json.loads(out)["rows"])) == (0, 4), err
    assert (err.count(b"not stored"), b"Traceback" in err) == (1, False), err
    code, _, err = mounted(dspreview, tiny, "refresh", data)
    assert (code, b"Traceback" in err) == (7, False), err


def test_a_file_that_may_not_be_read_is_no_fact_about_the_data(tmp_path: Path, dspreview: Program) -> None:
    if os.geteuid() == 0 and sys.platform != "linux":
        pytest.skip("root may read everything here")
    data = write(tmp_path / "d", {"a.csv": "a\n1\n"})

    def rows() -> int:
        return run(dspreview, "rows", data, preexec_fn=without_the_rights_of_root)[0]

    (data / "a.csv").chmod(0)
    assert rows() == 4
    (data / "a.csv").chmod(0o600)
    assert rows() == 0
    data.chmod(0)
    assert rows() in {3, 4}
    data.chmod(0o700)


def test_the_cache_keeps_to_its_limit(tmp_path: Path, dspreview: Program) -> None:
    for number in range(3):
        data = write(tmp_path / str(number), {"a.csv": "a\n" + "x" * 2_000 + "\n"})
        assert dspreview("rows", data, CACHE_MAX_BYTES="5_000").code == 0
    kept = dspreview("cache", "valid", "--json").json["valid"]
    assert kept == [str(tmp_path / "1"), str(tmp_path / "2")]
    assert dspreview("cache", "prune", "--json", CACHE_MAX_BYTES="1").json == {"removed": 2}

"""`rows --row N --save` and `--open`: the bytes of the dataset, whole or not at all."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest
from datasets import Features, Image, List, Nifti, Value

from tests.support.data import parquet, picture, sound, write
from tests.support.program import Program

PNG, OTHER, WAV = picture(), picture(size=(9, 9)), sound(0.2)


@pytest.fixture
def dataset(tmp_path: Path) -> str:
    """Two rows: a picture, a list of pictures, a file that is not for viewers."""
    features = Features(
        {"name": Value("string"), "image": Image(), "many": List(Image()), "../x": Image(), "scan": Nifti()}
    )
    first, second = {"bytes": PNG, "path": "a.png"}, {"bytes": OTHER, "path": "a.png"}
    rows = {
        "name": ["one", "two"],
        "image": [first, {"bytes": b"broken", "path": "b.png"}],
        "many": [[first, second], []],
        "../x": [second, None],
        "scan": [{"bytes": b"<script>", "path": "x.html"}, None],
    }
    (tmp_path / "d.parquet").write_bytes(parquet(pa.table(rows, schema=features.arrow_schema)))
    return str(tmp_path / "d.parquet")


def test_a_file_is_saved_as_it_is(dataset: str, dspreview: Program, tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    result = dspreview("rows", dataset, "--row", "0", "--columns", "image", "--save", target)
    assert (result.code, result.out) == (0, f"saved {target}\n"), result.err
    assert target.read_bytes() == PNG
    assert target.stat().st_mode & 0o777 == 0o666 & ~umask()
    target.write_bytes(b"older")
    told = dspreview("rows", dataset, "--row", "0", "--columns", "image", "--save", target, "--json").json
    assert told == {"saved": [{"row_idx": 0, "column": "image", "file": str(target)}]}
    assert target.read_bytes() == PNG


def umask() -> int:
    """That of this process, which the program inherits."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_all_files_of_a_row_go_into_a_folder_under_names_that_stay_there(
    dataset: str, dspreview: Program, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert dspreview("rows", dataset, "--row", "0", "--save", out).code == 0
    found = {path.name: path.read_bytes() for path in out.iterdir()}
    assert found == {
        "0-image-a.png": PNG, "0-many-a.png": PNG, "0-many-a-1.png": OTHER, "0-_x-a.png": OTHER,
        "0-scan-x.html": b"<script>",
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.parquet", "home", "out"]


def test_a_file_goes_to_stdout(dataset: str, dspreview: Program) -> None:
    command = [sys.executable, "-m", "dspreview", "rows", dataset, "--row", "0", "--columns", "image", "--save", "-"]
    done = subprocess.run(command, env=dspreview.environment(), capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, PNG)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--save", "x.png"), 2, "--open and --save are for one row"),
        (("--open",), 2, "--open and --save are for one row"),
        (("--row", "0", "--save", "x", "--open"), 2, "give either --open or --save"),
        (("--row", "0", "--save", "x.png"), 2, "that is 5 files; name a folder"),
        (("--row", "0", "--columns", "many", "--save", "-"), 2, "that is 2 files"),
        (("--row", "0", "--columns", "name", "--save", "x"), 3, "row 0: no cell of it is a file in these columns"),
        (("--row", "0", "--columns", "imge", "--save", "x"), 2, "did you mean 'image'"),
        (("--row", "1", "--columns", "image", "--save", "x"), 3, "image cannot be shown: no image that Pillow knows"),
        (("--row", "9", "--save", "x"), 3, "default/train has no row 9"),
        (("--row", "0", "--columns", "image", "--save", ""), 2, "--save: name a file"),
        (("--row", "0", "--columns", "image", "--save", "x" * 300), 2, "File name too long"),
        (("--row", "0", "--columns", "image", "--save", "no/such/folder/x.png"), 2, "--save no/such/folder/x.png: No such file or directory"),
        (("--row", "0", "--columns", "scan", "--open"), 2, "--open shows images, audio, video and PDF; x.html may be saved"),
    ],
)  # fmt: skip
def test_what_cannot_be(dataset: str, dspreview: Program, words: tuple[str, ...], code: int, told: str) -> None:
    result = dspreview("rows", dataset, *words)
    assert result.code == code, result.err
    assert told in result.err
    assert result.err.count("\n") == 1
    assert result.out == ""
    assert not (dspreview.home / "x").exists()


def test_a_full_disk_leaves_the_old_file(dataset: str, dspreview: Program, tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"older")
    big = write(tmp_path / "big", {"a.wav": sound(60.0)})
    assert dspreview("rows", big).code == 0
    # Python would leave cut off bytecode of the program behind, which no later process can read
    dspreview.env["PYTHONDONTWRITEBYTECODE"] = "1"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    command = [sys.executable, "-m", "dspreview", "rows", str(big), "--row", "0", "--save", str(target), "--cached"]
    done = subprocess.run(command, env=dspreview.environment(), capture_output=True, check=False, preexec_fn=limit)
    assert done.returncode == 7, done.stderr
    assert target.read_bytes() == b"older"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["big", "d.parquet", "home", "out.bin"]


def test_open_calls_the_viewer_of_the_system(dataset: str, dspreview: Program, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("xdg-open", "open"):
        (tools / name).write_text(f'#!/bin/sh\ncat "$1" >> {tmp_path}/seen; echo "$1" >> {tmp_path}/opened\n')
        (tools / name).chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    result = dspreview("rows", dataset, "--row", "0", "--columns", "image", "--open", PATH=path)
    assert result.code == 0, result.err
    opened = tmp_path / "opened"
    deadline = time.monotonic() + 30
    while not opened.exists() and time.monotonic() < deadline:
        pass
    file = opened.read_text().strip()
    assert result.out == f"opened {file}\n"
    assert file.endswith(".png")  # so that the viewer knows what it is
    assert (tmp_path / "seen").read_bytes() == PNG


def test_a_link_stays_a_link_and_a_file_keeps_its_mode(dataset: str, dspreview: Program, tmp_path: Path) -> None:
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    link.symlink_to(real)
    save = ("rows", dataset, "--row", "0", "--columns", "image", "--save")
    assert dspreview(*save, link).code == 0
    assert link.is_symlink()
    assert real.read_bytes() == PNG
    real.chmod(0o600)
    real.write_bytes(b"older")
    assert dspreview(*save, link).code == 0
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (PNG, 0o600)


def test_dev_stdout_is_stdout(dataset: str, dspreview: Program) -> None:
    words = ["rows", dataset, "--row", "0", "--columns", "image", "--save", "/dev/stdout"]
    done = subprocess.run(
        [sys.executable, "-m", "dspreview", *words], env=dspreview.environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, PNG)
    assert os.path.islink("/dev/stdout")


def test_another_extension_than_the_file_is_told(dspreview: Program, tmp_path: Path) -> None:
    path = write(tmp_path / "d", {"a.bmp": picture(kind="BMP")})
    result = dspreview("rows", path, "--row", "0", "--save", tmp_path / "a.bmp")
    assert result.code == 0
    assert "a.bmp is a .png file" in result.err


def test_what_might_run_is_never_opened(dspreview: Program, tmp_path: Path) -> None:
    from datasets import Audio, Video

    features = Features({"vid": Video(), "aud": Audio(decode=False)})
    names = ["x.html", "x.command", "x.desktop", "x.exe"]
    rows = {
        "vid": [{"bytes": b"<html><script>", "path": name} for name in names],
        "aud": [{"bytes": b"<html><script>", "path": name} for name in names],
    }
    (tmp_path / "d.parquet").write_bytes(parquet(pa.table(rows, schema=features.arrow_schema)))
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("xdg-open", "open"):
        (tools / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/opened\n")
        (tools / name).chmod(0o755)
    for row in range(len(names)):
        for column in ("vid", "aud"):
            words = ("rows", tmp_path / "d.parquet", "--row", str(row), "--columns", column, "--open")
            result = dspreview(*words, PATH=f"{tools}:{os.environ['PATH']}")
            assert result.code == 2, result.out
    assert not (tmp_path / "opened").exists()


def test_a_viewer_that_fails_is_told_and_its_words_are_not_ours(
    dataset: str, dspreview: Program, tmp_path: Path
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("xdg-open", "open"):
        (tools / name).write_text("#!/bin/sh\necho out; echo err >&2; exit 3\n")
        (tools / name).chmod(0o755)
    words = ("rows", dataset, "--row", "0", "--columns", "image", "--open")
    result = dspreview(*words, PATH=f"{tools}:{os.environ['PATH']}")
    assert (result.code, result.out) == (2, "")
    assert result.err == "dspreview: --open: no viewer here shows a.png; --save FILE writes it\n"

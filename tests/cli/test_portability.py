"""Other machines: names with spaces and letters of other alphabets, no locale, a narrow terminal, a home that cannot be written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_disks import run, without_the_rights_of_root
from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program

pytestmark = pytest.mark.started

ODD = "ein Ördner 数据 'x' \"y\" %20 #1"
TOUR = ("splits {}", "rows {} default train --json", "filter {} default train --where x=2 --json", "search {} default train 二 --json",
        "stats {} default train --json", "check {} --all-rows --json", "is-valid {} --json", "refresh {} --json",
        "lock {}")  # fmt: skip


def make(folder: Path) -> Path:
    """A dataset whose names and texts are of many alphabets."""
    files: dict[str, bytes | str] = {"train é 1.csv": "x,text\n1,Grüße\n2,二\n", "test ü.csv": "x,text\n3,три\n"}
    return write(folder, files)


def tour(program: Program, data: Path) -> list[tuple[int, str]]:
    """What the commands say of a dataset."""
    found = []
    for command in TOUR:
        words = [str(data) if word == "{}" else word for word in command.split()]
        result = program(*words)
        found.append((result.code, result.out.replace(str(data), "DATA")))
        assert "Traceback" not in result.err
    return found


def test_the_same_on_a_path_with_spaces_and_other_letters(tmp_path: Path, dspreview: Program) -> None:
    plain = tour(dspreview, make(tmp_path / "plain"))
    odd = Program(tmp_path / ODD / "höme", {})
    odd.home.mkdir(parents=True)
    found = tour(odd, make(tmp_path / ODD / "dätä"))
    assert [code for code, _ in found] == [code for code, _ in plain]
    for (_, one), (_, other), command in zip(plain, found, TOUR, strict=True):
        if "revision" not in one and command.startswith(("filter", "stats", "is-valid")):
            assert one == other, command
    assert json.loads(found[1][1])["rows"][1]["row"] == {"x": 2, "text": "二"}
    assert odd("cache", "verify").code == 0


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "xx_XX.nothing"}])
def test_the_same_without_a_locale(locale: dict[str, str], tmp_path: Path, dspreview: Program) -> None:
    data = make(tmp_path / "dätä")
    expected = tour(dspreview, data)
    other = Program(tmp_path / "other", dict(locale))
    other.home.mkdir()
    assert tour(other, data) == expected
    assert "Grüße" in other("rows", data, "default", "train").out


@pytest.mark.parametrize("columns", ["60", "40"])
def test_nothing_is_wider_than_a_narrow_terminal(columns: str, tmp_path: Path, dspreview: Program) -> None:
    data = write(
        tmp_path / "d",
        {
            "a.parquet": parquet(
                {"name": ["a long text " * 20], "数": ["漢字" * 40], "third column": [1.5], "list": [[1, 2, 3] * 20]}
            )
        },
    )
    for command in ("rows {}", "splits {}", "stats {}", "search {} long", "filter {} --length 1"):
        words = [str(data) if word == "{}" else word for word in command.split()]
        result = dspreview(*words, COLUMNS=columns)
        assert result.code == 0, (command, result.err)
        table = result.out.partition("\n\n")[0].splitlines()  # what follows is a line or two of prose
        assert max(map(width, table)) <= int(columns), (command, result.out)


def width(line: str) -> int:
    """How many cells of a terminal a line takes."""
    from rich.cells import cell_len

    return cell_len(line)


def test_a_list_may_name_paths_with_spaces(tmp_path: Path, dspreview: Program) -> None:
    data = make(tmp_path / ODD)
    found = dspreview(
        "splits", "--from", "-", "--json", stdin=f"{data}\n{data}\tdefault\n./no such thing here at all\n"
    )
    assert [document.get("exception") for document in found.documents] == [None, None, "UsageError"]


def test_a_home_that_cannot_be_written_and_a_cache_elsewhere(tmp_path: Path, dspreview: Program, hub: Hub) -> None:
    home = tmp_path / "closed"
    home.mkdir(mode=0o555)
    data = write(tmp_path / "d", {"a.csv": "x,text\n1,one\n2,two\n", "sub/a.csv": "x,text\n3,three\n"})
    hub.add("a/pictures", {"train/a.png": picture(), "train/b.png": picture()})
    hub.add("a/csv", {"data.csv": "x\n1\n"})
    env = {"HOME": str(home), "HF_HOME": "", "HF_ENDPOINT": hub.url, "MAX_LOAD_PCT": "0", "MAX_MEMORY_PCT": "0"}
    for words in (
        ("rows", data, "--json"), ("filter", data, "--where", "x = 2", "--json"), ("stats", data, "--json"),
        ("check", data, "--all-rows", "--json"), ("rows", "a/pictures", "--json"), ("rows", "a/csv", "--json"),
        ("filter", "a/csv", "--where", "x = 1", "--json"), ("queue", "add", "a/csv"), ("queue", "work", "--until-empty", "--json"),
        ("doctor", "--json"),
    ):  # fmt: skip
        code, _, err = run(dspreview, *words, env=env, preexec_fn=without_the_rights_of_root)
        assert (code, b"Traceback" in err, b"not stored" in err) == (0, False, False), (words, err)
    assert list(home.iterdir()) == []
    assert dspreview("cache", "verify").code == 0


def test_a_home_that_cannot_be_written_and_no_other_place(tmp_path: Path, dspreview: Program) -> None:
    home = tmp_path / "closed"
    home.mkdir(mode=0o555)
    data = write(tmp_path / "d", {"a.csv": "x\n1\n"})
    env = {"HOME": str(home), "HF_HOME": "", "DSPREVIEW_DATABASE": ""}
    code, out, err = run(
        dspreview, "rows", data, "--json", env=env, preexec_fn=without_the_rights_of_root, stdin=subprocess.DEVNULL
    )
    assert (code, [row["row"] for row in json.loads(out)["rows"]]) == (0, [{"x": 1}])
    assert b"not stored" in err
    assert list(home.iterdir()) == []

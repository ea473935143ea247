"""Keys in texts beside the data are found before a dataset is pushed with them. No key here was ever issued."""

from __future__ import annotations

import json
import random
import string
from pathlib import Path

import pytest

from tests.support.data import write
from tests.support.program import Program, Result

LETTERS = string.ascii_letters + string.digits


def token(seed: int) -> str:
    """A token in the form of the Hub's."""
    return "hf_" + "".join(random.Random(seed).choices(string.ascii_letters, k=34))


def secrets(ran: Result) -> list[tuple[str, int]]:
    """Where keys were found."""
    return [(one["file"], one["line"]) for one in ran.json["findings"] if one["code"] == "secret"]


@pytest.mark.parametrize("name", ["README.md", "load.py", "scripts/run.sh", "explore.ipynb", ".env", "config.yaml"])
def test_a_key_in_a_text_is_found_and_masked(name: str, tmp_path: Path, dspreview: Program) -> None:
    key = token(1)
    text = (
        json.dumps({"cells": [{"source": [f"login('{key}')"]}]})
        if name.endswith("ipynb")
        else f"# data\n\nTOKEN={key}\n"
    )
    folder = write(tmp_path / "d", {"train.csv": "a\n1\n2\n", name: text})
    ran = dspreview("check", folder, "--json")
    assert secrets(ran) == [(name, 1 if name.endswith("ipynb") else 3)]
    assert key not in ran.out
    assert ran.code == 0
    assert dspreview("check", folder, "--fail-on", "warning").code == 1


def test_each_kind_is_told_once_a_file(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.csv": "a\n1\n", "x.py": f"{token(1)}\n{token(2)}\n"})
    (one,) = [one for one in dspreview("check", folder, "--json").json["findings"] if one["code"] == "secret"]
    assert (one["line"], "(2 such)" in one["message"]) == (1, True)


@pytest.mark.parametrize(
    "files",
    [
        {"README.md": "Set HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx first.\n"},
        {".git/config": f"url = https://{token(1)}@example.org\n"},
        {"notes.md": "x" * 1_000_001 + token(1)},
        {"picture.png": token(1)},
    ],
)
def test_placeholders_and_files_that_are_no_texts_are_silent(
    files: dict[str, str], tmp_path: Path, dspreview: Program
) -> None:
    assert secrets(dspreview("check", write(tmp_path / "d", {"train.csv": "a\n1\n"} | files), "--json")) == []


def test_a_value_that_is_allowed_is_spared(tmp_path: Path, dspreview: Program) -> None:
    allowed = f'[[allow]]\ncode = "secret"\nvalue = "{token(1)}"\nreason = "revoked"\n'
    folder = write(tmp_path / "d", {"train.csv": "a\n1\n", "x.py": f"{token(1)}\n", "y.py": f"{token(2)}\n"})
    (tmp_path / "allow.toml").write_text(allowed)
    assert secrets(dspreview("check", folder, "--rules", tmp_path / "allow.toml", "--json")) == [("y.py", 1)]


def test_a_key_in_the_name_of_a_file_is_found(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.csv": "a\n1\n", f"notes of {token(1)}.md": "x"})
    (one,) = [one for one in dspreview("check", folder, "--json").json["findings"] if one["code"] == "secret"]
    assert (one["file"], token(1) in one["message"]) == (None, False)


def test_a_link_out_of_the_dataset_is_not_followed(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.csv": "a\n1\n"})
    (tmp_path / "other.py").write_text(token(1))
    (folder / "x.py").symlink_to(tmp_path / "other.py")
    assert secrets(dspreview("check", folder, "--json")) == []

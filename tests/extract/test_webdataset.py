"""WebDataset archives: the union of what all samples have. The format: a sample is the members of one key, in any number of fields
(https://github.com/webdataset/webdataset); `datasets` 5.2 knows the fields of the first five samples, and asks for the same ones in these.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import picture
from tests.support.program import Program

Members = list[tuple[str, bytes]]


def archive(path: Path, members: Members) -> Path:
    """A dataset of one archive."""
    path.mkdir()
    with tarfile.open(path / "train.tar", "w") as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def samples(*rows: dict[str, Any]) -> Members:
    """Members of samples: texts, and objects as JSON."""
    return [
        (f"s{number}.{name}", value if isinstance(value, bytes) else json.dumps(value).encode())
        for number, row in enumerate(rows)
        for name, value in row.items()
    ]


def codes(program: Program, folder: Path) -> list[str]:
    """The findings that count."""
    found = program("check", folder, "--all-rows", "--json").json["findings"]
    return [one["code"] for one in found if one["severity"] != "info"]


def test_fields_and_keys_of_later_samples_are_there(tmp_path: Path, dspreview: Program) -> None:
    early: list[dict[str, Any]] = [{"txt": f"text {n}".encode(), "json": {"a": n}} for n in range(6)]
    later: list[dict[str, Any]] = [
        {"txt": b"six", "json": {"a": 6, "b": "x"}, "png": picture()},
        {"txt": b"seven", "cls": b"3"},
    ]
    folder = archive(tmp_path / "d", samples(*early, *later))
    rows = dspreview("rows", folder, "--json").row_values
    assert [row["json"] for row in rows] == [*[{"a": n, "b": None} for n in range(6)], {"a": 6, "b": "x"}, None]
    assert [row["cls"] for row in rows] == [None] * 7 + [3]
    assert [bool(row["png"]) for row in rows] == [False] * 6 + [True, False]
    assert dspreview("filter", folder, "--where", "json.b = 'x'", "--json").row_values[0]["txt"] == "six"
    assert codes(dspreview, folder) == ["library-differs"]


def test_the_sample_and_the_member_that_datasets_drops_are_named(tmp_path: Path, dspreview: Program) -> None:
    rows = [{"txt": f"text {n}".encode(), "json": {"a": n}} for n in range(6)]
    folder = archive(tmp_path / "d", samples(*rows, {"txt": b"x", "json": {"a": 1, "late": 2}}))
    (finding,) = [
        one for one in dspreview("check", folder, "--json").json["findings"] if one["code"] == "library-differs"
    ]
    assert all(word in finding["message"] for word in ("s6", ".json", "'late'"))


def test_a_member_that_one_of_the_first_samples_lacks_is_null_and_an_error(tmp_path: Path, dspreview: Program) -> None:
    folder = archive(
        tmp_path / "d", samples({"txt": b"a", "json": {"n": 1}}, {"txt": b"b"}, {"txt": b"c", "json": {"n": 3}})
    )
    assert [row["json"] for row in dspreview("rows", folder, "--json").row_values] == [{"n": 1}, None, {"n": 3}]
    assert codes(dspreview, folder) == ["library-refuses"]


def test_values_of_several_kinds_are_json_and_an_error(tmp_path: Path, dspreview: Program) -> None:
    folder = archive(tmp_path / "d", samples(*[{"json": {"a": n if n < 6 else "t"}} for n in range(8)]))
    rows = dspreview("rows", folder, "--json").row_values
    assert [row["json"]["a"] for row in rows] == [0, 1, 2, 3, 4, 5, "t", "t"]
    assert len(dspreview("filter", folder, "--where", "json.a = 't'", "--json").row_values) == 2
    assert codes(dspreview, folder) == ["library-refuses"]


def test_a_member_that_cannot_be_read_is_named(tmp_path: Path, dspreview: Program) -> None:
    folder = archive(tmp_path / "d", [*samples(*[{"json": {"a": n}} for n in range(6)]), ("s6.json", b'{"a":')])
    ran = dspreview("rows", folder)
    assert ran.code == 6
    assert all(word in ran.err for word in ("train.tar", "s6.json", "'s6'"))


@pytest.mark.parametrize("count", [1, 5, 6, 30])
def test_healthy_archives_have_no_finding(count: int, tmp_path: Path, dspreview: Program) -> None:
    rows = [{"txt": f"text {n}".encode(), "json": {"a": n, "b": str(n)}} for n in range(count)]
    folder = archive(tmp_path / "d", samples(*rows))
    assert [row["json"] for row in dspreview("rows", folder, "--json").row_values] == [row["json"] for row in rows]
    assert codes(dspreview, folder) == []

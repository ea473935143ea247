"""Rows of a page as a file: the same as `export` writes, and as pyarrow and csv read it."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.serve.conftest import Site
from tests.serve.test_view_questions import view
from tests.support.data import write
from tests.support.program import Program
from tests.support.server import Server


def rows(kind: str, body: bytes) -> list[dict[str, Any]]:
    """The rows of a file."""
    if kind == "csv":
        return [{"n": int(row["n"])} for row in csv.DictReader(io.StringIO(body.decode()))]
    if kind == "jsonl":
        return [{"n": json.loads(line)["n"]} for line in body.splitlines()]
    return [{"n": n} for n in pq.read_table(io.BytesIO(body))["n"].to_pylist()]


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_what_is_shown_can_be_taken_along(kind: str, site: Site) -> None:
    page = view(site, where="n >= 290", orderby="n DESC")
    links = [html.unescape(one) for one in re.findall(r'href="(/download\?[^"]*)"', page.text)]
    (link,) = [one for one in links if f"format={kind}" in one]
    answer = site.server.get(link)
    assert answer.status == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="default-train.{kind}"'
    assert [row["n"] for row in rows(kind, answer.body)] == list(range(299, 289, -1))


def test_all_rows_of_a_split(site: Site) -> None:
    answer = site.server.query("/download", dataset=site.numbers, config="default", split="train", format="jsonl")
    assert [row["n"] for row in rows("jsonl", answer.body)] == list(range(300))


@pytest.mark.parametrize(
    ("parameters", "status"),
    [({"format": "xml"}, 400), ({"where": "m > 3"}, 400), ({"split": "tset"}, 404), ({"dataset": "no/such"}, 404)],
)
def test_a_mistake_is_told(parameters: dict[str, str], status: int, site: Site) -> None:
    asked = {"dataset": site.numbers, "config": "default", "split": "train", "format": "csv"} | parameters
    answer = site.server.query("/download", **asked)
    assert (answer.status, answer.json["status_code"]) == (status, status)


def test_the_page_of_a_dataset_tells_of_its_readme(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:  # fmt: skip
    card = "---\nlicense: cc-by-4.0\nlanguage: [en, de]\npretty_name: <b>N</b>\n---\n"
    folder = write(tmp_path / "d", {"README.md": card, "a.csv": "n\n1\n"})
    assert dspreview("rows", folder).code == 0
    page = serve().query("/view", dataset=str(folder)).text
    assert "license: cc-by-4.0" in page
    assert "language: en, de" in page
    assert "&lt;b&gt;N&lt;/b&gt;" in page

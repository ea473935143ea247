"""`check --report FILE`: what a CI job keeps."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from tests.support.data import parquet, write
from tests.support.program import Program

EMPTY = {"meta", "img", "br", "link"}


class Balance(HTMLParser):
    """Fails where tags do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_report_has_findings_statistics_and_rows(tmp_path: Path, dspreview: Program) -> None:
    data = write(
        tmp_path / "d",
        {
            "train.parquet": parquet({"n": [1, 2, 2], "t": ["<script>x</script>", "b", None]}),
            "broken/x.parquet": b"PAR1junk",
            "README.md": "---\nconfigs:\n- {config_name: good, data_files: train.parquet}\n- {config_name: bad, data_files: broken/x.parquet}\n---\n",
        },
    )  # fmt: skip
    target = tmp_path / "report.html"
    ran = dspreview("check", data, "--report", target)
    assert ran.code == 1
    page = target.read_text(encoding="utf-8")
    Balance().feed(page)
    assert "load-failed" in page
    assert "broken/x.parquet" in page
    assert "<h2>good/train</h2>" in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    row = re.search(r"<tr><td>t</td><td>text</td><td class=\"n\">(\d+)</td><td class=\"n\">(\d+)</td>", page)
    assert row is not None
    assert row.groups() == ("1", "2")


def test_a_report_is_written_anew_and_of_one_dataset(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    target = tmp_path / "report.html"
    target.write_text("old")
    assert dspreview("check", data, "--report", target).code == 0
    assert target.read_text().startswith("<!doctype html>")
    two = dspreview("check", data, data, "--report", target)
    assert (two.code, two.out) == (2, "")
    assert "--report is for one dataset" in two.err
    nowhere = dspreview("check", data, "--report", tmp_path / "no" / "report.html")
    assert nowhere.code == 2
    assert "--report" in nowhere.err

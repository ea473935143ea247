"""SQL on a page is the command's: its answers, its messages, its lock; and it is there for this machine alone."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.serve.conftest import Site
from tests.support.server import Answer, Server


def asked(site: Site, statement: str) -> Answer:
    """The page of a statement about the numbers."""
    return site.server.query("/view", dataset=site.numbers, config="default", split="train", sql=statement)


def cells(page: Answer) -> list[list[str]]:
    """What the cells of the table say."""
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [[html.unescape(re.sub(r"<[^>]*>", "", cell)).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows]  # fmt: skip


def test_a_statement_is_answered_as_by_the_command(site: Site) -> None:
    statement = "SELECT n % 3 AS rest, count(*) AS rows, [1, 2] AS list FROM train GROUP BY ALL ORDER BY 1"
    page = asked(site, statement)
    assert cells(page) == [["0", "100", "[1, 2]"], ["1", "100", "[1, 2]"], ["2", "100", "[1, 2]"]]
    assert statement in html.unescape(page.text)
    told = site.program("sql", site.numbers, statement, "--json").json
    assert [[str(row["row"]["rest"]), str(row["row"]["rows"])] for row in told["rows"]] == [row[:2] for row in cells(page)]  # fmt: skip


def test_the_split_leads_to_a_first_statement(site: Site) -> None:
    page = site.server.query("/view", dataset=site.numbers, config="default", split="train")
    (link,) = [html.unescape(one) for one in re.findall(r'href="(/view\?[^"]*sql=)"', page.text)]
    empty = site.server.get(link)
    assert "SELECT * FROM train LIMIT 20</textarea>" in empty.text
    assert cells(empty) == []


def test_of_many_rows_the_first_are_shown_and_that_is_told(site: Site) -> None:
    page = asked(site, "SELECT n FROM train ORDER BY n DESC")
    assert [row[0] for row in cells(page)] == [str(n) for n in range(299, 199, -1)]
    assert "these are the first 100 rows" in page.text


def test_a_mistake_is_told_with_its_place(site: Site) -> None:
    page = asked(site, "SELECT m FROM train")
    assert page.status == 200
    assert 'role="alert"' in page.text
    assert '"m" not found' in html.unescape(page.text)
    assert "<pre>  SELECT m FROM train\n         ^</pre>" in page.text


@pytest.mark.parametrize(
    "statement",
    ["SELECT * FROM read_text('{file}')", "SELECT * FROM '{file}'", "COPY train TO '{file}'", "@{file}", "-", "SET threads = 1"],
)  # fmt: skip
def test_a_statement_reads_and_writes_no_file(statement: str, site: Site, tmp_path: Path) -> None:
    file = tmp_path / "canary.csv"
    file.write_text("a\nSELECT 'sung'\n")
    page = asked(site, statement.format(file=file))
    assert 'role="alert"' in page.text
    assert "sung" not in page.text
    assert file.read_text() == "a\nSELECT 'sung'\n"


def test_a_statement_too_long_for_an_address_is_told(site: Site) -> None:
    assert "20,000 is the most here" in asked(site, f"SELECT '{'x' * 20_000}'").text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}])  # fmt: skip
def test_a_statement_that_another_site_leads_to_is_shown_and_not_run(headers: dict[str, str], site: Site) -> None:
    words = urlencode({"dataset": site.numbers, "config": "default", "split": "train", "sql": "SELECT 'su' || 'ng'"})
    page = site.server.get(f"/view?{words}", **headers)
    assert "SELECT &#39;su&#39; || &#39;ng&#39;</textarea>" in page.text
    assert cells(page) == []
    assert cells(site.server.get(f"/view?{words}&foreign=1", Sec_Fetch_Site="none")) == [["sung"]]


def test_other_machines_are_offered_no_sql(site: Site) -> None:
    away = Server(site.program, "--host", "0.0.0.0")
    parameters = {"dataset": str(site.numbers), "config": "default", "split": "train"}
    assert "sql=" not in away.query("/view", **parameters).text
    assert "sung" not in away.query("/view", **parameters, sql="SELECT 'sung'").text

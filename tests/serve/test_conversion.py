"""Pages of a CSV behind its first: the page converts it, once, for who sits at this machine."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.data import write
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Answer, Server

Start = Callable[..., Server]


@pytest.fixture
def table(tmp_path: Path, dspreview: Program) -> Path:
    """A CSV whose first page is known."""
    folder = write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(300))})
    assert dspreview("rows", folder).code == 0
    return folder


def asked(folder: Path, **more: str | int) -> dict[str, str]:
    return {"dataset": str(folder), "config": "default", "split": "train"} | {name: str(value) for name, value in more.items()}  # fmt: skip


def convert(server: Server, given: dict[str, str], **headers: str) -> Answer:
    return server.ask("POST", "/convert", urlencode(given).encode(), **headers)


def form_of(page: str) -> dict[str, str]:
    """What the form of the page sends."""
    (form,) = re.findall(r'<form class="convert" method="post" action="/convert">(.*?)</form>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)}


def test_a_click_converts_and_leads_back(table: Path, dspreview: Program, serve: Start) -> None:
    server = serve()
    page = server.query("/view", **asked(table, offset=200))
    assert "its Parquet is not on this machine" in page.text
    answer = convert(server, form_of(page.text))
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    (back,) = re.findall(r'<meta http-equiv="refresh" content="0;url=([^"]*)">', answer.text)
    shown = server.get(html.unescape(back))
    assert re.findall(r'aria-label="Row (\d+), all of it"', shown.text) == [str(n) for n in range(200, 250)]
    assert 'action="/convert"' not in shown.text


def test_a_filter_comes_back_as_it_was_asked(table: Path, serve: Start) -> None:
    server = serve()
    given = form_of(server.query("/view", **asked(table, where="n > 290", orderby="n DESC")).text)
    assert (given["where"], given["orderby"]) == ("n > 290", "n DESC")
    (back,) = re.findall(r'url=([^"]*)">', convert(server, given).text)
    shown = server.get(html.unescape(back)).text
    assert re.findall(r'aria-label="Row (\d+), all of it"', shown)[:2] == ["299", "298"]


def test_a_failure_is_told_and_nothing_leads_on(table: Path, serve: Start) -> None:
    server = serve()
    (table / "a.csv").write_text("n\n1\n2,3,4\n")
    text = convert(server, asked(table)).text
    assert 'role="alert"' in text
    assert "a.csv" in text
    assert "http-equiv" not in text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])  # fmt: skip
def test_another_site_converts_nothing(headers: dict[str, str], table: Path, dspreview: Program, serve: Start) -> None:
    server = serve()
    assert convert(server, asked(table), **headers).status == 400
    assert dspreview("cache", "stats", "--json").json["derived"] == []


def test_the_origin_of_the_page_itself_is_null(table: Path, serve: Start) -> None:
    """As browsers send it for a page without a referrer (https://fetch.spec.whatwg.org/#append-a-request-origin-header)."""
    answer = convert(serve(), asked(table), Origin="null", Sec_Fetch_Site="same-origin")
    assert (answer.status, "http-equiv" in answer.text) == (200, True)


def test_other_machines_convert_nothing(table: Path, serve: Start) -> None:
    away = serve("--host", "0.0.0.0")
    assert 'action="/convert"' not in away.query("/view", **asked(table, offset=200)).text
    assert convert(away, asked(table)).status == 400


@pytest.mark.parametrize(
    "given", [{}, {"dataset": "no/such"}, {"dataset": "/etc", "config": "default", "split": "train"}]
)
def test_what_is_not_in_the_cache_is_not_converted(given: dict[str, str], table: Path, serve: Start) -> None:
    assert convert(serve(), given).status in {400, 404}


def test_a_dataset_of_the_hub_is_left_to_the_command(hub: Hub, online: Program, serve: Start) -> None:
    hub.add("a/b", {"a.csv": "n\n" + "1\n" * 300})
    assert online("rows", "a/b").code == 0
    server = serve()
    page = server.query("/view", dataset="a/b", config="default", split="train", offset=200)
    assert 'action="/convert"' not in page.text
    answer = convert(server, {"dataset": "a/b", "config": "default", "split": "train"})
    assert (answer.status, "run: dspreview stats a/b" in answer.json["message"]) == (400, True)

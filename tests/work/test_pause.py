"""A Hub that limits the rate of requests: its jobs wait, as long as settings allow, and nothing else does."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dspreview import errors
from dspreview.cli.commands.queue import ignoring_load
from dspreview.cli.options import COMMON, make_call
from dspreview.extract.hub.failures import LONGEST_WAIT, retry_after
from dspreview.settings import Settings
from dspreview.store import Store
from dspreview.store.database import transaction
from dspreview.work.resources import pause, paused_until
from dspreview.work.warm import Patience, patiently
from tests.support.data import write
from tests.support.hub import Hub, refuse_with
from tests.support.program import Program

Make = Callable[..., Settings]


@pytest.fixture
def limited(online: Program, hub: Hub, tmp_path: Path) -> Program:
    """A queue with two datasets of a Hub that asks to wait for a day, and two of this machine behind them."""
    online.env.update(MAX_LOAD_PCT="0", MAX_MEMORY_PCT="0")
    hub.fault = refuse_with(429, {"Retry-After": "86400"})
    for name in ("a/b", "a/c"):
        hub.add(name, {"data.csv": "a\n1\n"})
        assert online("queue", "add", name).code == 0
    for name in ("one", "two"):
        assert online("queue", "add", write(tmp_path / name, {"a.csv": "a\n1\n"})).code == 0
    return online


def test_local_jobs_go_on_and_the_pause_is_told_once_and_ends_the_work_at_max_wait(limited: Program, hub: Hub) -> None:
    result = limited("queue", "work", "--until-empty", "--max-wait", "0.2", "--json")
    assert (result.code, result.json) == (1, {"done": 4, "failed": 0})
    told = result.err.splitlines()
    assert [line for line in told if "429" in line and "wait until" in line and "go on" in line] == told[:1]
    assert "--max-wait" in told[-1]
    assert hub.url in told[-1]
    assert limited("queue", "stats", "--json").json["datasets"]["waiting"] == 2
    with sqlite3.connect(limited.database) as connection:
        facts = connection.execute("SELECT name, value FROM facts WHERE name LIKE 'paused%'").fetchall()
    assert [name for name, _ in facts] == [f"paused {hub.url}"]
    since, until = map(float, facts[0][1].split())
    assert until - since == 300  # HUB_PAUSE_MAX_SECONDS, whatever the Hub asks for
    hub.fault = None
    again = limited("queue", "work", "--until-empty", "--max-wait", "0.2")
    assert again.code == 1
    assert "429" in again.err
    other = limited("queue", "work", "--until-empty", "--json", HF_ENDPOINT=hub.url.replace("127.0.0.1", "localhost"))
    assert (other.code, other.json["failed"]) == (0, 0)


def test_a_short_pause_is_waited_for(limited: Program, hub: Hub) -> None:
    hub.fault = once(refuse_with(429, {"Retry-After": "86400"}), hub)
    result = limited("queue", "work", "--until-empty", "--json", HUB_PAUSE_MAX_SECONDS="1")
    assert (result.code, result.json) == (0, {"done": 8, "failed": 0})


def test_warm_keeps_to_max_wait_too(online: Program, hub: Hub, tmp_path: Path) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    hub.fault = refuse_with(429, {"Retry-After": "9" * 400})
    names = f"a/b\n{write(tmp_path / 'd', {'a.csv': 'a' + chr(10) + '1' + chr(10)})}"
    result = online("warm", "--from", "-", "--max-wait", "0.2", "--json", stdin=names)
    assert (result.code, result.json["done"], result.json["left"]) == (1, 2, 1)
    assert "--max-wait" in result.err
    assert "Traceback" not in result.err
    listing = online("warm", "--author", "a", "--max-wait", "0.2")
    assert (listing.code, "429" in listing.err, len(listing.err.splitlines())) == (5, True, 1)


def test_a_cached_dataset_of_a_limited_hub_does_not_keep_local_data_waiting(
    online: Program, hub: Hub, tmp_path: Path
) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    assert online("warm", "--from", "-", stdin="a/b").code == 0
    for status, headers in ((429, {"Retry-After": "86400"}), (500, {})):
        hub.fault = refuse_with(status, headers)
        local = write(tmp_path / str(status), {"a.csv": "a\n1\n"})
        result = online("warm", "--from", "-", "--max-wait", "0.2", "--json", stdin=f"a/b\n{local}")
        assert (result.code, result.json["done"], result.json["failed"]) == (1, 2, 1)
        assert "not checked for changes" in result.err
        assert online("rows", local, "--cached", "--json").code == 0


def once(fault: Any, hub: Hub) -> Any:
    """A fault that happens once."""

    def happen(handler: Any, path: str) -> bool:
        hub.fault = None
        return bool(fault(handler, path))

    return happen


class Answer:
    """An answer of a Hub with these headers, as its client's exceptions carry it."""

    def __init__(self, **headers: str) -> None:
        self.response = self
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("60", 60.0), (" 60 ", 60.0), ("\u00b2", None), ("\u0664\u0662", None), ("9" * 400, LONGEST_WAIT), ("-1", None),
        ("1e3", None), ("", None), ("soon", None), ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Thu, 01 Jan 99999 00:00:00 GMT", None), (",,,", None),
    ],
)  # fmt: skip
def test_what_a_hub_says_of_when_to_come_back(text: str, seconds: float | None) -> None:
    assert retry_after(Answer(Retry_After=text)) == seconds


@pytest.mark.parametrize("text", ["\u00b2", "9" * 400])
def test_an_odd_retry_after_is_no_traceback(text: str, online: Program, hub: Hub) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    hub.fault = refuse_with(429, {"Retry-After": text.encode().decode("latin-1")})
    result = online("rows", "a/b", "--json")
    assert (result.code, result.json["exception"], len(result.err.splitlines())) == (5, "RateLimitedError", 1)


def test_a_pause_belongs_to_its_hub_and_is_capped(settings: Make) -> None:
    with Store(settings(HF_ENDPOINT="http://one.example"), clock=lambda: 1_000.0) as store:
        with transaction(store.connection):
            pause(store, 1e9)
        assert paused_until(store) == 1_300.0
    with Store(settings(HF_ENDPOINT="http://two.example"), clock=lambda: 1_000.0) as store:
        assert paused_until(store) is None


@pytest.mark.parametrize("text", ["zz", "", "1", "0 1e18", "nan nan", "1 2 3"])
def test_a_pause_that_no_dspreview_wrote_is_none(text: str, settings: Make) -> None:
    with Store(settings(), clock=lambda: 1_000.0) as store:
        store.cache.write_fact(f"paused {store.settings.hf_endpoint}", text)
        assert paused_until(store) is None


def test_a_listing_is_given_up_where_the_pauses_add_up() -> None:
    told: list[str] = []
    asked = []

    def ask() -> list[int]:
        asked.append(1)
        error = errors.RateLimitedError("slow down")
        error.retry_after = 1e9
        raise error

    with pytest.raises(errors.RateLimitedError):
        list(patiently(ask, Patience(told.append, longest=0.01, in_all=0.035)))
    assert (len(asked), len(told)) == (4, 3)


def test_the_load_is_not_waited_for_where_somebody_waits_for_the_end(dspreview: Program, tmp_path: Path) -> None:
    dspreview.env["MAX_MEMORY_PCT"] = "0"
    assert dspreview("queue", "add", write(tmp_path / "d", {"a.csv": "a\n1\n"})).code == 0
    done = dspreview("queue", "work", "--until-empty", "--json")
    assert (done.code, done.json["failed"]) == (0, 0)
    call = make_call({**dict.fromkeys(COMMON, None), "format_": "table", "database": str(dspreview.database)})
    assert call.settings.max_load_pct == 50
    assert ignoring_load(call).settings.max_load_pct == 0

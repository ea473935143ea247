"""The early service's endpoints, with its paths, parameters, shapes and statuses; /filter of the hosted viewer."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.serve.conftest import Site
from tests.support.data import parquet, write
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Server

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SECRET = "correct horse"


def test_healthcheck(site: Site) -> None:
    answer = site.server.get("/healthcheck")
    assert (answer.status, answer.text) == (200, "ok")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "public, max-age=10"


def test_splits_are_those_of_the_command(site: Site) -> None:
    answer = site.server.query("/splits", dataset=site.table)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "private, max-age=120"
    assert answer.json == site.program("splits", site.table, "--json").json
    assert set(answer.json["splits"][0]) == {"dataset", "config", "split", "num_bytes", "num_examples"}


def test_rows_are_those_of_the_command(site: Site) -> None:
    answer = site.server.query("/rows", dataset=site.numbers, config="default", split="train")
    assert answer.status == 200
    assert answer.json == site.rows(site.numbers)
    assert answer.json["rows"][1] == {
        "dataset": site.numbers, "config": "default", "split": "train", "row_idx": 1,
        "row": {"n": 1, "half": 0.5, "word": "w1"}, "truncated_cells": [],
    }  # fmt: skip
    window = site.server.query("/rows", dataset=site.numbers, config="default", split="train", offset=250, length=2)
    assert [row["row_idx"] for row in window.json["rows"]] == [250, 251]


def test_text_is_sent_compressed_to_those_who_take_it(site: Site) -> None:
    path = f"/rows?dataset={site.numbers}&config=default&split=train"
    plain, packed = site.server.get(path), site.server.get(path, Accept_Encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["vary"].lower()
    assert packed.json == plain.json
    assert len(packed.body) < len(plain.body) / 4
    assert "content-encoding" not in site.server.get(site.assets(site.media)[0], Accept_Encoding="gzip").headers


@pytest.mark.parametrize(
    ("where", "orderby", "expected"),
    [
        ("n > 290 AND word = 'w0'", "n DESC", [297, 294, 291]),
        ('"half" = 1.5', "", [3]),
        ("", '"n" DESC', list(range(299, 199, -1))),
        ("n < 0", "", []),
    ],
)
def test_filter_finds_rows(site: Site, where: str, orderby: str, expected: list[int]) -> None:
    answer = site.server.query(
        "/filter", dataset=site.numbers, config="default", split="train", where=where, orderby=orderby
    )
    assert answer.status == 200, answer.text
    assert [row["row_idx"] for row in answer.json["rows"]] == expected
    assert {"features", "rows", "num_rows_total", "num_rows_per_page", "partial"} <= set(answer.json)
    assert answer.json["num_rows_total"] == (300 if not where else len(expected))


def test_filter_pages(site: Site) -> None:
    answer = site.server.query(
        "/filter", dataset=site.numbers, config="default", split="train", where="n >= 100", offset=150, length=2
    )
    assert [row["row_idx"] for row in answer.json["rows"]] == [250, 251]
    assert answer.json["num_rows_total"] == 200


@pytest.mark.parametrize(
    "parameters",
    [{"where": "m = 1"}, {"where": "n = 1; DROP TABLE x"}, {"where": "n = 'x'"}, {"length": 101}, {"length": "ten"}, {"offset": -1},
     {"orderby": "abs(n)"}],
)  # fmt: skip
def test_a_wrong_question_is_400(site: Site, parameters: dict[str, Any]) -> None:
    answer = site.server.query("/filter", dataset=site.numbers, config="default", split="train", **parameters)
    assert answer.status == 400
    assert answer.json["status_code"] == 400
    assert set(answer.json) == {
        "status_code",
        "exception",
        "message",
        "cause_exception",
        "cause_message",
        "cause_traceback",
    }


def test_filter_of_what_is_not_on_this_machine_is_404_with_the_command_that_brings_it(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    path = str(write(tmp_path / "d", {"a.csv": "n\n" + "".join(f"{n}\n" for n in range(500))}) / "a.csv")
    dspreview("rows", path)
    server = serve()
    asked = {"dataset": path, "config": "default", "split": "train", "where": "n >= 498"}
    answer = server.query("/filter", **asked)
    assert answer.status == 404
    command = answer.json["message"].partition("run: ")[2]
    assert command.startswith("dspreview ")
    assert dspreview(*command.split()[1:]).code == 0
    again = server.query("/filter", **asked)
    assert again.status == 200
    assert [row["row"]["n"] for row in again.json["rows"]] == [498, 499]


def test_filter_of_a_hub_dataset_takes_what_was_read_before_and_asks_nobody(
    online: Program, hub: Hub, serve: Callable[..., Server]
) -> None:
    hub.add("me/n", {"train.parquet": parquet({"n": list(range(400))}, row_group_size=100)})
    online("rows", "me/n")
    server = serve()
    asked = {"dataset": "me/n", "config": "default", "split": "train", "where": "n >= 398"}
    before = len(hub.seen)
    answer = server.query("/filter", **asked)
    assert answer.status == 404
    assert "run: dspreview filter me/n default train" in answer.json["message"]
    assert len(hub.seen) == before
    assert online("filter", "me/n", "--where", "n >= 398").code == 0
    before = len(hub.seen)
    again = server.query("/filter", **asked)
    assert [row["row"]["n"] for row in again.json["rows"]] == [398, 399]
    assert len(hub.seen) == before


def test_is_valid(site: Site) -> None:
    assert site.server.query("/is-valid", dataset=site.table).json == {"valid": True}
    assert site.server.query("/is-valid", dataset="no/such").json == {"valid": False}
    assert site.server.query("/is-valid", dataset="/etc/passwd").json == {"valid": False}


def test_lists_are_those_of_the_commands(site: Site) -> None:
    for path, words in (("/valid", ("cache", "valid")), ("/cache-reports", ("cache", "report")), ("/queue", ("queue", "stats")),
                        ("/queue-dump", ("queue", "list"))):  # fmt: skip
        answer, told = site.server.get(path).json, site.program(*words, "--json").json
        assert MOMENT.fullmatch(answer.pop("created_at"))
        told.pop("created_at")
        assert answer == told, path
    counts = site.server.get("/cache").json
    assert set(counts) == {"datasets", "splits", "created_at"}
    assert counts["datasets"] == {"empty": 0, "error": 0, "stalled": 0, "valid": 5}
    dump = site.server.get("/queue-dump-waiting-started").json
    assert {kind: set(dump[kind]) for kind in ("datasets", "splits")} == {
        "datasets": {"waiting", "started"}, "splits": {"waiting", "started"},
    }  # fmt: skip
    for path in ("/cache", "/cache-reports", "/queue", "/queue-dump"):
        assert site.server.get(path).headers["cache-control"].endswith("max-age=10")
    assert site.server.get("/valid").headers["cache-control"].endswith("max-age=120")


def test_the_hub_as_it_was_listed_last(online: Program, hub: Hub, serve: Callable[..., Server]) -> None:
    hub.add("glue", {"a.csv": "a\n1\n"})
    hub.add("me/data", {"a.csv": "a\n1\n"})
    server = serve()
    missing = server.get("/hf_datasets")
    assert missing.status == 404
    assert "dspreview hub list" in missing.json["message"]
    assert server.get("/hf-datasets-count-by-cache-status").status == 404
    listed = online("hub", "list", "--json").json
    online("rows", "me/data")
    before = len(hub.seen)
    found = server.get("/hf_datasets").json
    assert found == {"datasets": sorted(listed["datasets"], key=lambda one: one["id"])}
    assert set(found["datasets"][0]) == {"id", "tags", "citation", "description", "paperswithcode_id", "downloads"}
    counts = server.get("/hf-datasets-count-by-cache-status").json
    assert counts["canonical"] == {"valid": 0, "error": 0, "missing": 1}
    assert counts["community"] == {"valid": 1, "error": 0, "missing": 0}
    assert len(hub.seen) == before
    assert online("hub", "list", "--limit", "1").code == 0  # a part of the Hub is not taken for all of it
    assert len(server.get("/hf_datasets").json["datasets"]) == 2


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/splits", 400, "Parameter 'dataset' is required"),
        ("/splits?dataset=", 400, "Parameter 'dataset' is required"),
        ("/rows?dataset=x", 400, "Parameters 'config', 'split' are required"),
        ("/filter", 400, "Parameters 'dataset', 'config', 'split' are required"),
        ("/is-valid", 400, "Parameter 'dataset' is required"),
        ("/splits?dataset=no/such", 404, "no/such is not in the cache; run: dspreview refresh no/such"),
        ("/splits?dataset=/etc/passwd", 404, "/etc/passwd is not in the cache"),
        ("/splits?dataset=/no/such/file", 404, "/no/such/file is not in the cache"),
        ("/splits?dataset=" + "a" * 5_000, 404, "is not in the cache"),
        ("/splits?dataset=%00", 404, "is not in the cache"),
        ("/splits?dataset=%ff%fe", 404, "is not in the cache"),
    ],
)
def test_what_is_missing_is_told(site: Site, path: str, status: int, told: str) -> None:
    answer = site.server.get(path)
    assert answer.status == status
    assert told in answer.json["message"]
    assert answer.json["status_code"] == status


def test_an_unknown_config_or_split_is_404(site: Site) -> None:
    for config, split in (("nope", "train"), ("default", "nope")):
        assert site.server.query("/rows", dataset=site.table, config=config, split=split).status == 404


def test_a_stored_failure_is_told_as_it_was(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    write(tmp_path / "d", {"train.csv": 'a,b\n1,"unclosed\n', "test.csv": "a,b\n1,2\n"})
    failed = dspreview("rows", tmp_path / "d", "default", "train", "--json")
    assert failed.code == 6
    server = serve()
    answer = server.query("/rows", dataset=tmp_path / "d", config="default", split="train")
    assert answer.status == 400
    assert answer.json == failed.json
    assert (
        server.query("/rows", dataset=tmp_path / "d", config="default", split="test").status == 404
    )  # nobody asked for it


def test_data_that_changed_is_served_and_marked(
    dspreview: Program, serve: Callable[..., Server], tmp_path: Path
) -> None:
    write(tmp_path / "d", {"a.csv": "a\n1\n"})
    dspreview("rows", tmp_path / "d")
    server = serve()
    write(tmp_path / "d", {"a.csv": "a\n1\n2\n"})
    answer = server.query("/rows", dataset=tmp_path / "d", config="default", split="train")
    assert (answer.status, answer.json["stalled"], len(answer.json["rows"])) == (200, True, 1)
    shutil.rmtree(tmp_path / "d")
    assert server.query("/rows", dataset=tmp_path / "d", config="default", split="train").json["stalled"]


def test_changes_need_permission_and_the_secret(dspreview: Program, serve: Callable[..., Server]) -> None:
    body = json.dumps({"update": "datasets/glue"}).encode()
    reading = serve()
    assert reading.ask("POST", "/webhook", body, X_Webhook_Secret=SECRET).status == 404
    assert reading.get("/webhook").status == 405
    refused = dspreview("serve-assets", "--writable", "--port", "0")
    assert refused.code == 2
    assert "WEBHOOK_SECRET" in refused.err
    server = serve("--writable", WEBHOOK_SECRET=SECRET)
    for headers in ({}, {"X_Webhook_Secret": "wrong"}, {"X_Webhook_Secret": ""}, {"X_Webhook_Secret": SECRET.upper()}):
        for path in ("/webhook", "/refresh-split"):
            answer = server.ask("POST", path, body, **headers)
            assert answer.status == 400
            assert SECRET not in answer.text
    assert dspreview("queue", "stats", "--json").json["datasets"]["waiting"] == 0


def test_a_webhook_is_applied(dspreview: Program, serve: Callable[..., Server]) -> None:
    server = serve("--writable", WEBHOOK_SECRET=SECRET)
    for body in (b'{"add": "datasets/glue", "update": "datasets/allenai/c4"}',
                 b'{"event": {"action": "update", "scope": "repo.content"}, "repo": {"type": "dataset", "name": "me/new"}}'):  # fmt: skip
        answer = server.ask("POST", "/webhook", body, X_Webhook_Secret=SECRET)
        assert (answer.status, answer.json) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"
    waiting = server.get("/queue-dump-waiting-started").json["datasets"]["waiting"]
    assert [job["dataset_name"] for job in waiting] == ["glue", "allenai/c4", "me/new"]
    for body in (b"", b"no json", b"[]", b'{"add": "glue"}', b'{"add": "datasets/../x"}', b'{"ad": "datasets/x"}', b"\xff",
                 b'{"add": "datasets/' + b"x" * 1_100_000 + b'"}'):  # fmt: skip
        assert server.ask("POST", "/webhook", body, X_Webhook_Secret=SECRET).status == 400, body[:50]
    assert len(server.get("/queue-dump").json["datasets"]["waiting"]) == 3


def test_a_split_is_put_into_the_queue(dspreview: Program, serve: Callable[..., Server], tmp_path: Path) -> None:
    write(tmp_path / "d", {"a.csv": "a\n1\n"})
    dspreview("rows", tmp_path / "d")
    server = serve("--writable", WEBHOOK_SECRET=SECRET)

    def ask(value: Any) -> int:
        return server.ask("POST", "/refresh-split", json.dumps(value).encode(), X_Webhook_Secret=SECRET).status

    assert ask({"dataset": "glue", "config": "ax", "split": "test"}) == 200
    assert ask({"dataset": str(tmp_path / "d"), "config": "default", "split": "train"}) == 200
    mistakes: tuple[Any, ...] = (
        {"dataset": "glue", "config": "ax"},
        {"dataset": "glue", "config": " ", "split": "x"},
        [],
        {"dataset": 1, "config": "a", "split": "b"},
    )
    for wrong in mistakes:
        assert ask(wrong) == 400
    assert (
        ask({"dataset": "/etc", "config": "default", "split": "train"}) == 404
    )  # no path that somebody far away thinks of
    waiting = server.get("/queue-dump-waiting-started").json["splits"]["waiting"]
    assert [(job["dataset_name"], job["config_name"], job["split_name"]) for job in waiting] == [
        ("glue", "ax", "test"), (str(tmp_path / "d"), "default", "train"),
    ]  # fmt: skip


def test_an_age_of_zero_is_no_store(dspreview: Program, serve: Callable[..., Server]) -> None:
    server = serve(MAX_AGE_LONG_SECONDS="0", MAX_AGE_SHORT_SECONDS="0")
    for path in ("/valid", "/cache", "/healthcheck"):
        assert server.get(path).headers["cache-control"] == "no-store"


def test_everything_is_answered_from_the_cache_alone(online: Program, hub: Hub, serve: Callable[..., Server]) -> None:
    hub.add("me/data", {"a.csv": "a\n1\n"})
    online("rows", "me/data")
    before = len(hub.seen)
    server = serve(MAX_AGE_LONG_SECONDS="0")  # any command would ask the Hub
    for path in ("/splits?dataset=me/data", "/rows?dataset=me/data&config=default&split=train", "/is-valid?dataset=me/data", "/valid",
                 "/view?dataset=me/data&split=train", "/", "/splits?dataset=me/other"):  # fmt: skip
        assert server.get(path).status in {200, 404}
    assert len(hub.seen) == before


def test_an_unknown_path_is_404(site: Site) -> None:
    for path in ("/nothing", "/rows/", "/static/x.css", "/static/..%2f..%2fpyproject.toml", "/admin"):
        assert site.server.get(path).status == 404, path

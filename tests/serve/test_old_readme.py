"""The examples of the early service's README, as a client of it sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.data import parquet, picture
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Server

SECRET = "s3cret"
README = """---
configs:
- config_name: ax
  data_files: [{split: test, path: ax.parquet}]
- config_name: cola
  data_files: [{split: train, path: cola.parquet}]
dataset_info:
- config_name: ax
  features:
  - {name: premise, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': entailment, '1': neutral, '2': contradiction}}}
  splits: [{name: test, num_bytes: 238392, num_examples: 3}]
---
"""


@pytest.fixture
def old(online: Program, hub: Hub, serve: Callable[..., Server]) -> Server:
    """glue and food101, cached as a night's `warm` leaves them, and one that is broken."""
    rows = {"premise": ["The cat sat on the mat."] * 3, "label": [-1, 0, 1]}
    hub.add("nyu-mll/glue", {"README.md": README, "ax.parquet": parquet(rows), "cola.parquet": parquet({"a": [1]})})
    hub.add("ethz/food101", {"train/2885220.jpg": picture(kind="JPEG")})
    hub.add("google/sent_comp", {"train.csv": 'a\n"open\n'})
    names = {"glue": "nyu-mll/glue", "food101": "ethz/food101", "sent_comp": "google/sent_comp"}
    hub.renamed |= names  # as the Hub has done since
    done = online("warm", "--from", "-", stdin="\n".join(names), MAX_LOAD_PCT="0", MAX_MEMORY_PCT="0")
    assert done.code == 1, done.err  # one of them is broken
    assert online("hub", "list").code == 0
    return serve("--writable", WEBHOOK_SECRET=SECRET)


def ok(server: Server, path: str) -> Any:
    """The JSON of an answer."""
    answer = server.get(path)
    assert answer.status == 200, answer.text
    return answer.json


def test_what_is_read(old: Server) -> None:
    assert old.get("/healthcheck").text == "ok"
    counts = ok(old, "/cache")
    assert counts["datasets"] == {"empty": 0, "error": 0, "stalled": 0, "valid": 3}
    assert counts["splits"] == {"empty": 0, "error": 1, "stalled": 0, "valid": 3}
    reports = ok(old, "/cache-reports")
    assert {"dataset": "nyu-mll/glue", "status": "VALID", "error": None} in reports["datasets"]["valid"]
    (failed,) = reports["splits"]["error"]
    assert {name: failed[name] for name in ("dataset", "config", "split", "status")} == {
        "dataset": "google/sent_comp", "config": "default", "split": "train", "status": "ERROR",
    }  # fmt: skip
    assert set(failed["error"]) == {
        "status_code",
        "exception",
        "message",
        "cause_exception",
        "cause_message",
        "cause_traceback",
    }
    assert failed["error"]["status_code"] == 400
    assert ok(old, "/valid")["valid"] == ["nyu-mll/glue", "ethz/food101"]
    assert ok(old, "/is-valid?dataset=glue") == {"valid": True}
    assert ok(old, "/is-valid?dataset=sent_comp") == {"valid": False}
    by_status = ok(old, "/hf-datasets-count-by-cache-status")
    assert by_status["community"] == {"valid": 2, "error": 1, "missing": 0}
    queue = ok(old, "/queue")
    assert queue["datasets"]["success"] == 3
    assert queue["splits"] == {"waiting": 0, "started": 0, "success": 3, "error": 1, "cancelled": 0}
    job = ok(old, "/queue-dump")["splits"]["success"][0]
    assert list(job) == [
        "dataset_name",
        "config_name",
        "split_name",
        "status",
        "created_at",
        "started_at",
        "finished_at",
    ]
    assert list(ok(old, "/queue-dump-waiting-started")["datasets"]) == ["waiting", "started"]
    assert {one["id"] for one in ok(old, "/hf_datasets")["datasets"]} == {
        "nyu-mll/glue",
        "ethz/food101",
        "google/sent_comp",
    }


def test_splits_and_rows(old: Server) -> None:
    assert ok(old, "/splits?dataset=glue")["splits"] == [
        {"dataset": "glue", "config": "ax", "split": "test", "num_bytes": 238392, "num_examples": 3},
        {"dataset": "glue", "config": "cola", "split": "train", "num_bytes": None, "num_examples": 1},
    ]
    page = ok(old, "/rows?dataset=glue&config=ax&split=test")
    own = {"dataset": "glue", "config": "ax", "split": "test"}
    assert page["columns"] == [
        own | {"column_idx": 0, "column": {"name": "premise", "type": "STRING"}},
        own | {"column_idx": 1, "column": {"name": "label", "type": "CLASS_LABEL", "labels": ["entailment", "neutral", "contradiction"]}},
    ]  # fmt: skip
    first = own | {"row_idx": 0, "row": {"premise": "The cat sat on the mat.", "label": -1}}
    assert {name: page["rows"][0][name] for name in first} == first
    broken = old.get("/rows?dataset=sent_comp&config=default&split=train")
    assert broken.status == 400
    assert old.get("/splits?dataset=never_heard_of").status == 404


def test_an_asset(old: Server) -> None:
    answer = old.get("/assets/food101/--/default/train/0/image/2885220.jpg")
    assert (answer.status, answer.body) == (200, picture(kind="JPEG"))
    assert answer.headers["content-type"] == "image/jpeg"


def test_what_is_changed(old: Server) -> None:
    headers = {"Content_Type": "application/json", "X_Webhook_Secret": SECRET}
    for model in ("amazon_polarity", "ami", "arabic_billion_words"):
        answer = old.ask("POST", "/webhook", b'{"update": "datasets/%s"}' % model.encode(), **headers)
        assert (answer.status, answer.json) == (200, {"status": "ok"})
    body = json.dumps({"dataset": "glue", "config": "ax", "split": "test"}).encode()
    assert old.ask("POST", "/refresh-split", body, **headers).json == {"status": "ok"}
    waiting = ok(old, "/queue-dump-waiting-started")
    assert [job["dataset_name"] for job in waiting["datasets"]["waiting"]] == [
        "amazon_polarity",
        "ami",
        "arabic_billion_words",
    ]
    assert [job["split_name"] for job in waiting["splits"]["waiting"]] == ["test"]
    assert old.ask("POST", "/webhook", b'{"remove": "datasets/glue"}', **headers).status == 200
    assert old.get("/splits?dataset=glue").status == 404

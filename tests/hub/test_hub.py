"""The Hub through the real clients: the program in its own process, a Hub on loopback."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import tarfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pytest
from datasets import Features, Image

from dspreview.extract.hub.client import Client
from dspreview.extract.hub.fence import Fence
from tests.support.data import parquet, picture, write
from tests.support.hub import TOKEN, Hub, cut_off, of_pages, part_of, refuse_with, silent, trickling
from tests.support.program import Program

AX = [{"premise": f"The cat {n}", "label": n % 3 - 1} for n in range(150)]
README = """---
configs:
- config_name: ax
  data_files:
  - {split: test, path: ax/test-*}
- config_name: cola
  data_files:
  - {split: train, path: cola/train-*}
  - {split: test, path: cola/test-*}
dataset_info:
- config_name: ax
  features:
  - {name: premise, dtype: string}
  - name: label
    dtype:
      class_label:
        names: {'0': entailment, '1': neutral, '2': contradiction}
  splits:
  - {name: test, num_bytes: 238392, num_examples: 150}
---
"""


@pytest.fixture
def glue(hub: Hub) -> Hub:
    """A renamed repository of two configs."""
    columns = {"premise": [row["premise"] for row in AX], "label": [row["label"] for row in AX]}
    hub.add(
        "nyu-mll/glue",
        {
            "README.md": README,
            "ax/test-0.parquet": parquet(columns),
            "cola/train-0.parquet": parquet({"a": [1, 2]}),
            "cola/test-0.parquet": parquet({"a": [3]}),
        },
    )
    hub.renamed["glue"] = "nyu-mll/glue"
    return hub


def test_rows_of_a_renamed_dataset_have_the_shape_of_the_contract(glue: Hub, online: Program) -> None:
    answer = online("rows", "glue", "ax", "test", "--json").json
    assert list(answer)[:6] == ["features", "columns", "rows", "num_rows_total", "num_rows_per_page", "partial"]
    assert answer["features"][0] == {"feature_idx": 0, "name": "premise", "type": {"dtype": "string", "_type": "Value"}}
    whose = {"dataset": "glue", "config": "ax", "split": "test"}
    assert answer["columns"] == [
        {**whose, "column_idx": 0, "column": {"name": "premise", "type": "STRING"}},
        {
            **whose,
            "column_idx": 1,
            "column": {"name": "label", "type": "CLASS_LABEL", "labels": ["entailment", "neutral", "contradiction"]},
        },
    ]
    assert answer["rows"] == [{**whose, "row_idx": n, "row": AX[n], "truncated_cells": []} for n in range(100)]
    assert (answer["num_rows_total"], answer["num_rows_per_page"], answer["partial"]) == (150, 100, False)


def test_the_second_answer_needs_no_network_and_is_the_same(glue: Hub, online: Program) -> None:
    first = online("rows", "glue", "ax", "test", "--json")
    asked = len(glue.seen)
    assert online("rows", "glue", "ax", "test", "--json").out == first.out
    assert len(glue.seen) == asked
    glue.close()
    cached = online("rows", "glue", "ax", "test", "--json", "--cached")
    assert (cached.code, cached.out) == (0, first.out)
    other = online("rows", "nyu-mll/glue", "ax", "test", "--json", "--offline").json
    assert {row["dataset"] for row in other["rows"]} == {"nyu-mll/glue"}
    assert [row["row"] for row in other["rows"]] == AX[:100]


def test_splits_are_listed_in_their_order_and_unknown_sizes_are_null(glue: Hub, online: Program) -> None:
    answer = online("splits", "glue", "--json").json
    assert answer == {
        "splits": [
            {"dataset": "glue", "config": "ax", "split": "test", "num_bytes": 238392, "num_examples": 150},
            {"dataset": "glue", "config": "cola", "split": "train", "num_bytes": None, "num_examples": None},
            {"dataset": "glue", "config": "cola", "split": "test", "num_bytes": None, "num_examples": None},
        ]
    }
    online("rows", "glue", "cola", "train")
    known = online("splits", "glue", "cola", "--json").json["splits"]
    assert [split["num_examples"] for split in known] == [2, None]


def test_a_name_that_is_left_out_is_chosen_and_told(glue: Hub, online: Program) -> None:
    found = online("rows", "glue", "--json")
    assert found.json["choices"] == {"configs": ["ax", "cola"]}
    assert {(row["config"], row["split"]) for row in found.json["rows"]} == {("ax", "test")}
    assert "glue: this is ax/test; there are 2 configs: ax, cola" in found.err
    again = online("filter", "glue", "cola", "--json")
    assert again.json["choices"] == {"splits": ["train", "test"]}
    assert "this is cola/train; there are 2 splits: train, test" in again.err
    assert "choices" not in online("rows", "glue", "cola", "test", "--json").json
    assert online("rows", "glue", "--quiet").err == ""


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["glue", "Ax"], 3, "did you mean 'ax'? 2 configs: ax, cola"),
        (["glue", "ax", "tset"], 3, "did you mean 'test'? 1 split: test"),
        (["nobody/nothing"], 3, "no such dataset"),
        (["glue@nope", "ax"], 3, "no such revision"),
        (["glue@main", "ax", "--revision", "other"], 2, "two revisions"),
        (["a/b/c"], 3, "is no dataset id"),
    ],
)
def test_what_is_not_there(words: list[str], code: int, told: str, glue: Hub, online: Program) -> None:
    found = online("rows", *words, "--json")
    assert found.code == code
    assert told in found.err
    assert found.err.count("\n") == 1
    assert list(found.json) == [
        "status_code",
        "exception",
        "message",
        "cause_exception",
        "cause_message",
        "cause_traceback",
    ]
    assert found.json["status_code"] == {2: 422, 3: 404}[code]


def test_gated_and_private(hub: Hub, online: Program) -> None:
    hub.add("a/gated", {"data.csv": "a\n1\n"}, gated=True, readers={TOKEN})
    hub.add("a/private", {"data.csv": "a\n1\n"}, private=True, readers={TOKEN})
    assert online("rows", "a/gated").code == 4
    assert "HF_TOKEN" in online("rows", "a/gated").err
    assert online("rows", "a/gated", HF_TOKEN="hf_other").code == 4
    wrong = online("rows", "a/gated", HF_TOKEN="nonsense")
    assert (wrong.code, "refuses the token" in wrong.err) == (4, True)
    given = online("rows", "a/gated", "--json", HF_TOKEN=TOKEN)
    assert (given.code, given.row_values) == (0, [{"a": 1}])
    hidden = online("rows", "a/private", "--json")
    assert (hidden.code, "if it is private, set HF_TOKEN" in hidden.err) == (3, True)
    refused = online("rows", "a/private", HF_TOKEN=TOKEN)
    assert (refused.code, "DATASETS_ENABLE_PRIVATE" in refused.err) == (4, True)
    allowed = online("rows", "a/private", "--json", HF_TOKEN=TOKEN, DATASETS_ENABLE_PRIVATE="true")
    assert (allowed.code, allowed.row_values) == (0, [{"a": 1}])
    assert online("rows", "a/private", "--cached").code == 4


def test_the_token_goes_to_the_hub_only_and_stays_nowhere(hub: Hub, online: Program) -> None:
    hub.add("a/gated", {"data.parquet": parquet({"a": [1]})}, gated=True, readers={TOKEN})
    result = online("rows", "a/gated", "--json", "--verbose", HF_TOKEN=TOKEN)
    assert result.code == 0
    assert {seen.token for seen in hub.seen if seen.origin == "hub"} == {TOKEN}
    assert {seen.token for seen in hub.seen if seen.origin == "cdn"} == {None}
    assert TOKEN not in result.out + result.err
    kept = b"".join(path.read_bytes() for path in online.home.rglob("*") if path.is_file())
    assert TOKEN.encode() not in kept
    assert TOKEN not in online("settings", HF_TOKEN=TOKEN).out


def test_names_that_need_care(hub: Hub, online: Program) -> None:
    readme = "---\nconfigs:\n- config_name: 'é à/b c'\n  data_files: 'sub dir/é 1.parquet'\n---\n"
    hub.add("a/names", {"README.md": readme, "sub dir/é 1.parquet": parquet({"x": [1]})})
    assert online("rows", "a/names", "--json").row_values == [{"x": 1}]
    hub.add("a/plain", {"data/deep/train.csv": "x\n2\n", "data/deep/test.csv": "x\n3\n"})
    assert online("rows", "a/plain", "default", "test", "--json").row_values == [{"x": 3}]
    hub.add("own/csv", {"data.jsonl": '{"x": 4}\n'})
    hub.renamed["csv"] = "own/csv"
    (online.home / "csv").mkdir()
    (online.home / "csv" / "local.csv").write_text("y\n5\n")
    assert online("rows", "csv", "--json").row_values == [{"x": 4}]
    assert online("rows", "./csv", "--json").row_values == [{"y": 5}]
    (online.home / "here").mkdir()
    missing = online("rows", "here", "--json")
    assert (missing.code, "the folder here is ./here" in missing.err) == (3, True)


def test_revisions(hub: Hub, online: Program) -> None:
    first = hub.add("a/b", {"data.csv": "a\n1\n"})
    old = first.commits[0].sha
    hub.push("a/b", {"data.csv": "a\n2\n"})
    assert online("rows", "a/b", "--json").row_values == [{"a": 2}]
    assert online("rows", f"a/b@{old}", "--json").row_values == [{"a": 1}]
    assert online("rows", "a/b", "--revision", old, "--json").json["revision"] == old


def test_datasets_revision_is_for_datasets_without_an_owner(hub: Hub, online: Program) -> None:
    hub.renamed["alone"] = "own/alone"
    for name in ("own/alone", "own/er"):
        repository = hub.add(name, {"data.csv": "a\n1\n"})
        repository.branches["v1"] = repository.commits[0].sha
        hub.push(name, {"data.csv": "a\n2\n"})
    assert online("rows", "alone", "--json", DATASETS_REVISION="v1").row_values == [{"a": 1}]
    assert online("rows", "own/er", "--json", DATASETS_REVISION="v1").row_values == [{"a": 2}]


def test_a_new_commit_is_seen_when_the_entry_has_aged(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    online("rows", "a/b")
    hub.push("a/b", {"data.csv": "a\n2\n"})
    assert online("rows", "a/b", "--json").row_values == [{"a": 1}]
    assert online("rows", "a/b", "--json", MAX_AGE_LONG_SECONDS="0").row_values == [{"a": 2}]


def test_an_aged_entry_of_the_same_revision_costs_one_request(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    online("rows", "a/b")
    asked = len(hub.seen)
    online("rows", "a/b", MAX_AGE_LONG_SECONDS="0")
    assert len(hub.seen) == asked + 1


def test_a_hub_that_went_away_is_asked_once_and_the_entries_are_served(hub: Hub, online: Program) -> None:
    for name in ("a/b", "a/c"):
        hub.add(name, {"data.csv": "a\n1\n"})
        online("rows", name)
    with sqlite3.connect(online.database) as connection:
        connection.execute("UPDATE datasets SET checked_at = 0")
    hub.fault = silent(30)
    asked = len(hub.asked)
    for name in ("a/b", "a/b", "a/c"):
        served = online("rows", name, "--json")
        assert (served.code, served.row_values) == (0, [{"a": 1}])
        assert "not answer" in served.err
    assert len(hub.asked) == asked + 1


FAULTS: dict[str, tuple[Any, str]] = {
    "500": (refuse_with(500), "answered 500"),
    "429": (refuse_with(429, {"Retry-After": "60"}), "try again in 60 s"),
    "429 until its window ends": (refuse_with(429, {"RateLimit": '"api";r=0;t=55'}), "try again in 55 s"),
    "silent": (silent(60), "was silent for 1 s"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_hub_that_is_away_is_exit_5_and_nothing_is_stored(name: str, hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    hub.fault, told = FAULTS[name]
    result = online("rows", "a/b", "--json", HUB_TIMEOUT_SECONDS="1")
    assert (result.code, result.json["status_code"]) == (5, 503)
    assert told in result.err
    assert len(hub.asked) <= 2  # a question and one more try, each bounded by HUB_TIMEOUT_SECONDS
    hub.fault = None
    assert online("rows", "a/b", "--json").code == 0


@pytest.mark.parametrize("head", [True, False])
@pytest.mark.parametrize("part", ["/api/", "/tree/", "/data.parquet"])
def test_a_hub_that_trickles_is_given_up(part: str, head: bool, hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    hub.fault = trickling(part, head=head)  # for longer than a call may take here
    result = online("rows", "a/b", "--json", HUB_TIMEOUT_SECONDS="1")
    assert (result.code, "too slowly" in result.err) == (5, True), result.err


@pytest.mark.parametrize("fault", [cut_off(".png"), trickling("0.png"), part_of(refuse_with(503), "0.png")])
def test_a_hub_that_fails_on_an_asset_replaces_no_good_entry(fault: Any, hub: Hub, online: Program) -> None:
    hub.add("a/b", {f"{number}.png": picture() for number in range(4)})
    good = online("rows", "a/b", "--json").json
    hub.fault = fault
    refreshed = online("refresh", "a/b", HUB_TIMEOUT_SECONDS="1")
    assert refreshed.code == 1
    assert "no such" not in refreshed.err
    hub.fault = None
    assert online("rows", "a/b", "--cached", "--json").json["rows"] == good["rows"]


def test_a_silent_hub_is_waited_for_once_a_call(hub: Hub, online: Program) -> None:
    card = "".join(f"- {{config_name: c{n}, data_files: {n}.csv}}\n" for n in range(30))
    files: dict[str, bytes | str] = {f"{n}.csv": "a\n1\n" for n in range(30)}
    hub.add("a/b", files | {"README.md": f"---\nconfigs:\n{card}---\n"})
    online("splits", "a/b")
    hub.fault = part_of(silent(60), ".csv")
    asked = len(hub.asked)
    assert online("is-valid", "a/b", HUB_TIMEOUT_SECONDS="1").code == 5
    result = online("refresh", "a/b", HUB_TIMEOUT_SECONDS="1")
    assert result.err.count("not tried") == 29
    assert len([path for path in hub.asked[asked:] if path.endswith(".csv")]) <= 4


def test_a_slow_but_honest_hub_is_waited_for(hub: Hub, online: Program) -> None:
    hub.add("nyu-mll/glue", {"data.parquet": parquet({"a": [1]})})
    hub.renamed["glue"] = "nyu-mll/glue"

    def slowly(handler: Any, path: str) -> bool:
        del handler, path
        time.sleep(1.2)
        return False

    hub.fault = slowly
    assert online("rows", "glue", "--json", HUB_TIMEOUT_SECONDS="2").row_values == [{"a": 1}]


def test_a_silent_host_of_pictures_is_asked_once(hub: Hub, online: Program, tmp_path: Path) -> None:
    urls = [f"{hub.url}/{number}.png" for number in range(5)]
    schema = Features({"x": Image()}).arrow_schema
    cells = pa.array([{"bytes": None, "path": url} for url in urls], schema.field("x").type)
    data = write(tmp_path / "d", {"a.parquet": parquet(pa.table({"x": cells}, schema=schema))})
    hub.fault = silent(60)
    result = online("rows", data, "--json", HUB_TIMEOUT_SECONDS="1")
    assert [row["x"] for row in result.row_values] == [None] * 5
    assert len(result.json["cell_errors"]) == 5
    assert len(hub.asked) <= 1


def test_a_listing_of_pages_is_given_up(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    hub.fault = of_pages("/tree/", 7)
    online.env |= {
        "PYTHONPATH": f"{Path(__file__).parent.parent}/support/lowered:{Path(__file__).parent.parent.parent}",
        "LOWERED": "dspreview.extract.hub.client.LISTING_PAGES=3",
    }
    result = online("rows", "a/b", "--json")
    assert (result.code, "has no end" in result.err) == (5, True), result.err


def test_no_network(dspreview: Program) -> None:
    refused = dspreview("rows", "a/b")
    assert (refused.code, "cannot be reached" in refused.err) == (5, True)
    offline = dspreview("rows", "a/b", "--offline", "--json")
    assert (offline.code, offline.json["exception"]) == (5, "OfflineError")
    cached = dspreview("rows", "a/b", "--cached", "--json")
    assert (cached.code, cached.json["exception"]) == (3, "NotCachedError")


def test_a_file_cut_in_the_middle_replaces_no_good_entry(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    assert online("rows", "a/b").code == 0
    hub.push("a/b", {"data.parquet": parquet({"a": list(range(5000))})})
    hub.fault = cut_off("data.parquet")
    result = online("refresh", "a/b", "default", "train")
    assert result.code == 5
    hub.fault = None
    kept = online("rows", "a/b", "--cached", "--json")
    assert kept.row_values == [{"a": 1}]
    assert kept.json["stalled"] is True


@pytest.mark.parametrize(
    ("files", "exception"),
    [
        ({"script.py": "x", "README.md": ""}, "ScriptDatasetError"),
        ({"README.md": "nothing here"}, "EmptyDatasetError"),
        (
            {
                "README.md": "---\nconfigs:\n- {config_name: default, data_files: ../../secret.csv}\n---\n",
                "a.csv": "a\n1\n",
            },
            "UnsafePathError",
        ),
        (
            {
                "README.md": "---\nconfigs:\n- {config_name: default, data_files: 'hf://datasets/other/x/a.csv'}\n---\n",
                "a.csv": "a\n1\n",
            },
            "UnsafePathError",
        ),
        ({"a.parquet": b"no parquet"}, "UnreadableDataError"),
    ],
)
def test_an_erroneous_dataset_is_stored_and_told_again_alike(
    files: dict[str, Any], exception: str, hub: Hub, online: Program
) -> None:
    hub.add("a/script", files)
    first = online("rows", "a/script", "--json")
    assert (first.code, first.json["exception"], first.json["status_code"]) == (6, exception, 400)
    asked = len(hub.seen)
    again = online("rows", "a/script", "--json")
    assert (again.code, again.out, again.err) == (first.code, first.out, first.err)
    assert len(hub.seen) == asked
    assert online("is-valid", "a/script", "--json").json == {"valid": False}


def test_a_dataset_that_points_to_a_private_address_is_not_followed(online: Program, tmp_path: Any, hub: Hub) -> None:
    target = hub.cdn_url + "/metadata.csv"
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "README.md").write_text(
        f"---\nconfigs:\n- config_name: default\n  data_files: {json.dumps(target)}\n---\n"
    )
    online.env["HF_ENDPOINT"] = "https://huggingface.co"
    result = online("rows", folder, HUB_TIMEOUT_SECONDS="1")
    assert result.code == 6
    assert not [seen for seen in hub.seen if "metadata" in seen.path]


def test_pictures_on_the_hub_become_assets(hub: Hub, online: Program) -> None:
    hub.add("a/pictures", {"train/cat/1.png": picture(), "train/dog/2.png": picture()})
    answer = online("rows", "a/pictures", "--json").json
    assert answer["rows"][1]["row"] == {
        "image": {"src": "assets/a/pictures/--/default/train/1/image/2.png", "height": 6, "width": 8},
        "label": 1,
    }
    assert [path.read_bytes() for path in online.assets.rglob("*.png")] == [picture()] * 2
    sha = hub.repositories["a/pictures"].commits[0].sha
    pinned = online("rows", f"a/pictures@{sha}", "--json").json["rows"][0]["row"]["image"]["src"]
    assert pinned == f"assets/a/pictures@{sha}/--/default/train/0/image/1.png"
    assert online("cache", "verify").code == 0


def test_no_counters_and_no_other_host(glue: Hub, online: Program) -> None:
    online("rows", "glue", "ax", "test")
    assert all("x-hf-download-counter" not in {name.lower() for name in seen.headers} for seen in glue.seen)


def test_a_killed_process_is_replaced_by_the_one_that_waits(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    asked, answering = threading.Event(), threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler, path
        asked.set()
        answering.wait(60)
        return False

    hub.fault = hold
    first = online.start("rows", "a/b", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert asked.wait(60)
    second = online.start("rows", "a/b", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first.kill()
    first.wait()
    hub.fault = None
    answering.set()
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, err
    assert [row["row"] for row in json.loads(out)["rows"]] == [{"a": 1}]
    assert online("cache", "verify").code == 0


def test_what_cannot_be_streamed_is_downloaded_where_it_is_small(hub: Hub, online: Program) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("data.csv")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"a\n1\n"))
    readme = "---\nconfigs:\n- {config_name: default, data_files: data.csv.tar.gz}\n---\n"
    hub.add("a/packed", {"README.md": readme, "data.csv.tar.gz": buffer.getvalue()})
    refused = online("rows", "a/packed", "--json", MAX_SIZE_FALLBACK="0")
    assert (refused.code, "TAR" in refused.err) == (6, True)
    small = online("rows", "a/packed", "--json", MAX_SIZE_FALLBACK=str(len(buffer.getvalue())))
    assert small.code == 6
    allowed = online("rows", "a/packed", "--json", MAX_SIZE_FALLBACK=str(len(buffer.getvalue()) + 1))
    assert (allowed.code, allowed.row_values) == (0, [{"a": 1}])


def test_a_new_revision_that_cannot_be_read_leaves_the_old_rows_in_sight(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    online("rows", "a/b")
    hub.push("a/b", {"data.parquet": parquet({"a": list(range(5000))})})
    hub.fault = cut_off("data.parquet")
    served = online("rows", "a/b", "--json", MAX_AGE_LONG_SECONDS="0")
    assert (served.code, served.row_values, served.json["stalled"]) == (0, [{"a": 1}], True)
    assert "these rows are from" in served.err


def test_a_short_rate_limit_is_waited_for(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.csv": "a\n1\n"})
    limited = refuse_with(429, {"Retry-After": "0"})

    def once(handler: Any, path: str) -> bool:
        hub.fault = None
        return limited(handler, path)

    hub.fault = once
    assert online("rows", "a/b", "--json").row_values == [{"a": 1}]


def test_assets_of_hostile_names_stay_in_their_folder(hub: Hub, online: Program) -> None:
    features = Features({"../../x": Image(), "..": Image(), "a/b?c#d": Image()})
    value = {"bytes": picture(), "path": "../../../evil.png"}
    table = pa.table(
        {name: pa.array([value], features.arrow_schema.field(name).type) for name in features},
        schema=features.arrow_schema,
    )
    readme = "---\nconfigs:\n- {config_name: '../up', data_files: a.parquet}\n---\n"
    hub.add("a/evil", {"README.md": readme, "a.parquet": parquet(table)})
    (row,) = online("rows", "a/evil", "--json").row_values
    assert [cell["src"] for cell in row.values()] == [
        "assets/a/evil/--/..%2Fup/train/0/..%2F..%2Fx/evil.png",
        "assets/a/evil/--/..%2Fup/train/0/%2E%2E/evil.png",
        "assets/a/evil/--/..%2Fup/train/0/a%2Fb%3Fc%23d/evil.png",
    ]
    assert len(list(online.assets.rglob("*.png"))) == 3
    assert not list(online.home.rglob("evil*"))


def test_progress_is_for_terminals(hub: Hub, online: Program) -> None:
    hub.add("a/slow", {"data.csv": "a\n1\n"})
    answering = threading.Event()

    def hold(handler: Any, path: str) -> bool:
        del handler, path
        answering.wait(60)
        return False

    hub.fault = hold
    terminal, theirs = os.openpty()
    process = online.start("rows", "a/slow", stdout=subprocess.PIPE, stderr=theirs)
    seen = b""
    while b"reading a/slow" not in seen:
        seen += os.read(terminal, 1000)
    hub.fault = None
    answering.set()
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"1 row of 1" in out
    assert "a/slow" not in online("rows", "a/slow", "--json").err


def test_a_commit_that_changes_no_data_relabels_the_page(hub: Hub, online: Program) -> None:
    files: dict[str, bytes | str] = {"README.md": "first"}
    files |= {f"data/{split}.parquet": parquet({"a": [number]}) for number, split in enumerate(("train", "test"), 1)}
    hub.add("a/b", files)
    for split in ("train", "test"):
        online("rows", "a/b", "default", split)
    sha = hub.push("a/b", {**files, "README.md": "second"})
    asked = len(hub.seen)
    again = online("rows", "a/b", "default", "train", "--json", MAX_AGE_LONG_SECONDS="0")
    assert (again.row_values, again.json["revision"]) == ([{"a": 1}], sha)
    assert not [seen for seen in hub.seen[asked:] if "resolve" in seen.path]
    last = hub.push("a/b", {**files, "README.md": "third", "data/train.parquet": parquet({"a": [9]})})
    changed = online("rows", "a/b", "default", "train", "--json", MAX_AGE_LONG_SECONDS="0")
    assert (changed.row_values, changed.json["revision"]) == ([{"a": 9}], last)
    asked = len(hub.seen)
    same = online("rows", "a/b", "default", "test", "--json")
    assert (same.row_values, same.json["revision"], len(hub.seen)) == ([{"a": 2}], last, asked)
    online("splits", "a/b")
    hub.push("a/b", {**files, "data/train.parquet": parquet({"a": [9]})})
    assert online("rows", "a/b", "default", "train", "--json", MAX_AGE_LONG_SECONDS="0").row_values == [{"a": 9}]


def answering(part: str, status: int, body: bytes) -> Any:
    """A Hub that answers this to paths with `part` in them."""

    def fault(handler: Any, path: str) -> bool:
        if part not in path:
            return False
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)
        return True

    return fault


@pytest.mark.parametrize("part", ["/tree/", "/api/datasets/a/b", "/cdn-file/"])
@pytest.mark.parametrize(
    ("status", "body"), [(200, b"{garbage"), (200, b"<html>"), (404, b"{}"), (409, b"{}"), (503, b"")]
)
def test_a_glitch_of_the_hub_is_exit_5_and_replaces_nothing(
    part: str, status: int, body: bytes, hub: Hub, online: Program
) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    online("rows", "a/b")
    hub.push("a/b", {"data.parquet": parquet({"a": [1, 2]})})
    hub.fault = answering("/data.parquet" if part == "/cdn-file/" else part, status, body)
    broken = online("refresh", "a/b", "default", "train", HUB_TIMEOUT_SECONDS="2")
    assert broken.code == 5, broken.err
    assert "Traceback" not in broken.err
    kept = online("rows", "a/b", "--cached", "--json")
    assert kept.row_values == [{"a": 1}]


def test_a_503_on_the_way_is_tried_again(hub: Hub, online: Program) -> None:
    hub.add("a/b", {"data.parquet": parquet({"a": [1]})})
    for part in ("/tree/", "/resolve/", "/data.parquet"):
        once = answering(part, 503, b"")

        def fault(handler: Any, path: str, once: Any = once) -> bool:
            handled: bool = once(handler, path)
            if handled:
                hub.fault = None
            return handled

        hub.fault = fault
        assert online("refresh", "a/b", "default", "train").code == 0, part


def test_a_dataset_that_turned_private_is_private_in_the_cache(hub: Hub, online: Program) -> None:
    repository = hub.add("a/b", {"data.csv": "a\n1\n"}, readers={TOKEN})
    assert online("rows", "a/b").code == 0
    repository.private = True
    aged = {"MAX_AGE_LONG_SECONDS": "0", "HF_TOKEN": TOKEN}
    assert online("rows", "a/b", **aged).code == 4
    assert online("rows", "a/b", "--cached").code == 4
    assert online("rows", "a/b", DATASETS_ENABLE_PRIVATE="true", **aged).code == 0
    repository.private = False
    assert online("rows", "a/b", MAX_AGE_LONG_SECONDS="0").code == 0
    assert online("rows", "a/b", "--cached").code == 0


def test_one_revision_is_removed_alone(hub: Hub, online: Program) -> None:
    sha = hub.add("a/b", {"data.csv": "a\n1\n"}).commits[0].sha
    for name in ("a/b", f"a/b@{sha}", "a/b@main"):
        assert online("rows", name).code == 0
    assert online("cache", "remove", "a/b@main", "--json").json == {"removed": 1}
    assert [online("rows", name, "--cached").code for name in ("a/b", f"a/b@{sha}", "a/b@main")] == [0, 0, 3]
    assert online("cache", "remove", "a/b", "--json").json == {"removed": 2}


def test_a_listing_may_be_asked_again_and_a_circle_is_seen() -> None:
    with Client(Fence("http://127.0.0.1:1"), 1.0, lambda _: None) as client:

        def page(number: int, after: int) -> None:
            request = httpx2.Request("GET", f"http://h/api/datasets?cursor={number}")
            link = {"Link": f'<http://h/api/datasets?cursor={after}>; rel="next"'}
            client.count_pages(httpx2.Response(200, headers=link, request=request))

        for number in (0, 1, 1, 2):  # page 1 was cut off, and asked again
            page(number, number + 1)
        for number in (0, 1, 2, 3):  # begun anew, after a limit of the rate
            page(number, number + 1)
        with pytest.raises(httpx2.RemoteProtocolError, match="no end"):
            page(4, 2)

"""The hosted viewer's endpoints, in its shapes, for its clients."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow.parquet as pq
import pytest
from datasets import DatasetInfo

from tests.serve.conftest import Site
from tests.support.data import parquet, picture, write
from tests.support.hub import Hub
from tests.support.program import Program
from tests.support.server import Server

CLIENT = """
import json, sys
from huggingface_hub import HfApi, constants
constants.DATASETS_SERVER_ENDPOINT = sys.argv[1]
found = HfApi(token=False).list_dataset_parquet_files("owner/data")
print(json.dumps([[one.config, one.split, one.url] for one in found]))
"""
"""The Hub's own client, asking this server in place of the hosted viewer."""
WHERE = {"config": "default", "split": "train"}


@pytest.fixture(scope="module")
def asked(site: Site) -> Site:
    """The site after somebody asked for statistics and a conversion."""
    for name in (site.numbers, site.table):
        assert site.program("stats", name).code == 0
    return site


def test_first_rows(asked: Site) -> None:
    answer = asked.server.query("/first-rows", dataset=asked.table, **WHERE)
    assert answer.status == 200
    assert answer.json == {
        "dataset": asked.table, **WHERE,
        "features": [
            {"feature_idx": 0, "name": "a", "type": {"dtype": "int64", "_type": "Value"}},
            {"feature_idx": 1, "name": "b", "type": {"dtype": "large_string", "_type": "Value"}},
        ],
        "rows": [
            {"row_idx": 0, "row": {"a": 1, "b": "x"}, "truncated_cells": []},
            {"row_idx": 1, "row": {"a": 2, "b": "y"}, "truncated_cells": []},
        ],
        "truncated": False,
    }  # fmt: skip
    assert asked.server.query("/first-rows", dataset=asked.numbers, **WHERE).json["truncated"] is True


def test_statistics_are_those_of_the_command_by_name(asked: Site) -> None:
    answer = asked.server.query("/statistics", dataset=asked.numbers, **WHERE)
    assert answer.status == 200
    assert set(answer.json) == {"num_examples", "statistics", "partial"}
    assert [one["column_name"] for one in answer.json["statistics"]] == ["half", "n", "word"]
    command = asked.program("stats", asked.numbers, "--json").json
    assert answer.json["statistics"] == sorted(command["statistics"], key=lambda one: one["column_name"])
    numbers = answer.json["statistics"][1]
    assert (numbers["column_type"], numbers["column_statistics"]["max"]) == ("int", 299)


def test_statistics_that_nobody_asked_for_name_the_command(asked: Site) -> None:
    answer = asked.server.query("/statistics", dataset=asked.media, **WHERE)
    assert answer.status == 404
    assert answer.headers["x-error-code"] == "NotCachedError"
    assert f"dspreview stats {asked.media} default train" in answer.json["message"]


def test_search_is_that_of_the_command(asked: Site) -> None:
    answer = asked.server.query("/search", dataset=asked.numbers, **WHERE, query="w1", offset=2, length=3)
    command = asked.program("search", asked.numbers, "w1", "--offset", "2", "--length", "3", "--json").json
    assert answer.status == 200
    assert answer.json["num_rows_total"] == 100
    assert answer.json["rows"] == command["rows"]
    assert asked.server.query("/search", dataset=asked.numbers, **WHERE).status == 400


def test_size_and_info_of_a_dataset_and_a_config(asked: Site) -> None:
    size = asked.server.query("/size", dataset=asked.numbers).json
    file = (asked.folder / "numbers.parquet").stat().st_size
    split = {
        "dataset": asked.numbers, **WHERE, "num_bytes_parquet_files": file, "num_bytes_memory": None, "num_rows": 300, "num_columns": 3,
    }  # fmt: skip
    assert size["size"]["splits"] == [split]
    assert size["size"]["dataset"] == {
        "dataset": asked.numbers, "num_bytes_parquet_files": file, "num_bytes_memory": None, "num_rows": 300,
    }  # fmt: skip
    assert (size["pending"], size["failed"], size["partial"]) == ([], [], False)
    config = asked.server.query("/size", dataset=asked.numbers, config="default").json
    assert set(config["size"]) == {"config", "splits"}
    info = asked.server.query("/info", dataset=asked.numbers)
    assert info.headers["x-revision"] == asked.rows(asked.numbers)["revision"]
    found = DatasetInfo.from_dict(info.json["dataset_info"]["default"])
    assert found.features is not None
    assert (list(found.features), found.splits["train"].num_examples) == (["n", "half", "word"], 300)
    one = asked.server.query("/info", dataset=asked.numbers, config="default").json
    assert one["dataset_info"]["features"] == info.json["dataset_info"]["default"]["features"]
    assert asked.server.query("/info", dataset=asked.numbers, config="other").status == 404


def fetched(url: str, **headers: str) -> bytes:
    """What lies at a URL."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("name", ["numbers", "table"])
def test_parquet_files_are_read_from_where_they_are_told(name: str, asked: Site) -> None:
    dataset = getattr(asked, name)
    listed = asked.server.query("/parquet", dataset=dataset).json
    assert (listed["pending"], listed["failed"], listed["partial"]) == ([], [], False)
    (file,) = listed["parquet_files"]
    assert (file["dataset"], file["config"], file["split"], file["filename"]) == (dataset, "default", "train", "0000.parquet")  # fmt: skip
    data = fetched(file["url"])
    assert len(data) == file["size"]
    assert pq.read_table(io.BytesIO(data)).to_pylist()[1] == asked.rows(dataset)["rows"][1]["row"]
    assert fetched(file["url"], Range="bytes=0-3") == b"PAR1"


def test_a_split_that_is_not_converted_is_pending(
    serve: Callable[..., Server], dspreview: Program, tmp_path: Path
) -> None:
    data = write(tmp_path / "d", {"a.csv": "n\n1\n"})
    dspreview("rows", data)
    listed = serve().query("/parquet", dataset=str(data)).json
    assert (listed["parquet_files"], listed["pending"]) == ([], [{"dataset": str(data), "config": "default"}])


def test_converted_files_that_only_name_pictures_are_not_given(
    serve: Callable[..., Server], dspreview: Program, tmp_path: Path
) -> None:
    data = write(tmp_path / "d", {"train/a/1.png": picture(), "train/b/2.png": picture()})
    assert dspreview("rows", data).code == 0
    assert dspreview("stats", data).code == 0
    server = serve()
    listed = server.query("/parquet", dataset=str(data))
    assert listed.json["parquet_files"] == []
    assert listed.json["pending"] == [{"dataset": str(data), "config": "default"}]
    assert server.query("/size", dataset=str(data)).json["size"]["dataset"]["num_rows"] == 2
    file = f"/parquet-files/{quote(str(data), safe='')}/--/default/train/0000.parquet"
    assert server.get(file).status == 404


@pytest.mark.parametrize("name", ["0001.parquet", "-1.parquet", "x.parquet", "0000.parquet/..", "%2e%2e"])
def test_no_other_file_is_served(name: str, asked: Site) -> None:
    path = urlsplit(asked.server.query("/parquet", dataset=asked.numbers).json["parquet_files"][0]["url"]).path
    answer = asked.server.get(path.removesuffix("0000.parquet") + name)
    assert answer.status == 404
    assert b"PAR1" not in answer.body


def test_the_hub_s_own_client_lists_and_reads_them(hub: Hub, online: Program, serve: Callable[..., Server]) -> None:
    hub.add("owner/data", {"data/train-00000-of-00001.parquet": parquet({"n": [1, 2, 3]}), "data/test-00000-of-00001.parquet": parquet({"n": [4]})})  # fmt: skip
    assert online("filter", "owner/data", "--where", "n > 0").code == 0
    assert online("filter", "owner/data", "default", "test", "--where", "n > 0").code == 0
    server = serve()
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, server.url.rstrip("/")], env={"HOME": str(online.home), "PATH": os.environ["PATH"]},
        capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert [one[:2] for one in found] == [["default", "test"], ["default", "train"]]
    assert pq.read_table(io.BytesIO(fetched(found[1][2]))).to_pydict() == {"n": [1, 2, 3]}
    revision = json.loads(online("rows", "owner/data", "--json").out)["revision"]
    assert f"/datasets/owner/data/resolve/{revision}/data/" in found[1][2]
    answer: Any = server.query("/parquet", dataset="owner/data")
    assert (answer.headers["x-revision"], answer.headers["access-control-allow-origin"]) == (revision, "*")

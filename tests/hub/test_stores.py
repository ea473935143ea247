"""Objects in a store as datasets: a real S3 server on loopback, and the package of fsspec that reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.hub.test_web import CSV, FILES
from tests.support.program import Program

BUCKET = "s3://some-bucket"


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    """A client of a server with one bucket, `endpoint` in its meta data."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1",
    )  # fmt: skip
    client.create_bucket(Bucket="some-bucket")
    yield client
    server.stop()


@pytest.fixture
def here(dspreview: Program, store: Any) -> Program:
    """The program of somebody who may read the bucket, as it was at first."""
    for path, data in FILES.items():
        store.put_object(Bucket="some-bucket", Key=path[1:], Body=data)
    dspreview.env |= {
        "AWS_ENDPOINT_URL": store.meta.endpoint_url, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    return dspreview


@pytest.mark.parametrize("path", [path for path in FILES if path not in {"/big.parquet", "/empty.csv", "/file"}])
def test_an_object_is_a_split_for_every_command(path: str, here: Program) -> None:
    word = BUCKET + path
    ran = here("rows", word, "--json")
    assert ran.code == 0, ran.err
    assert ran.row_values == [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}, {"n": 3, "t": "z"}]
    assert here("filter", word, "--where", "n > 2", "--format", "csv").out == "n,t\n3,z\n"
    assert here("sql", word, "select sum(n) as s from train", "--format", "csv").out == "s\n6\n"
    assert here("check", word, "--all-rows").code == 0


def test_a_changed_object_is_another_revision(here: Program, store: Any) -> None:
    first = here("rows", f"{BUCKET}/a.csv", "--json").json
    store.put_object(Bucket="some-bucket", Key="a.csv", Body=CSV + b"4,q\n")
    assert here("rows", f"{BUCKET}/a.csv", "--json").json == first
    later = here("rows", f"{BUCKET}/a.csv", "--json", MAX_AGE_LONG_SECONDS="0")
    assert [row["n"] for row in later.row_values] == [1, 2, 3, 4]
    assert later.json["revision"] != first["revision"]


def test_without_the_network_the_cache_serves(here: Program) -> None:
    first = here("rows", f"{BUCKET}/a.csv", "--json").out
    assert here("rows", f"{BUCKET}/a.csv", "--json", "--offline").out == first
    ran = here("rows", f"{BUCKET}/g.tsv", "--offline")
    assert (ran.code, ran.out) == (5, "")
    gone = here("rows", f"{BUCKET}/a.csv", "--json", MAX_AGE_LONG_SECONDS="0", AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert (gone.code, gone.out) == (0, first)


@pytest.mark.parametrize(
    ("word", "code", "told"),
    [
        (f"{BUCKET}/missing.csv", 3, "there is no such object"),
        ("s3://other-bucket/a.csv", 3, "there is no such object"),
        (f"{BUCKET}/*.csv", 2, "patterns are for files on this machine"),
        (f"{BUCKET}/file", 2, "names no file of data"),
        ("ftp://host/a.csv", 2, "ftp:// is not read"),
    ],
)
def test_what_cannot_be_read_is_one_line(word: str, code: int, told: str, here: Program) -> None:
    ran = here("rows", word)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert told in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(("scheme", "package"), [("s3", "s3fs"), ("gs", "gcsfs"), ("az", "adlfs")])
def test_a_missing_package_is_exit_8_and_forgotten(
    scheme: str, package: str, dspreview: Program, tmp_path: Path
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text(f"raise ImportError('no {package} here')\n")
    ran = dspreview("rows", f"{scheme}://some-bucket/a.csv", PYTHONPATH=os.pathsep.join([str(tmp_path), *sys.path]))
    assert (ran.code, ran.out) == (8, ""), ran.err
    assert f":// needs the package {package}, which is not installed; run: pip install {package}\n" in ran.err

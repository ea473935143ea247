"""Files on the web as datasets: by ranges, fresh by ETag or date, behind the fence, without a token."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from datasets import Features, Image

from tests.support.data import parquet
from tests.support.program import Program
from tests.support.web import HOST, Web

CSV = b"n,t\n1,x\n2,y\n3,z\n"
NUMBERS = pa.table({"n": np.arange(300_000), "x": np.random.default_rng(1).random(300_000)})


def arrow() -> bytes:
    """A stream of Arrow."""
    sink = io.BytesIO()
    table = pa.table({"n": [1, 2, 3], "t": ["x", "y", "z"]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


FILES = {
    "/a.csv": CSV,
    "/deep/folder/b.jsonl": b'{"n":1,"t":"x"}\n{"n":2,"t":"y"}\n{"n":3,"t":"z"}\n',
    "/c.parquet": parquet({"n": [1, 2, 3], "t": ["x", "y", "z"]}),
    "/d.csv.gz": gzip.compress(CSV),
    "/e.arrow": arrow(),
    "/f.json": b'[{"n":1,"t":"x"},{"n":2,"t":"y"},{"n":3,"t":"z"}]',
    "/g.tsv": CSV.replace(b",", b"\t"),
    "/big.parquet": parquet(NUMBERS, row_group_size=10_000),
    "/empty.csv": b"",
    "/file": CSV,
}


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(dict(FILES)) as served:
        yield served


@pytest.fixture
def here(dspreview: Program, web: Web) -> Program:
    """The program where the web is."""
    dspreview.env |= web.proxy
    return dspreview


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("path", [path for path in FILES if path not in {"/big.parquet", "/empty.csv", "/file"}])
def test_a_file_is_a_split_for_every_command(path: str, ranges: bool, here: Program, web: Web) -> None:
    web.ranges = ranges
    word = HOST + path
    ran = here("rows", word, "--json")
    assert ran.code == 0, ran.err
    assert ran.row_values == [{"n": 1, "t": "x"}, {"n": 2, "t": "y"}, {"n": 3, "t": "z"}]
    assert {row["dataset"] for row in ran.json["rows"]} == {word}
    assert here("filter", word, "--where", "n > 2", "--format", "csv").out == "n,t\n3,z\n"
    assert here("sql", word, "select sum(n) as s from train", "--format", "csv").out == "s\n6\n"
    assert json.loads(here("stats", word, "--json").out)["num_examples"] == 3
    assert here("check", word, "--all-rows").code == 0


def test_the_next_answer_is_from_the_cache_until_the_file_changes(here: Program, web: Web) -> None:
    first = here("rows", f"{HOST}/a.csv", "--json")
    number = len(web.asked)
    assert here("rows", f"{HOST}/a.csv", "--json").out == first.out
    assert len(web.asked) == number  # within MAX_AGE_LONG_SECONDS nobody is asked
    web.files["/a.csv"] = CSV + b"4,q\n"
    later = here("rows", f"{HOST}/a.csv", "--json", MAX_AGE_LONG_SECONDS="0")
    assert [row["n"] for row in later.row_values] == [1, 2, 3, 4]
    assert later.json["revision"] != first.json["revision"]


@pytest.mark.parametrize("stamp", ["ETag", "Last-Modified"])
def test_what_did_not_change_is_not_read_again(stamp: str, here: Program, web: Web) -> None:
    web.stamp = stamp
    here("rows", f"{HOST}/a.csv")
    number = len(web.asked)
    assert here("rows", f"{HOST}/a.csv", MAX_AGE_LONG_SECONDS="0").code == 0
    assert len(web.asked) == number + 1


def test_a_server_that_tells_nothing_is_read_again(here: Program, web: Web) -> None:
    web.stamp = ""
    first = here("rows", f"{HOST}/a.csv", "--json").json
    web.files["/a.csv"] = CSV.replace(b"x", b"w")
    later = here("rows", f"{HOST}/a.csv", "--json", MAX_AGE_LONG_SECONDS="0").json
    assert (first["rows"][0]["row"]["t"], later["rows"][0]["row"]["t"]) == ("x", "w")


def test_offline_and_without_an_answer_the_cache_serves(here: Program, web: Web) -> None:
    first = here("rows", f"{HOST}/a.csv", "--json").out
    web.status = 503
    assert here("rows", f"{HOST}/a.csv", "--json", "--offline").out == first
    stale = here("rows", f"{HOST}/a.csv", "--json", MAX_AGE_LONG_SECONDS="0")
    assert (stale.code, stale.out) == (0, first)
    assert "does not answer" in stale.err
    unseen = here("rows", f"{HOST}/g.tsv", "--offline")
    assert unseen.code == 5
    assert "not in the cache, and the network is off" in unseen.err


def test_of_a_large_file_only_the_parts_that_are_needed_come(here: Program, web: Web) -> None:
    assert here("rows", f"{HOST}/big.parquet", "--json").json["num_rows_total"] == 300_000
    assert web.sent < len(FILES["/big.parquet"]) / 10
    web.sent = 0
    ran = here("filter", f"{HOST}/big.parquet", "--where", "n = 123456", "--format", "csv")
    assert ran.out.splitlines()[1].startswith("123456,")
    assert web.sent < len(FILES["/big.parquet"]) / 5


def test_no_token_goes_along_and_redirects_are_followed(here: Program, web: Web) -> None:
    web.redirects["/latest.csv"] = "http://elsewhere.example/a.csv"
    assert here("rows", f"{HOST}/latest.csv", "--json", HF_TOKEN="hf_secret").row_values[0] == {"n": 1, "t": "x"}
    assert web.asked
    assert not [headers for _, headers in web.asked if "Authorization" in headers or "hf_secret" in str(headers)]


def test_a_signed_address_keeps_its_query_and_loses_its_fragment(here: Program, web: Web) -> None:
    assert here("rows", f"{HOST}/a.csv?sig=a%2Fb&x=1#top", "--json").code == 0
    assert {path for path, _ in web.asked} == {"/a.csv?sig=a%2Fb&x=1"}


@pytest.mark.parametrize(
    ("word", "code", "told"),
    [
        (f"{HOST}/missing.csv", 3, "data.example has no such file (404)"),
        (f"{HOST}/file", 2, "names no file of data"),
        (f"{HOST}/empty.csv", 6, ""),
        (f"{HOST}/thing.docx", 3, "no such file"),
        ("http://[bad/a.csv", 2, "is no address"),
        ("https://a..b/a.csv", 2, "is no address"),
        ("https://data.example:99999/a.csv", 2, "is no address"),
        ("https://", 2, "names no file of data"),
        ("https://somebody:word@data.example/a.csv", 2, "an address with a password in it is not read"),
        ("http://127.0.0.2:9/a.csv", 2, "is an address of this machine or a private network"),
        ("http://192.168.0.7/a.csv", 2, "is an address of this machine or a private network"),
    ],
)
def test_what_cannot_be_read_is_one_line(word: str, code: int, told: str, here: Program) -> None:
    ran = here("rows", word)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert told in ran.err
    assert ran.err.count("\n") == 1
    assert "somebody" not in ran.err


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (410, 3), (500, 5), (429, 5)])
def test_a_status_is_an_exit_code(status: int, code: int, here: Program, web: Web) -> None:
    web.status = status
    ran = here("rows", f"{HOST}/a.csv")
    assert ran.code == code
    assert f"({status})" in ran.err or f"answered {status}" in ran.err


def test_a_revision_is_for_the_hub(here: Program) -> None:
    ran = here("rows", f"{HOST}/a.csv", "--revision", "main")
    assert ran.code == 2
    assert "is a file on the web" in ran.err


def test_cells_of_it_name_no_file_beside_it(here: Program, web: Web) -> None:
    web.files["/secret.png"] = b"no picture"
    schema = Features({"image": Image()}).arrow_schema
    web.files["/p.parquet"] = parquet(pa.table({"image": [{"bytes": None, "path": "secret.png"}]}, schema=schema))
    ran = here("rows", f"{HOST}/p.parquet", "--json")
    assert ran.row_values[0]["image"] is None
    assert "lies outside the dataset" in ran.out
    assert "/secret.png" not in {path for path, _ in web.asked}

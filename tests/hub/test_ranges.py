"""Whole splits of repositories: their own Parquet and the Hub's export, read by byte ranges."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dspreview.errors import ConsentError
from dspreview.extract.parquet.remotestream import RemoteStream
from dspreview.preview.blocks import Blocks, Traffic
from tests.support.data import parquet
from tests.support.hub import TOKEN, Hub
from tests.support.program import Program

ROWS = 200_000
GROUP = 10_000


def numbers() -> bytes:
    """A file of twenty row groups, sorted by `n`."""
    rng = np.random.default_rng(1)
    table = pa.table(
        {"n": np.arange(ROWS), "x": rng.random(ROWS), "text": [f"row {n} {n * 7919 % 10_007}" for n in range(ROWS)]}
    )
    return parquet(table, row_group_size=GROUP)


@pytest.fixture(scope="module")
def data() -> bytes:
    """The file."""
    return numbers()


@pytest.fixture
def big(hub: Hub, data: bytes) -> Hub:
    """A repository with it, in two files."""
    hub.add("owner/big", {"data/train-0.parquet": data, "data/train-1.parquet": data})
    return hub


def sent(hub: Hub) -> int:
    """Bytes of files that went out, and a fresh count."""
    total = sum(one.sent for one in hub.seen if one.origin == "cdn")
    hub.seen.clear()
    return total


def group_bytes(data: bytes) -> int:
    """Bytes of the largest row group."""
    meta = pq.ParquetFile(io.BytesIO(data)).metadata
    found: int = max(
        sum(meta.row_group(group).column(place).total_compressed_size for place in range(meta.num_columns))
        for group in range(meta.num_row_groups)
    )
    return found


def places(document: Any) -> list[int]:
    """The row indexes of a page."""
    return [row["row_idx"] for row in document["rows"]]


def test_a_late_window_reads_one_row_group(big: Hub, online: Program, data: bytes) -> None:
    online("rows", "owner/big", "--json")
    sent(big)
    footers = 2 * 65_536
    found = online("rows", "owner/big", "--offset", "385000", "--length", "50", "--json").json
    assert [row["row"]["n"] for row in found["rows"]] == list(range(185_000, 185_050))
    assert (places(found)[0], found["num_rows_total"]) == (385_000, 2 * ROWS)
    assert sent(big) <= group_bytes(data) + footers
    again = online("rows", "owner/big", "--offset", "385020", "--length", "50", "--json").json
    assert places(again)[0] == 385_020
    assert sent(big) == 0


def test_a_window_over_two_files(big: Hub, online: Program, data: bytes) -> None:
    found = online("rows", "owner/big", "--offset", str(ROWS - 2), "--length", "4", "--json").json
    assert [row["row"]["n"] for row in found["rows"]] == [ROWS - 2, ROWS - 1, 0, 1]


def test_a_selective_predicate_on_a_sorted_column(big: Hub, online: Program, data: bytes) -> None:
    online("splits", "owner/big")
    sent(big)
    found = online("filter", "owner/big", "--where", "n BETWEEN 50000 AND 50009", "--json").json
    assert places(found) == [*range(50_000, 50_010), *range(ROWS + 50_000, ROWS + 50_010)]
    assert sent(big) < 2 * len(data) / 10
    tokens = [one for one in big.seen if one.token is not None]
    assert tokens == []


def test_the_second_answer_needs_no_network(big: Hub, online: Program) -> None:
    words = ("filter", "owner/big", "--where", "n = 77", "--json")
    first = online(*words)
    second = online(*words, "--offline", HF_ENDPOINT="http://127.0.0.1:9")
    assert (second.code, second.json["rows"]) == (0, first.json["rows"])
    other = online(
        "filter", "owner/big", "--where", "n = 99999", "--json", "--offline", HF_ENDPOINT="http://127.0.0.1:9"
    )
    assert other.code == 5, other.err


def test_an_export_of_the_same_revision_is_read(hub: Hub, online: Program) -> None:
    rows = "".join(f'{{"a": {n}}}\n' for n in range(50))
    hub.add("owner/lines", {"train.jsonl": rows})
    hub.export("owner/lines", {"default/train/0000.parquet": parquet({"a": list(range(50))})})
    online.env["HF_ENDPOINT"] = hub.local_url
    found = online("filter", "owner/lines", "--where", "a >= 48", "--json")
    assert places(found.json) == [48, 49], found.err
    assert [one.path for one in hub.seen if one.path.endswith("train.jsonl")] == []
    assert online("cache", "stats", "--json").json["derived"][0]["kind"] == "ranges"


@pytest.mark.parametrize("how", ["stale", "absent"])
def test_an_export_of_another_revision_is_not(hub: Hub, online: Program, how: str) -> None:
    hub.add("owner/lines", {"train.jsonl": '{"a": 1}\n{"a": 2}\n'})
    if how == "stale":
        hub.export("owner/lines", {"default/train/0000.parquet": parquet({"a": [2, 1]})}, stale=True)
    online.env["HF_ENDPOINT"] = hub.local_url
    found = online("filter", "owner/lines", "--where", "a = 2", "--json")
    assert places(found.json) == [1], found.err
    assert online("cache", "stats", "--json").json["derived"][0]["kind"] == "parquet"


def test_the_token_is_not_sent_along(hub: Hub, online: Program, data: bytes) -> None:
    hub.add("owner/gated", {"train.parquet": data}, gated=True, readers={TOKEN})
    found = online("filter", "owner/gated", "--where", "n = 5", "--json", HF_TOKEN=TOKEN)
    assert places(found.json) == [5], found.err
    assert {one.token for one in hub.seen if one.origin == "cdn"} == {None}
    assert any(one.token == TOKEN for one in hub.seen if one.origin == "hub")
    refused = online("filter", "owner/gated", "--where", "n = 5", "--database", str(online.home / "other.sqlite"))
    assert refused.code == 4, refused.err


def test_much_over_the_network_is_asked_about(hub: Hub, online: Program) -> None:
    hub.add("owner/csv", {"train.csv": "a\n1\n"}, claimed={"train.csv": 3_000_000_000})
    asked = online("filter", "owner/csv", "--where", "a = 1")
    assert (asked.code, "--yes" in asked.err, "1 GB" in asked.err) == (2, True, True)
    assert len([one for one in hub.seen if one.path.endswith("train.csv")]) <= 1


class Memory:
    """A file that is read by ranges, and counts what it gives."""

    def __init__(self, data: bytes) -> None:
        self.data, self.size, self.given = data, -1, 0

    def read_range(self, start: int, length: int) -> bytes:
        self.given += length
        return self.data[start : start + length]

    def read_tail(self, length: int) -> bytes:
        self.size = len(self.data)
        return self.data[-length:]


SPANS = st.lists(st.tuples(st.integers(0, 199_999), st.integers(1, 90_000)), min_size=1, max_size=12)


@given(SPANS, st.booleans())
@settings(max_examples=60)
def test_what_was_read_is_read_once(spans: list[tuple[int, int]], kept: bool) -> None:
    data = np.random.default_rng(0).bytes(300_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "file" if kept else None
        known: set[int] = set()
        remote = Memory(data)
        blocks = Blocks(remote, folder, Traffic("d", agreed=False))
        blocks.footer()
        for start, length in spans:
            assert blocks.read_at(start, length) == data[start : start + length]
            known.update(range(start, start + length))
        assert len(known) <= remote.given + 65_536
        assert remote.given <= len(known) + 65_536 * (len(spans) + 1)
        blocks.close()
        if kept:
            again = Memory(data)
            reopened = Blocks(again, folder, Traffic("d", agreed=False))
            for start, length in spans:
                assert reopened.read_at(start, length) == data[start : start + length]
            assert (again.given, reopened.size) == (0, len(data))
            reopened.close()


def test_a_gigabyte_is_the_most_that_nobody_is_asked_about() -> None:
    traffic = Traffic("d default/train", agreed=False)
    traffic.add(999_999_999)
    with pytest.raises(ConsentError, match="--yes"):
        traffic.add(2)
    Traffic("d", agreed=True).add(5_000_000_000)


def test_a_hub_that_fails_in_the_middle(big: Hub, online: Program) -> None:
    online("rows", "owner/big", "--json")

    def fault(handler: Any, path: str) -> bool:
        if handler.origin == "cdn":
            handler.send(500, b"")
            return True
        return False

    big.fault = fault
    found = online("filter", "owner/big", "--where", "n = 150000", "--json")
    assert found.code == 5, found.err
    big.fault = None
    assert places(online("filter", "owner/big", "--where", "n = 150000", "--json").json) == [150_000, ROWS + 150_000]


def test_without_network_and_without_parquet(hub: Hub, online: Program) -> None:
    hub.add("owner/csv", {"train.csv": "a\n1\n"})
    online("rows", "owner/csv")
    found = online("filter", "owner/csv", "--where", "a = 1", "--offline", "--json")
    assert found.code == 5, found.err
    assert found.json["exception"] == "OfflineError"


def test_cached_never_works(big: Hub, online: Program) -> None:
    online("rows", "owner/big", "--json")
    assert online("filter", "owner/big", "--where", "n = 1", "--cached").code == 3


def test_derived_files_have_a_limit(hub: Hub, online: Program, tmp_path: Path) -> None:
    for number in range(3):
        hub.add(f"owner/csv{number}", {"train.csv": "a,b\n" + "".join(f"{n},text {n}\n" for n in range(20_000))})
        online("filter", f"owner/csv{number}", "--where", "a = 1", DERIVED_MAX_BYTES="250_000")
    left = online("cache", "stats", "--json").json["derived"]
    assert left[0]["dataset"] == "owner/csv2"
    assert sum(one["bytes"] for one in left) <= 250_000 or len(left) == 1
    assert len(left) < 3


@pytest.mark.parametrize("how", ["page", "other range"])
def test_a_wrong_answer_is_not_kept(big: Hub, online: Program, how: str) -> None:
    online("rows", "owner/big")

    def fault(handler: Any, path: str) -> bool:
        if handler.origin != "cdn":
            return False
        if how == "page":
            handler.send(200, b"<html>maintenance</html>")
        else:
            handler.send(206, b"x" * 65_536, {"Content-Range": "bytes 0-65535/999999"})
        return True

    big.fault = fault
    assert online("filter", "owner/big", "--where", "n = 5").code == 5
    big.fault = None
    found = online("filter", "owner/big", "--where", "n = 5", "--json")
    assert places(found.json) == [5, ROWS + 5], found.err


def test_a_server_without_ranges(big: Hub, online: Program, data: bytes) -> None:
    def fault(handler: Any, path: str) -> bool:
        if handler.origin == "cdn":
            handler.send(200, data)
            return True
        return False

    big.fault = fault
    assert places(online("filter", "owner/big", "--where", "n = 5", "--json").json) == [5, ROWS + 5]


def test_a_redirect_without_end(big: Hub, online: Program) -> None:
    online("rows", "owner/big")

    def fault(handler: Any, path: str) -> bool:
        if handler.origin == "cdn":
            handler.send(302, b"", {"Location": "/x"})
            return True
        return False

    big.fault = fault
    found = online("filter", "owner/big", "--where", "n = 5")
    assert (found.code, "Traceback" in found.err) == (5, False), found.err


def test_one_silence_is_waited_for_once(big: Hub, online: Program) -> None:
    online("filter", "owner/big", "--where", "n = 5")
    asked: list[str] = []

    def fault(handler: Any, path: str) -> bool:
        if handler.origin == "cdn":
            asked.append(path)
            handler.close_connection = True
            return True
        return False

    big.fault = fault
    found = online("filter", "owner/big", "--where", "x < 0.00001 OR text LIKE '%77 77%'")
    assert found.code == 5, found.err
    assert len(asked) <= 4


EXPORTS: list[Any] = [{"parquet_files": [1]}, {"parquet_files": {"a": 1}}, {"parquet_files": 5}, [1], None, {},
                      {"parquet_files": [{"config": "default", "split": "train", "url": "http://[::1/x"}]}]  # fmt: skip


@pytest.mark.parametrize("body", EXPORTS, ids=str)
def test_an_odd_export_is_none(hub: Hub, online: Program, body: Any) -> None:
    hub.add("owner/lines", {"train.jsonl": '{"a": 1}\n{"a": 2}\n'})
    hub.export("owner/lines", {"default/train/0000.parquet": parquet({"a": [1, 2]})})
    online.env["HF_ENDPOINT"] = hub.local_url
    revision = hub.repositories["owner/lines"].exported_from

    def fault(handler: Any, path: str) -> bool:
        if path == "/parquet":
            handler.send(200, json.dumps(body).encode(), {"X-Revision": revision})
            return True
        return False

    hub.fault = fault
    assert places(online("filter", "owner/lines", "--where", "a = 2", "--json").json) == [1]


@pytest.mark.parametrize("data", [b"", b"garbage" * 100])
def test_a_broken_export_blocks_nothing(hub: Hub, online: Program, data: bytes) -> None:
    hub.add("owner/lines", {"train.jsonl": '{"a": 1}\n{"a": 2}\n'})
    hub.export("owner/lines", {"default/train/0000.parquet": data})
    online.env["HF_ENDPOINT"] = hub.local_url
    found = online("filter", "owner/lines", "--where", "a = 2", "--json")
    assert places(found.json) == [1], found.err


def test_all_rows_of_what_is_here_need_no_network(hub: Hub, online: Program) -> None:
    hub.add("owner/csv", {"train.csv": "a\n1\n2\n"})
    online("filter", "owner/csv", "--where", "a = 1")
    found = online("rows", "owner/csv", "--length", "all", "--format", "jsonl", "--offline")
    assert found.documents == [{"a": 1}, {"a": 2}], found.err


def remote_numbers(rows: int) -> pa.Table:
    """A table of seven columns that no compression makes small."""
    random = np.random.default_rng(0)
    floats = {name: random.normal(size=rows) for name in ("x", "y", "z", "w")}
    texts = [f"text {n} {n * 7919 % 100_003}" for n in range(rows)]
    return pa.table({"id": np.arange(rows), "k": random.integers(0, 2**60, rows), "t": texts, **floats})


@pytest.mark.parametrize(("group", "requests", "share"), [(60_000, 7, 0.15), (700_000, 12, 0.25)])
def test_the_first_rows_of_a_large_file_take_few_requests_and_bytes(
    hub: Hub, online: Program, group: int, requests: int, share: float
) -> None:
    table = remote_numbers(700_000)
    data = parquet(table, row_group_size=group)
    hub.add("me/large", {"train.parquet": data})
    page = online("rows", "me/large", "--json")
    assert page.code == 0, page.err
    expected = table.slice(0, 100).to_pylist()
    assert page.row_values == expected
    assert page.json["num_rows_total"] == 700_000
    assert len(hub.seen) <= requests
    assert sum(one.sent for one in hub.seen) <= share * len(data)


def test_the_splits_of_many_configs_take_three_requests(hub: Hub, online: Program) -> None:
    configs = "".join(
        f"- config_name: c{n}\n  data_files:\n  - {{split: train, path: c{n}/train-*}}\n" for n in range(12)
    )
    files: dict[str, bytes | str] = {f"c{n}/train-0.parquet": parquet({"a": [n]}) for n in range(12)}
    hub.add("me/many", {"README.md": f"---\nconfigs:\n{configs}---\n", **files})
    listed = online("splits", "me/many", "--json")
    assert [one["config"] for one in listed.json["splits"]] == [f"c{n}" for n in range(12)]
    assert len(hub.seen) <= 3


@pytest.mark.parametrize(("rows", "requests"), [(200, 20), (1, 210)])
def test_of_a_hundred_files_only_those_are_asked_for_that_hold_the_page(
    hub: Hub, online: Program, rows: int, requests: int
) -> None:
    files: dict[str, bytes | str] = {
        f"data/train-{n:05d}-of-00100.parquet": parquet({"a": [n] * rows}) for n in range(100)
    }
    hub.add("me/files", files)
    page = online("rows", "me/files", "--json")
    assert [row["a"] for row in page.row_values] == ([0] * 100 if rows == 200 else list(range(100)))
    assert len(hub.seen) <= requests


@given(st.lists(st.tuples(st.integers(0, 300_000), st.integers(0, 90_000)), max_size=30))
@settings(max_examples=60)
def test_a_remote_file_gives_the_bytes_of_any_place(places: list[tuple[int, int]]) -> None:
    data = np.random.default_rng(1).bytes(250_000)

    class Whole:
        """A file whose ranges are answered here."""

        size = len(data)

        def read_tail(self, length: int) -> bytes:
            return data[-length:]

        def read_range(self, start: int, length: int) -> bytes:
            assert start + length <= len(data)
            return data[start : start + length]

    stream = RemoteStream(Whole())  # type: ignore[arg-type]
    for start, length in places:
        stream.seek(start)
        assert stream.read(length) == data[start : start + length]
        assert stream.tell() == start + len(data[start : start + length])

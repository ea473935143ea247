"""Files that are broken or malicious in ways somebody once found; each costs its cell or its split, and says why."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets as hf
import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Features

from dspreview import errors
from dspreview.extract.hub.fence import Fence, PrivateAddressError, is_private
from dspreview.page.media import convert
from dspreview.page.media_file import UndecodableError
from dspreview.settings import Settings
from tests.support.data import parquet, picture, write
from tests.support.extraction import extract

Make = Callable[..., Settings]


@pytest.mark.parametrize(
    ("files", "rows"),
    [
        ({"a.json": "[]"}, 0),
        ({"a.jsonl": "{}\n{}\n{}\n"}, 3),
        ({"a.parquet": parquet(pa.table({}))}, 0),
    ],
)
def test_no_columns_make_no_rows_up(files: dict[str, Any], rows: int, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", files)
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert (found.rows, found.page.num_rows_total) == ([{}] * rows, rows)


@pytest.mark.parametrize("name", ["a.csv", "a.json", "a.jsonl", "a.txt"])
def test_an_empty_file_is_no_crash(name: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: ""})
    if name == "a.csv":
        with pytest.raises(errors.UnreadableDataError, match=r"a\.csv.*empty"):
            extract(tmp_path / "d", settings(), tmp_path / "s")
    else:
        assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == []


def test_ghostscript_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gs = tmp_path / "gs"
    gs.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    gs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(UndecodableError):
        convert("Image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n", "x.eps")
    assert not (tmp_path / "ran").exists()


def image_rows(folder: Path, values: list[Any]) -> Path:
    """Parquet with an image column, as `datasets` stores it."""
    features = Features({"x": hf.Image()})
    folder.mkdir()
    table = pa.table({"x": pa.array(values, features.arrow_schema.field("x").type)}, schema=features.arrow_schema)
    pq.write_table(table, folder / "a.parquet")
    return folder


@pytest.mark.parametrize(
    "value",
    [
        {"bytes": b"8BPS\0\1" + b"\xff" * 60, "path": None},
        {"bytes": b"DDS " + b"\xff" * 200, "path": None},
        {"bytes": None, "path": "x.png\0"},
        {"bytes": None, "path": "zip://a::b::c.zip"},
        {"bytes": None, "path": "http://127.0.0.1:9/x.png"},
        {"bytes": None, "path": "https://"},
    ],
)
def test_a_hostile_picture_costs_its_cell_only(value: Any, tmp_path: Path, settings: Make) -> None:
    folder = image_rows(tmp_path / "d", [{"bytes": picture(), "path": None}, value])
    found = extract(folder, settings(HUB_TIMEOUT_SECONDS=1), tmp_path / "s")
    assert [row["x"] is None for row in found.rows] == [False, True]
    assert [note["row_idx"] for note in found.page.extra["cell_errors"]] == [1]


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"a": [1], "b": ["x"]}, {"a": [2], "c": ["y"]}, "columns"),
        ({"a": [1]}, {"a": ["text"]}, "types"),
    ],
)
def test_parquet_files_that_disagree_are_both_named(
    first: Any, second: Any, told: str, tmp_path: Path, settings: Make
) -> None:
    write(tmp_path / "d", {"train-1.parquet": parquet(first), "train-2.parquet": parquet(second)})
    with pytest.raises(
        errors.DisagreeingFilesError, match=rf"train-1\.parquet and train-2\.parquet have different {told}"
    ):
        extract(tmp_path / "d", settings(), tmp_path / "s")


def test_json_files_may_add_and_leave_out(tmp_path: Path, settings: Make) -> None:
    write(
        tmp_path / "d",
        {"train-1.jsonl": '{"a": 1}\n', "train-2.jsonl": '{"a": 2.5, "b": ["x"]}\n', "train-3.jsonl": '{"a": null}\n'},
    )
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == [
        {"a": 1.0, "b": None},
        {"a": 2.5, "b": ["x"]},
        {"a": None, "b": None},
    ]


def test_csv_columns_in_another_order_or_empty_in_one_file(tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {"train-1.csv": "a,b\n,1\n", "train-2.csv": "b,a\n2,x\n"})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == [{"a": None, "b": 1}, {"a": "x", "b": 2}]


def test_repeated_column_names_are_numbered(tmp_path: Path, settings: Make) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"]), pa.array([3])], names=["x", "x", "y"])
    pq.write_table(table, tmp_path / "a.parquet")
    found = extract(tmp_path / "a.parquet", settings(), tmp_path / "s")
    assert found.rows == [{"x": 1, "x_2": "x", "y": 3}]
    assert list(found.features) == ["x", "x_2", "y"]


def test_arrow_files_of_types_that_datasets_does_not_know(tmp_path: Path, settings: Make) -> None:
    table = pa.table(
        {"m": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8())), "v": pa.array([[1]], pa.list_view(pa.int8()))}
    )
    with pa.ipc.new_file(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert extract(tmp_path / "a.arrow", settings(), tmp_path / "s").rows == [{"m": {"k": 1}, "v": [1]}]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.jsonl", b'{"a": 1}\n' * 6_000 + b'{"a": oops}\n' + b'{"a": 1}\n' * 10, "line 6001"),
        ("a.csv", b"a,b\n" + b"1,2\n" * 50 + b"\xff\xfe,2\n", "line 52"),
        ("a.txt", b"fine\n" * 3 + b"\xe9\n", "line 4"),
        ("a.csv", b'a,b\n1,"open\n2,3\n', "line 2"),
    ],
)
def test_a_broken_line_is_told_by_its_number(name: str, text: bytes, line: str, tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {name: text})
    with pytest.raises(errors.UnreadableDataError) as caught:
        extract(tmp_path / "d", settings(), tmp_path / "s")
    assert name in str(caught.value)
    assert line in str(caught.value)
    assert " row " not in str(caught.value)


def test_a_config_that_matches_nothing_names_itself_and_its_pattern(tmp_path: Path, settings: Make) -> None:
    readme = "---\nconfigs:\n- {config_name: gone, data_files: 'nope*.csv'}\n---\n"
    write(tmp_path / "d", {"README.md": readme, "a.csv": "a\n1\n"})
    with pytest.raises(errors.EmptyDatasetError, match=r"config 'gone'.*nope\*\.csv"):
        extract(tmp_path / "d", settings(), tmp_path / "s")


def test_a_window_keeps_to_the_limit_too(tmp_path: Path, settings: Make) -> None:
    from dspreview.extract.library.rows import read_rows
    from dspreview.extract.library.source import make_plan
    from dspreview.extract.library.splits import open_dataset
    from dspreview.extract.reader import Window
    from dspreview.local import identify

    write(tmp_path / "d", {"a.jsonl": "".join(json.dumps({"t": "x" * 3_000}) + "\n" for _ in range(50))})
    chosen = settings(ROWS_MAX_BYTES=2_000)
    source = open_dataset(identify(str(tmp_path / "d")), chosen)
    plan = make_plan(source, source.card.configs[0])
    for name in ("s", "w"):
        (tmp_path / name).mkdir()
    page = read_rows(source, plan, "train", tmp_path / "s", tmp_path / "w", chosen, Window(offset=7, length=20))
    assert 1 <= page.num_rows < 20
    assert len(page.rows) <= 2_000
    assert json.loads(page.rows)[0]["row_idx"] == 7
    whole = read_rows(
        source, plan, "train", tmp_path / "s", tmp_path / "w", chosen, Window(offset=7, length=20, whole=True)
    )
    assert whole.num_rows == 20
    assert json.loads(whole.rows)[19]["row"] == {"t": "x" * 3_000}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "::1",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "100.64.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "::7f00:1",
        "2002:7f00:1::",
        "0.0.0.0",
    ],
)
def test_private_addresses_are_known(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "huggingface.co"])
def test_public_addresses_pass(address: str) -> None:
    assert not is_private(address)


def test_only_the_hub_itself_leads_to_private_addresses() -> None:
    fence = Fence("http://127.0.0.1:1234")
    assert not fence.refuses("127.0.0.1", 1234)
    assert fence.refuses("127.0.0.1", 80)
    assert fence.refuses("169.254.169.254", 80)
    assert not fence.refuses("8.8.8.8", 443)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "x.localhost", "x.localhost.", "127.0.0.1."])
def test_names_of_this_machine_are_private_before_anybody_resolves_them(host: str) -> None:
    assert Fence("http://hub.invalid").is_private_name(host)


class Redirect:
    """An answer of a host that leads to another one."""

    def __init__(self, host: str, to: str) -> None:
        self.url, self.headers, self.is_redirect = httpx2.URL(f"https://{host}/x"), {"Location": to}, True


def asks(fence: Fence, host: str) -> dict[str, str]:
    """The headers of a request to a host that leaves with a token. Raises PrivateAddressError."""
    request = httpx2.Request("GET", f"http://{host}/x", headers={"Authorization": "Bearer x"})
    fence.before_request(request)
    return dict(request.headers)


def test_only_the_hub_itself_leads_on_and_the_token_stays_with_it() -> None:
    fence = Fence("http://127.0.0.1:1234")
    assert "authorization" in asks(fence, "127.0.0.1:1234")
    fence.after_response(Redirect("pictures.example", "http://169.254.1.1/x"))
    with pytest.raises(PrivateAddressError):
        asks(fence, "169.254.1.1")
    fence.after_response(Redirect("127.0.0.1", "http://10.1.1.1/x"))  # a Hub of a private network, and its store
    assert "authorization" not in asks(fence, "10.1.1.1")
    fence.after_response(Redirect("10.1.1.1", "http://10.2.2.2/x"))  # trust is not handed on
    with pytest.raises(PrivateAddressError):
        asks(fence, "10.2.2.2")
    outside = Fence("https://8.8.8.8")
    outside.after_response(Redirect("8.8.8.8", "http://10.1.1.1/x"))  # a Hub of the internet leads nowhere private
    with pytest.raises(PrivateAddressError):
        asks(outside, "10.1.1.1")


def test_integers_beyond_64_bits_are_exact(tmp_path: Path, settings: Make) -> None:
    rows = [
        {"a": 2**64 - 1, "b": {"c": [10**30]}, "d": 1, "e": 0.1234567890123456789},
        {"a": 1, "b": None, "d": 2, "e": 2.5},
    ]
    write(tmp_path / "d", {"a.jsonl": "".join(json.dumps(row) + "\n" for row in rows)})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.rows == rows
    assert found.types == {"a": "JSON", "b": "JSON", "d": "INT", "e": "FLOAT"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"a,b\n{10**30},1\n-{2**64},2\n"),
        ("a.json", f'[{{"a": {10**30}, "b": 1}}, {{"a": -{2**64}, "b": 2}}]'),
        ("a.jsonl", f'{{"a": {10**30}, "b": 1}}\n{{"a": -{2**64}, "b": 2}}\n'),
    ],
)
def test_integers_of_any_size_are_exact_in_every_text_format(
    name: str, text: str, tmp_path: Path, settings: Make
) -> None:
    write(tmp_path / "d", {name: text})
    found = extract(tmp_path / "d", settings(), tmp_path / "s")
    assert found.rows == [{"a": 10**30, "b": 1}, {"a": -(2**64), "b": 2}]
    assert found.types == {"a": "JSON", "b": "INT"}


@pytest.mark.parametrize("numbers", [(1, 10**30), (10**30, 1)])
def test_integers_beyond_64_bits_in_one_of_two_files(numbers: tuple[int, int], tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {f"train-{place}.csv": f"a\n{number}\n" for place, number in enumerate(numbers)})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == [{"a": number} for number in numbers]


BIG = 10**22 + 7


@pytest.mark.parametrize(
    "rows",
    [
        [{"n": {"a": BIG}}, {"n": {"b": 1}}],
        [{"n": [{"a": BIG}, {"b": "x"}]}, {"n": []}],
        [{"n": [BIG]}, {"n": {"a": 1}}, {"n": "text"}, {"n": True}, {"n": None}],
        [{"n": 1, "m": {"a": 1}}, {"n": BIG, "m": {"a": "x"}}],
        [{"n": BIG, "m": [1, "x"]}, {"n": 1, "m": {"a": 2}}],
        [{"n": BIG}, {"n": 1.5}, {"n": None}],
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
def test_integers_beyond_64_bits_among_values_of_many_types(
    name: str, rows: list[dict[str, object]], tmp_path: Path, settings: Make
) -> None:
    text = json.dumps(rows) if name == "a.json" else "".join(json.dumps(row) + "\n" for row in rows)
    write(tmp_path / "d", {name: text})
    assert extract(tmp_path / "d", settings(), tmp_path / "s").rows == rows


@pytest.mark.parametrize("numbers", [("1.5", str(10**22)), (str(10**22), "1.5")])
def test_numbers_of_two_files(numbers: tuple[str, str], tmp_path: Path, settings: Make) -> None:
    write(tmp_path / "d", {f"train-{place}.csv": f"a\n{number}\n" for place, number in enumerate(numbers)})
    found = extract(tmp_path / "d", settings(), tmp_path / "s").rows
    assert found == [{"a": json.loads(number)} for number in numbers]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.csv", "id,n\n1,1152921504606846977\n2,\n", [1152921504606846977, None]),
        ("a.csv", "id,n\n1,9223372036854775808\n2,\n3,7\n4,-1\n", [9223372036854775808, None, 7, -1]),
        ("a.csv", "id,n\n1,12345678901234567890123\n2,1.5\n3,\n", [12345678901234567890123, 1.5, None]),
        ("a.csv", "id,n\n1,1152921504606846977\n2,1.5\n3,2e3\n", [1152921504606846977, 1.5, 2000.0]),
        ("a.csv", "id,n\n1,9007199254740993\n2,NA\n", [9007199254740993, None]),
        ("a.jsonl", '{"n": 1152921504606846977}\n{"n": 1.5}\n', [1152921504606846977, 1.5]),
        ("a.json", '[{"n": 1.5}, {"n": 9007199254740993}]', [1.5, 9007199254740993]),
        ("a.csv", "id,n\n1,007\n2,12345678901234567890x\n", ["007", "12345678901234567890x"]),
        ("a.csv", "id,n\n1,1.5\n2,\n3,7\n", [1.5, None, 7.0]),
        ("a.csv", "id,n\n1,1e300\n2,\n", [1e300, None]),
    ],
)
def test_integers_are_not_rounded_by_what_stands_beside_them(
    name: str, text: str, expected: list[object], tmp_path: Path, settings: Make
) -> None:
    write(tmp_path / "d", {name: text})
    assert [row["n"] for row in extract(tmp_path / "d", settings(), tmp_path / "s").rows] == expected

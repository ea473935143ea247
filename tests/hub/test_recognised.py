"""What is recognised by its files, on the Hub."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pyarrow as pa
from pyarrow import orc

from tests.support.hub import Hub


def orc_file(rows: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    orc.write_table(pa.table(rows), buffer)
    return buffer.getvalue()


def workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "One"
    book.active.append(["x"])
    book.active.append([7])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def cells(page: Any) -> list[dict[str, Any]]:
    return [row["row"] for row in page["rows"]]


def test_files_of_the_hub_are_read_where_they_lie(hub: Hub, dspreview: Any) -> None:
    hub.add("o/orc", {"train.orc": orc_file({"a": [1, 2]}), "test.orc": orc_file({"a": [3]})})
    hub.add("o/excel", {"b.xlsx": workbook()})
    asked = {"HF_ENDPOINT": hub.url}
    assert cells(dspreview("rows", "o/orc", "default", "test", "--json", **asked).json) == [{"a": 3}]
    assert cells(dspreview("filter", "o/orc", "default", "train", "--where", "a > 1", "--json", **asked).json) == [
        {"a": 2}
    ]
    assert cells(dspreview("rows", "o/excel", "--json", **asked).json) == [{"x": 7}]
    assert cells(dspreview("rows", "o/excel", "--json", "--offline", **asked).json) == [{"x": 7}]
    assert "ORC file" in dspreview("check", "o/orc", **asked).out


def test_what_is_read_from_this_machine_only_says_how_to_get_it(hub: Hub, dspreview: Any) -> None:
    hub.add("o/delta", {"_delta_log/00000000000000000000.json": "{}", "a.parquet": b"x"})
    hub.add("o/sqlite", {"a.sqlite": b"SQLite format 3\0"})
    for name in ("o/delta", "o/sqlite"):
        found = dspreview("rows", name, HF_ENDPOINT=hub.url)
        assert found.code == 6
        assert f"hf download {name} --repo-type dataset" in found.err


def test_a_readme_with_configs_costs_no_look_into_files(hub: Hub, dspreview: Any) -> None:
    readme = "---\nconfigs:\n- {config_name: x, data_files: data/*.orc}\n---\n"
    hub.add(
        "o/lerobot",
        {"README.md": readme, "meta/info.json": '{"codebase_version": "v3.0"}', "data/a.orc": orc_file({"a": [1]})},
    )
    assert dspreview("splits", "o/lerobot", "--json", HF_ENDPOINT=hub.url).json["splits"][0]["config"] == "x"
    assert not any("info.json" in path for path in hub.asked)
    assert cells(dspreview("rows", "o/lerobot", "--json", HF_ENDPOINT=hub.url).json) == [{"a": 1}]

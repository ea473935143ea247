"""Answers for agents: plain lines, the rest in one line of JSON; the skill that teaches them, and the protocol that they speak."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from dspreview.cli.agents import agent_reads, cell
from dspreview.cli.app import COMMANDS
from tests.support.data import parquet, write
from tests.support.program import Program

pytestmark = pytest.mark.started

ROWS = [
    {"n": number, "t": text} for number, text in enumerate(["a", "", None, "null", "x\ty", ("long " * 100).strip()])
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(
        tmp_path / "d",
        {"train.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS), "test.jsonl": '{"n": 9, "t": "z"}\n'},
    )


def test_who_reads_is_told_by_the_environment(tmp_path: Path) -> None:
    assert agent_reads({"CLAUDECODE": "1", "HF_HOME": str(tmp_path)})
    assert not agent_reads({"CLAUDECODE": "", "TERM": "xterm", "HF_HOME": str(tmp_path)})
    told = {"standardEnvVars": ["NEW_STANDARD"], "harnesses": {"x": {"envVars": {"X_MODE": "agent", "Y": "*"}}}}
    (tmp_path / ".agent_harnesses.json").write_text(json.dumps(told))
    home = {"HF_HOME": str(tmp_path)}
    found = [
        agent_reads(home | one)
        for one in ({"NEW_STANDARD": "1"}, {"X_MODE": "agent"}, {"X_MODE": "person"}, {"Y": "z"})
    ]
    assert found == [True, True, False, True]
    (tmp_path / ".agent_harnesses.json").write_text("[1]")
    assert not agent_reads(home | {"Y": "z"})


def test_cells_cannot_be_taken_for_each_other() -> None:
    values = [None, "null", "", " a", "a\tb", "a", 1, "1", True, [1, "x"]]
    assert [cell(value) for value in values] == [
        "null",
        '"null"',
        '""',
        '" a"',
        '"a\\tb"',
        "a",
        "1",
        "1",
        "true",
        '[1,"x"]',
    ]


def test_rows_for_an_agent(data: Path, dspreview: Program) -> None:
    found = dspreview("rows", data, "--length", "5", AI_AGENT="1")
    head, names, *lines = found.out.splitlines()
    assert head == f"# {data} default/train: rows 0 to 4 of 6"
    assert names == "row_idx\tn (integer)\tt (text)"
    assert lines == ["0\t0\ta", '1\t1\t""', "2\t2\tnull", '3\t3\t"null"', '4\t4\t"x\\ty"']
    assert json.loads(found.err.splitlines()[-1]) == {"more": {"rows": 1, "next": "--offset 5"}}
    assert "long " * 99 in dspreview("rows", data, "--offset", "5", AI_AGENT="1").out
    assert dspreview("rows", data, "--length", "5", "--quiet", AI_AGENT="1").err == ""


def test_a_format_that_was_asked_for_is_given(data: Path, dspreview: Program) -> None:
    dspreview("rows", data)
    for words in (["--format", "table"], ["--json"], ["--format", "csv"]):
        assert dspreview("rows", data, *words, AI_AGENT="1").out == dspreview("rows", data, *words).out


def test_other_answers_are_lines_too(data: Path, dspreview: Program) -> None:
    assert dspreview("splits", data, AI_AGENT="1").out.splitlines()[0] == "config\tsplit\tnum_bytes\tnum_examples"
    assert dspreview("sql", data, "SELECT max(n) AS m FROM train", AI_AGENT="1").out == "m\n5\n"
    assert dspreview("filter", data, "--where", "n = 77", AI_AGENT="1").out.startswith(
        f"# {data} default/train: no rows of 0 that match\n"
    )


def test_describe_keeps_to_its_budget(tmp_path: Path, dspreview: Program) -> None:
    wide = write(
        tmp_path / "w",
        {"a.csv": ",".join(f"column_{n}" for n in range(400)) + "\n" + ",".join("x" * 40 for _ in range(400)) + "\n"},
    )
    assert 1_000 < len(dspreview("describe", wide, AI_AGENT="1").out.encode()) <= 8_000
    found = dspreview("describe", wide, "--max-tokens", "100", AI_AGENT="1").out
    assert len(found.encode()) <= 400
    assert "--json" in found.splitlines()[-1]


def test_the_skill_says_what_the_help_says(dspreview: Program) -> None:
    text = dspreview("skill").out
    assert len(text.encode()) <= 1_500 * 4
    front, _, body = text.removeprefix("---\n").partition("\n---\n")
    assert re.fullmatch(r"name: [a-z0-9-]{1,64}\ndescription: .{1,1024}", front)
    calls = re.findall(r"`dspreview ([\w-]+) ([^`]*)`", body)
    assert {name for name, _ in calls} <= set(COMMANDS)
    for name, words in calls:
        described = dspreview(name, "--help").out
        for option in re.findall(r"--[\w-]+", words):
            assert option in described, (name, option)
    assert (Path(__file__).parents[2] / "docs" / "SKILL.md").read_text(encoding="utf-8") == text


def test_the_official_client_reads_a_dataset(data: Path, dspreview: Program) -> None:
    mcp = pytest.importorskip("mcp")

    async def talk() -> tuple[list[Any], dict[str, Any]]:
        server = mcp.StdioServerParameters(
            command=sys.executable, args=["-m", "dspreview", "mcp"], env=dspreview.environment()
        )
        name = str(data)
        calls = {
            "describe": {"dataset": name}, "rows": {"dataset": name, "length": 2, "columns": ["n"]},
            "filter": {"dataset": name, "where": "n >= 4", "orderby": "n DESC"}, "search": {"dataset": name, "text": "long"},
            "stats": {"dataset": name, "columns": ["n"]}, "sql": {"dataset": name, "query": "SELECT count(*) AS k FROM test"},
            "check": {"dataset": name},
        }  # fmt: skip
        async with mcp.Client(server, read_timeout_seconds=120) as client:
            tools = (await client.list_tools()).tools
            found = {word: await client.call_tool(word, given) for word, given in calls.items()}
            found["budget"] = await client.call_tool("rows", {"dataset": name, "offset": 5, "max_tokens": 100})
            found["missing"] = await client.call_tool("rows", {"dataset": f"{name}/nothing"})
            found["file"] = await client.call_tool("sql", {"dataset": name, "query": "@/etc/hostname"})
            found["predicate"] = await client.call_tool("filter", {"dataset": name, "where": " @rules.txt"})
            found["option"] = await client.call_tool("filter", {"dataset": name, "orderby": "--help"})
            found["nul"] = await client.call_tool("search", {"dataset": name, "text": "a\0b"})
            return tools, found

    tools, found = asyncio.run(talk())
    assert 0 < len(tools) <= 8
    assert all(tool.annotations.read_only_hint for tool in tools)
    texts = {word: answer.content[0].text for word, answer in found.items()}
    failed = {word for word, answer in found.items() if answer.is_error}
    assert failed == {"missing", "file", "predicate", "option", "nul"}
    assert "default/train: 6 rows" in texts["describe"]
    assert texts["rows"].splitlines()[1:4] == ["row_idx\tn (integer)", "0\t0", "1\t1"]
    assert [line.split("\t")[1] for line in texts["filter"].splitlines()[2:4]] == ["5", "4"]
    assert texts["search"].splitlines()[2].startswith("5\t5\tlong")
    assert texts["sql"] == "k\n1"
    assert len(texts["budget"].encode()) <= 400
    assert "more bytes" in texts["budget"]
    assert texts["stats"].startswith("n  integer · 1 zero (17 %), 6 different")
    assert "nothing" in texts["missing"]


def test_numbers_that_json_has_no_word_for(tmp_path: Path, dspreview: Program) -> None:
    rows = {"f": [1.5, float("inf"), float("-inf"), float("nan"), None]}
    data = write(tmp_path / "d", {"a.parquet": parquet(rows)})
    found = dspreview("rows", data, AI_AGENT="x").out.splitlines()
    assert found[2:7] == ["0\t1.5", "1\tInfinity", "2\t-Infinity", "3\tNaN", "4\tnull"]
    for row, told in ((1, "Infinity"), (2, "-Infinity"), (3, "NaN"), (4, "null")):
        assert dspreview("rows", data, "--row", str(row)).out.split()[-1] == told

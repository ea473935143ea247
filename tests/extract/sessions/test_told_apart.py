"""Sessions that are easily missed, and tables that are none. Expected: the number of lines, the formats' own rules in docs/conversations.md."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import write
from tests.support.program import Program

TABLES: dict[str, list[dict[str, Any]]] = {
    "a chat log": [
        {"type": "user", "session_id": "s1", "message": {"role": "user", "content": "hi"}, "score": 1},
        {"type": "assistant", "session_id": "s1", "message": {"role": "assistant", "content": "yo"}, "score": 2},
        {"type": "user", "session_id": "s2", "message": {"role": "user", "content": "other"}, "score": 3},
    ],
    "support": [
        {"id": f"c{n}", "source": "web", "started_at": 1788000000 + n, "messages": [{"role": "user", "content": "hi"}]} for n in range(2)
    ],
    "results": [{"type": "session", "harness": "lm-eval", "id": f"r{n}", "task": "mmlu", "acc": 0.5} for n in range(2)],
    "devices": [{"type": f"session_{word}", "id": "a", "cwd": "/", "version": 2, "user": "x"} for word in ("start", "end")],
    "terminals": [{"type": "session", "id": f"s{n}", "version": 3, "cwd": "/srv", "seconds": n} for n in range(2)],
}  # fmt: skip
CLAUDE = {"uuid": "u1", "parentUuid": None, "sessionId": "s", "timestamp": "2026-03-01T10:00:00.000Z", "version": "2.1.0", "cwd": "/p"}  # fmt: skip
HERMES = {
    "id": "h",
    "source": "cli",
    "model": "m",
    "system_prompt": None,
    "started_at": 1772715600.25,
    "ended_at": None,
}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 2_000_000}}
SESSIONS: dict[str, list[dict[str, Any]]] = {
    "a long line": [HERMES | {"messages": [{"role": "user", "content": "x" * 2_000_000}, {"role": "assistant", "content": "y"}]}],
    "a picture first": [
        CLAUDE | {"type": "user", "message": {"role": "user", "content": [PICTURE, {"type": "text", "text": "What is it?"}]}},
        CLAUDE | {"type": "assistant", "uuid": "u2", "parentUuid": "u1", "message": {"role": "assistant", "content": [{"type": "text", "text": "A."}]}},
    ],
    "a header with more": [
        {"type": "session", "harness": "mine", "id": "1", "version": 3},
        {"type": "message", "message": {"role": "user", "content": "a"}},
    ],
}  # fmt: skip


def lines(rows: list[dict[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_stays_one(name: str, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl": lines(TABLES[name])})
    page = dspreview("rows", folder, "--json").json
    assert page["num_rows_total"] == len(TABLES[name])
    assert [one["name"] for one in page["features"]] == list(TABLES[name][0])


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_is_one_alone_and_beside_others(name: str, tmp_path: Path, dspreview: Program) -> None:
    files = {"a.jsonl": lines(SESSIONS[name]), "b.jsonl": lines(SESSIONS["a header with more"])}
    for folder in (write(tmp_path / "one", {"a.jsonl": files["a.jsonl"]}), write(tmp_path / "two", files)):
        ran = dspreview("rows", folder, "--columns", "session_id,num_user_messages,file_path", "--format", "jsonl")
        assert [row["file_path"] for row in ran.documents] == sorted(one.name for one in folder.iterdir())
        assert [row["num_user_messages"] for row in ran.documents] == [1] * len(ran.documents)


def test_other_lines_beside_sessions_are_told(tmp_path: Path, dspreview: Program) -> None:
    session = lines(SESSIONS["a header with more"])
    folder = write(tmp_path / "d", {"a.jsonl": session, "b.jsonl": session, "qa.jsonl": '{"q": "x", "a": "y"}\n'})
    findings = dspreview("check", folder, "--json").json["findings"]
    assert [one["file"] for one in findings if one["code"] == "unused-file"] == ["qa.jsonl"]


def test_each_call_counts_whatever_its_id(tmp_path: Path, dspreview: Program) -> None:
    said: list[dict[str, Any]] = [{"role": "user", "content": "a"}]
    for name in ("ls", "cat", "ls"):
        call = {"id": "call_0", "function": {"name": name, "arguments": "{}"}}
        said += [
            {"role": "assistant", "content": "", "toolCalls": [call]},
            {"role": "tool", "toolCallId": "call_0", "content": name},
        ]
    rows: list[dict[str, Any]] = [
        {"type": "session", "harness": "mine", "id": "1"},
        *({"type": "message", "message": one} for one in said),
    ]
    folder = write(tmp_path / "d", {"a.jsonl": lines(rows)})
    (row,) = dspreview("rows", folder, "--json").row_values
    assert row["num_tool_calls"] == 3
    assert [one["function"]["name"] for one in row["tools"]] == ["cat", "ls"]
    assert [one["name"] for one in row["messages"] if one["role"] == "tool"] == ["ls", "cat", "ls"]


def test_half_a_letter_blocks_no_question(tmp_path: Path, dspreview: Program) -> None:
    rows = [
        SESSIONS["a header with more"][0],
        {"type": "message", "message": {"role": "user", "content": "cut \ud83d here"}},
    ]
    folder = write(tmp_path / "d", {"a.jsonl": lines(rows)})
    found = dspreview("filter", folder, "--where", "messages[0].role = 'user'", "--json")
    assert (found.code, found.row_values[0]["messages"][0]["content"]) == (0, "cut  here")
    assert dspreview("stats", folder, "--column", "messages").code == 0


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("xz", lzma.compress), ("bz2", bz2.compress)])
def test_a_packed_session_is_one(ending: str, pack: Any, tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {f"a.jsonl.{ending}": pack(lines(SESSIONS["a header with more"]).encode())})
    ran = dspreview("rows", folder, "--columns", "session_id,num_user_messages,file_path", "--format", "jsonl")
    assert ran.documents == [{"session_id": "1", "num_user_messages": 1, "file_path": f"a.jsonl.{ending}"}], ran.err


def test_a_packed_session_that_is_cut_off_is_told(tmp_path: Path, dspreview: Program) -> None:
    packed = gzip.compress(lines(SESSIONS["a header with more"] * 50_000).encode())
    ran = dspreview("rows", write(tmp_path / "d", {"a.jsonl.gz": packed[: len(packed) // 2]}))
    assert (ran.code, ran.out) == (6, "")
    assert "a.jsonl.gz" in ran.err


@pytest.mark.parametrize("ending", ["gz", "xz", "bz2", "zst"])
@pytest.mark.parametrize("kind", ["jsonl", "geojson", "conllu"])
def test_what_is_not_packed_as_its_name_says_is_told(
    kind: str, ending: str, tmp_path: Path, dspreview: Program
) -> None:
    name = f"a.{kind}.{ending}"
    folder = write(tmp_path / "d", {name: b"not packed at all"})
    for command in ("rows", "splits"):
        ran = dspreview(command, folder)
        assert ran.code == 6 or (command, ran.code) == ("splits", 0), ran.err
    assert name in dspreview("rows", folder).err


def test_packed_tables_stay_tables(tmp_path: Path, dspreview: Program) -> None:
    folder = write(tmp_path / "d", {"train.jsonl.gz": gzip.compress(lines(TABLES["devices"]).encode())})
    assert dspreview("rows", folder, "--json").json["num_rows_total"] == 2

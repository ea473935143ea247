"""Sessions of agents as rows: what a person typed, what was called, what came back; beside `datasets` with its extra package.

The files were written for this project, by the descriptions of the formats: docs/conversations.md names these.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.data import write

FILES = Path(__file__).parent / "files"
NAMES = ("claude_code", "codex", "pi", "droid", "hermes", "session_traces")
COLUMNS = [
    "harness", "session_id", "prompt", "messages", "tools", "metadata", "sent_at", "num_user_messages", "num_tool_calls", "trace", "file_path",
]  # fmt: skip
EXPECTED: dict[str, list[dict[str, Any]]] = {
    "claude_code": [{"harness": "claude_code", "session_id": "11111111-1111-4111-8111-111111111111", "prompt": "The date test fails. Find out why.",
                     "sent_at": "2026-03-01T09:00:02.000Z", "num_user_messages": 2, "num_tool_calls": 4, "file_path": "claude_code.jsonl"}],
    "codex": [{"harness": "codex", "session_id": "22222222-2222-4222-8222-222222222222", "prompt": "Why does make fail?",
               "sent_at": "2026-03-02T10:00:03.000Z", "num_user_messages": 2, "num_tool_calls": 4, "file_path": "codex.jsonl"}],
    "pi": [{"harness": "pi", "session_id": "33333333-3333-4333-8333-333333333333", "prompt": "Count the lines of a.txt and b.txt.",
            "sent_at": "2026-03-03T11:00:01.000Z", "num_user_messages": 2, "num_tool_calls": 2, "file_path": "pi.jsonl"}],
    "droid": [{"harness": "droid", "session_id": "44444444-4444-4444-8444-444444444444", "prompt": "Rename parse to read_date.",
               "sent_at": "2026-03-04T12:00:02.000Z", "num_user_messages": 2, "num_tool_calls": 2, "file_path": "droid.jsonl"}],
    "hermes": [{"harness": "hermes", "session_id": "20260305_130000_a1b2c3", "prompt": "How full is the disk?",
                "sent_at": "2026-03-05T13:00:00.250Z", "num_user_messages": 2, "num_tool_calls": 2, "file_path": "hermes.jsonl"},
               {"harness": "hermes", "session_id": "20260305_130130_d4e5f6", "prompt": "Clean the cache.",
                "sent_at": "2026-03-05T13:01:30.000Z", "num_user_messages": 1, "num_tool_calls": 1, "file_path": "hermes.jsonl"}],
    "session_traces": [{"harness": "my-agent", "session_id": "55555555-5555-4555-8555-555555555555", "prompt": "What time is it in Oslo and on the moon?",
                        "sent_at": "2026-03-06T12:00:00.000Z", "num_user_messages": 2, "num_tool_calls": 3, "file_path": "session_traces.jsonl"}],
}  # fmt: skip
"""Read off the files by hand."""
DIFFERS = {
    ("claude_code", "prompt"): "a caveat that the program put in is no prompt",
    ("claude_code", "sent_at"): "the time of that caveat",
    ("claude_code", "num_user_messages"): "caveats, commands, summaries and side chains are not typed",
    ("claude_code", "messages"): "names of tools are looked up, failures kept, side chains left out, answers of different ids not glued",
    ("claude_code", "metadata"): "the model is not `<synthetic>`, tokens are added up, no system prompt is made of events",
    ("codex", "num_tool_calls"): "patches and searches are calls",
    ("codex", "messages"): "injected context is left out, searches and the summary of a compaction are there",
    ("pi", "num_user_messages"): "an abandoned branch is not part of the session",
    ("pi", "messages"): "the same; summaries, notes and errors are there",
    ("pi", "metadata"): "the same; the time is that of the line, as in sent_at",
    ("droid", "messages"): "failures are kept, the summary of a compaction is there",
    ("droid", "metadata"): "context for the model is no turn of a person",
    ("hermes", "messages"): "the name of a tool is looked up by its call",
    ("hermes", "prompt"): "a note about compaction is no prompt",
    ("hermes", "num_user_messages"): "the same",
    ("hermes", "metadata"): "keys without a value are left out",
    ("session_traces", "harness"): "the header names it",
    ("session_traces", "messages"): "reasoning, calls, ids and names of tools are there",
    ("session_traces", "metadata"): "title and model are there",
    ("session_traces", "sent_at"): "the time stands in the message",
    ("session_traces", "num_tool_calls"): "calls are there",
} | {(name, "tools"): "only tools that occur, without descriptions that are not in the file" for name in NAMES}  # fmt: skip
"""Where `datasets` 5.2 with teich 0.3.6 gives something else, and why ours is right."""
LOAD = """
import json, sys
import datasets
found = {}
for name in sys.argv[2:]:
    rows = datasets.load_dataset("json", data_dir=sys.argv[1], data_files=name + ".jsonl", split="train", cache_dir=sys.argv[1] + "/cache")
    found[name] = list(rows)
print(json.dumps(found))
"""


def rows_of(dspreview: Any, data: Path) -> list[dict[str, Any]]:
    found = dspreview("rows", data, "--json", "--full")
    assert found.code == 0, found.err
    return [row["row"] for row in found.json["rows"]]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("alone", [True, False], ids=["a file", "a folder"])
def test_a_session_is_a_row(name: str, *, alone: bool, tmp_path: Path, dspreview: Any) -> None:
    body = (FILES / f"{name}.jsonl").read_bytes()
    data = write(tmp_path / "d", {f"{name}.jsonl": body})
    rows = rows_of(dspreview, data / f"{name}.jsonl" if alone else data)
    assert [list(row) for row in rows] == [COLUMNS] * len(rows)
    assert [{key: row[key] for key in EXPECTED[name][0]} for row in rows] == EXPECTED[name]
    for row in rows:
        assert row["metadata"]["session_id"] == row["session_id"]
        calls = [call for turn in row["messages"] for call in turn.get("tool_calls", ())]
        assert len(calls) == row["num_tool_calls"]
        assert {call["function"]["name"] for call in calls} == {tool["function"]["name"] for tool in row["tools"]}
        assert all(turn["name"] != "unknown_tool" for turn in row["messages"] if turn["role"] == "tool")
        if name == "hermes":
            assert row["trace"] in [json.loads(line) for line in body.splitlines()]
        else:
            assert row["trace"] == body.decode()


def test_all_differences_to_the_library_are_known(tmp_path: Path, dspreview: Any) -> None:
    pytest.importorskip("teich")
    data = write(tmp_path / "d", {f"{name}.jsonl": (FILES / f"{name}.jsonl").read_bytes() for name in NAMES})
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, str(data), *NAMES], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert loaded.returncode == 0, loaded.stderr
    theirs = json.loads(loaded.stdout)
    differs = set()
    for name in NAMES:
        for one, other in zip(rows_of(dspreview, data / f"{name}.jsonl"), theirs[name], strict=True):
            assert list(one) == list(other)
            differs |= {(name, key) for key in one if plain(one[key]) != plain(other[key]) and key != "file_path"}
    assert differs == set(DIFFERS)


def plain(value: Any) -> Any:
    """A value whose objects are read."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return (
        json.loads(value) if isinstance(value, str) and value.startswith("{") and "\n" not in value.strip() else value
    )


def test_ordinary_events_and_chats_stay_tables(tmp_path: Path, dspreview: Any) -> None:
    files = {
        "events.jsonl": '{"type": "push", "payload": {"id": "x"}}\n{"type": "fork", "payload": {"n": 1}}\n',
        "logs.jsonl": '{"type": "user", "message": {"a": 1}}\n{"type": "user", "message": {"b": 1}}\n',
        "machines.jsonl": '{"type": "session", "id": "a", "version": "2", "cwd": "/"}\n',
        "chats.jsonl": '{"id": "a", "source": "web", "model": "m", "system_prompt": "s", "messages": [{"role": "user", "content": "x"}], "score": 1}\n',
    }
    data = write(tmp_path / "d", files)
    for name in files:
        found = dspreview("rows", data / name, "--json")
        assert found.code == 0, found.err
        assert "harness" not in {one["name"] for one in found.json["features"]}


def test_a_line_that_is_being_written_costs_no_session(tmp_path: Path, dspreview: Any) -> None:
    body = (FILES / "codex.jsonl").read_bytes()
    cut = body.replace(b"\n", b"\n\n", 1) + b'{"timestamp":"2026-03-02T10:00:40.000Z","type":"resp'
    data = write(tmp_path / "d", {"a.jsonl": cut, "b.jsonl": (FILES / "pi.jsonl").read_bytes(), "c.jsonl": b""})
    rows = rows_of(dspreview, data)
    assert [(row["file_path"], row["num_tool_calls"]) for row in rows] == [("a.jsonl", 4), ("b.jsonl", 2)]
    assert rows[0]["metadata"]["broken_lines"] == [body.count(b"\n") + 2]


def test_a_rewound_session_keeps_the_branch_of_its_last_line(tmp_path: Path, dspreview: Any) -> None:
    def line(kind: str, number: int, parent: int | None, content: Any) -> str:
        message = {"role": kind, "content": content} | ({"id": f"m{number}"} if kind == "assistant" else {})
        return json.dumps(
            {"type": kind, "uuid": f"u{number}", "parentUuid": None if parent is None else f"u{parent}", "sessionId": "s", "message": message}
        )  # fmt: skip

    def call(ident: str) -> dict[str, Any]:
        return {"type": "tool_use", "id": ident, "name": "Read", "input": {}}

    def result(ident: str) -> list[dict[str, Any]]:
        return [{"type": "tool_result", "tool_use_id": ident, "content": ident}]

    lines = [
        line("user", 0, None, "first"), line("assistant", 1, 0, [call("a")]), line("assistant", 2, 1, [call("b")]),
        line("user", 3, 1, result("a")), line("user", 4, 2, result("b")), line("assistant", 5, 4, [{"type": "text", "text": "both"}]),
        line("user", 6, 5, "left behind"), line("assistant", 7, 6, [{"type": "text", "text": "gone"}]),
        line("user", 8, 5, "second"), line("assistant", 9, 8, "done"),
    ]  # fmt: skip
    (row,) = rows_of(dspreview, write(tmp_path / "d", {"a.jsonl": "\n".join(lines)}))
    said = [(turn["role"], turn["content"]) for turn in row["messages"]]
    assert said == [
        ("user", "first"), ("assistant", ""), ("assistant", ""), ("tool", "a"), ("tool", "b"), ("assistant", "both"), ("user", "second"),
        ("assistant", "done"),
    ]  # fmt: skip
    assert (row["num_user_messages"], row["metadata"]["abandoned_lines"]) == (2, 2)


def test_settings_beside_a_session_of_droid(tmp_path: Path, dspreview: Any) -> None:
    settings = {"model": "m", "providerLock": "p", "tokenUsage": {"inputTokens": 1}}
    files: dict[str, bytes | str] = {
        "a.jsonl": (FILES / "droid.jsonl").read_bytes(),
        "a.settings.json": json.dumps(settings),
    }
    (row,) = rows_of(dspreview, write(tmp_path / "d", files))
    told = {key: row["metadata"][key] for key in ("model", "model_provider", "usage")}
    assert told == {"model": "m", "model_provider": "p", "usage": {"inputTokens": 1}}


def test_commands_reach_sessions(tmp_path: Path, dspreview: Any) -> None:
    data = write(tmp_path / "d", {f"{name}.jsonl": (FILES / f"{name}.jsonl").read_bytes() for name in NAMES})
    found = dspreview(
        "filter", data, "--where", "ANY(messages).name = 'bash'", "--columns", "harness", "--format", "jsonl"
    )
    assert found.out == '{"harness":"pi"}\n'
    found = dspreview("search", data, "Makefile", "--columns", "harness", "--format", "jsonl")
    assert found.out == '{"harness":"codex"}\n'
    report = dspreview("check", data, "--json").json
    assert {one["code"] for one in report["findings"] if one["severity"] != "info"} == set()
    assert "agent sessions" in dspreview("describe", data).out


CLAUDE = {
    "type": "user", "uuid": "a", "parentUuid": None, "sessionId": "s-1", "timestamp": "2026-03-01T09:00:02.000Z", "version": "2.1.14",
    "cwd": "/w", "message": {"role": "user", "content": "Count the files."},
}  # fmt: skip


def session(*lines: dict[str, Any]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.mark.parametrize(
    "odd",
    [
        {"message": 5}, {"message": {"role": "assistant", "content": 7}}, {"message": {"role": "assistant", "content": [1, None, {"type": "text", "text": 3}]}},
        {"uuid": ["x"], "message": {"role": "user", "content": {}}}, {"timestamp": 7, "parentUuid": {"a": 1}}, {"sessionId": 9, "cwd": [], "version": None},
        {"message": {"role": "assistant", "usage": "many", "model": [], "content": [{"type": "tool_use", "id": 3, "name": None, "input": "x"}]}},
        {"message": {"role": "assistant", "content": "\ud83d half of a sign"}},
    ],
)  # fmt: skip
def test_a_line_of_other_types_costs_no_session(odd: dict[str, Any], tmp_path: Path, dspreview: Any) -> None:
    line = {**CLAUDE, "uuid": "b", "parentUuid": "a", "type": "assistant", **odd}
    data = write(tmp_path / "d", {"a.jsonl": session(CLAUDE, line)})
    (row,) = rows_of(dspreview, data / "a.jsonl")
    assert (row["harness"], row["session_id"], row["prompt"]) == ("claude_code", "s-1", "Count the files.")
    assert dspreview("check", data, "--json").code in {0, 1}


def test_a_first_line_of_half_a_megabyte_and_bytes_that_are_no_text(tmp_path: Path, dspreview: Any) -> None:
    long = {**CLAUDE, "message": {"role": "user", "content": "x " * 250_000}}
    body = session(long).encode() + b'{"type": "user", "note": "\xff\xfe"}\n'
    (row,) = rows_of(dspreview, write(tmp_path / "d", {"a.jsonl": body}) / "a.jsonl")
    assert (row["harness"], len(row["prompt"])) == ("claude_code", 500_000)


def test_events_that_only_look_like_sessions_stay_tables(tmp_path: Path, dspreview: Any) -> None:
    files = {
        "payloads.jsonl": session(
            {"timestamp": "t", "type": "response_item", "payload": {"type": "invoice", "total": 3}}
        ),
        "untyped.jsonl": session({"text": "a"}, CLAUDE),
        "rolls.jsonl": session({"type": "user", "sessionId": "s", "uuid": "u", "message": {"text": "no role"}}),
    }
    data = write(tmp_path / "d", files)
    for name in files:
        found = dspreview("rows", data / name, "--json")
        assert found.code == 0, found.err
        assert "harness" not in [one["name"] for one in found.json["features"]], name


def test_a_table_beside_sessions_and_a_sub_agent_of_its_own(tmp_path: Path, dspreview: Any) -> None:
    side = {**CLAUDE, "isSidechain": True, "sessionId": "s-2", "message": {"role": "user", "content": "Look there."}}
    files = {"a.jsonl": session(CLAUDE), "agent-1.jsonl": session(side), "notes.jsonl": '{"note": "x"}\n'}
    rows = rows_of(dspreview, write(tmp_path / "d", files))
    assert [(row["file_path"], row["prompt"]) for row in rows] == [
        ("a.jsonl", "Count the files."),
        ("agent-1.jsonl", "Look there."),
    ]

"""Statistics of conversations: turns, roles, tokens."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.data import write
from tests.support.program import Program

CHATS = [
    [
        {"role": "system", "content": "x" * 40},
        {"role": "user", "content": "é" * 20},
        {"role": "assistant", "content": "y" * 400},
    ],
    [{"role": "user", "content": ""}, {"role": "assistant", "content": None}],
    None,
    [{"role": "user", "content": "z" * 80}, {"role": "tool", "content": "t" * 8}, {"role": None, "content": "n" * 4}],
]
SHAREGPT = [[{"from": "human", "value": "a" * 8}, {"from": "gpt", "value": "b" * 16}]]


def test_turns_roles_and_tokens(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps({"messages": chat}) + "\n" for chat in CHATS)})
    (found,) = dspreview("stats", data, "--json").json["statistics"]
    told = found["column_statistics"]
    assert (found["column_type"], told["min"], told["max"], told["null_count"]) == ("list", 2, 3, 1)
    assert told["roles"] == {"user": 3, "assistant": 2, "null": 1, "system": 1, "tool": 1}
    assert list(told["roles"]) == ["user", "assistant", "system", "tool", "null"]
    # bytes of UTF-8, four a token: 40 + 40 + 400, 0, 80 + 8 + 4
    assert told["tokens"] == {"min": 0, "mean": round((120 + 0 + 23) / 3), "max": 120, "sum": 143}
    text = dspreview("stats", data).out
    assert "turns" in text
    assert "user 38 %" in text
    assert "143 in all" in text


def test_the_shape_of_sharegpt(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.jsonl": json.dumps({"conversations": SHAREGPT[0]})})
    (found,) = dspreview("stats", data, "--json").json["statistics"]
    assert found["column_statistics"]["roles"] == {"gpt": 1, "human": 1}
    assert found["column_statistics"]["tokens"]["sum"] == 6


def test_other_lists_have_neither(tmp_path: Path, dspreview: Program) -> None:
    data = write(tmp_path / "d", {"a.jsonl": '{"l": [1, 2]}\n{"l": []}\n'})
    (found,) = dspreview("stats", data, "--json").json["statistics"]
    assert not {"roles", "tokens"} & found["column_statistics"].keys()


def test_turns_of_several_shapes_are_json_and_counted(tmp_path: Path, dspreview: Program) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    parts = {"role": "user", "content": [{"type": "text", "text": "look"}]}
    lines = [[{"role": "user", "content": "x" * 40}, call], [parts, {"role": "tool", "content": "y" * 8}]]
    data = write(tmp_path / "d", {"a.jsonl": "".join(json.dumps({"messages": line}) + "\n" for line in lines)})
    (found,) = dspreview("stats", data, "--json").json["statistics"]
    assert found["column_statistics"]["roles"] == {"user": 2, "assistant": 1, "tool": 1}
    said = json.dumps(parts["content"], separators=(",", ":"))
    assert found["column_statistics"]["tokens"]["sum"] == round((40 + len(said) + 8) / 4)


def test_lists_of_other_json_are_no_conversations(tmp_path: Path, dspreview: Program) -> None:
    data = write(
        tmp_path / "d", {"a.jsonl": '{"l": [{"role": "x"}, {"name": 1}]}\n{"l": [{"role": [1]}]}\n{"l": [3]}\n'}
    )
    for found in dspreview("stats", data, "--json").json["statistics"]:
        assert "roles" not in found["column_statistics"]

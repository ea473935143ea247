"""Which harness wrote a file, told by its lines: never by names of columns alone, which ordinary events and chats have, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import IO

from dspreview.models import Json

HEAD, LONG_HEAD, LONGEST_LINE = 1 << 16, 1 << 20, 1 << 26
"""Bytes that are looked at; more where these may be a session that begins with something long, or with one long line."""
LINES = 300
"""Lines that are looked at."""
CODEX_ITEMS = frozenset({
    "message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "local_shell_call", "web_search_call",
    "user_message", "agent_message", "agent_reasoning", "token_count", "task_started", "task_complete", "turn_aborted", "context_compacted", "exec_command_end",
})  # fmt: skip
HINTS = (
    b'"sessionId"',
    b'"session_meta"',
    b'"payload"',
    b'"session_start"',
    b'"session"',
    b'"messages"',
    b'"leafUuid"',
    b'"messageId"',
)
"""One of them stands in the beginning of every session."""


class Harness(StrEnum):
    """Writers of sessions, as `datasets` 5.2 calls them; the Hub's own format names its writer itself."""

    CLAUDE = "claude_code"
    CODEX = "codex"
    PI = "pi"
    DROID = "droid"
    HERMES = "hermes"
    TRACES = "session_traces"


def harness_in(stream: IO[bytes]) -> Harness | None:
    """Who wrote a file; it is read on where its beginning tells nothing, and may be that of a session."""
    head = stream.read(HEAD)
    found = harness_of(head)
    if found is not None or len(head) < HEAD or not any(hint in head for hint in HINTS):
        return found
    head += stream.read(LONG_HEAD)
    while b"\n" not in head.rstrip() and len(head) < LONGEST_LINE and (more := stream.read(len(head))):
        head += more
    return harness_of(head)


def harness_of(head: bytes) -> Harness | None:
    """Who wrote a file that begins like this; None where it is no session.

    A line without a type, before any mark, is that of a table; headers stand first.
    """
    lines = objects_in(head)
    header = next(lines, None)
    if header is None:
        return None
    if not isinstance(header.get("type"), str):
        return Harness.HERMES if is_hermes(header) else None
    if (found := harness_of_line(header, first=True)) is not None:
        return None if header["type"] in HEADERS and is_row(header, next(lines, None)) else found
    for line in lines:
        if not isinstance(line.get("type"), str):
            return None
        if (found := harness_of_line(line, first=False)) is not None:
            return found
    return None


HEADERS = frozenset({"session", "session_start"})
"""Types of lines that stand once, at the beginning of a session."""


def is_row(header: dict[str, Json], following: dict[str, Json] | None) -> bool:
    """Whether what looks like the header of a session is a row of a table: the next line is another of its kind."""
    return following is not None and (following.get("type") == header["type"] or following.keys() == header.keys())


def objects_in(head: bytes) -> Iterator[dict[str, Json]]:
    """The objects of the first whole lines; what begins with no object has none."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return
    for number, line in enumerate(head.split(b"\n")):
        if number == LINES:
            return
        try:
            found = json.loads(line.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def harness_of_line(line: dict[str, Json], *, first: bool) -> Harness | None:
    """The harness whose mark a typed line has; `first` says that none stands before it."""
    kind, message = line["type"], line.get("message")
    if kind in {"user", "assistant"}:
        speaks = isinstance(message, dict) and isinstance(message.get("role"), str)
        said = line.get("sessionId") or line.get("session_id")
        return Harness.CLAUDE if speaks and is_text(said, line.get("uuid")) else None
    if kind in CLAUDE_ASIDE:
        return Harness.CLAUDE if all(line.get(key) for key in CLAUDE_ASIDE[kind]) else None
    if kind == "session" and first and is_text(line.get("id")):
        if is_text(line.get("harness")):
            return Harness.TRACES
        return Harness.PI if isinstance(line.get("version"), int) and is_text(line.get("cwd")) else None
    if kind == "session_start" and first and is_text(line.get("id"), line.get("cwd")):
        return Harness.DROID if {"version", "title", "sessionTitle", "owner"} & line.keys() else None
    return codex(kind, line)


CLAUDE_ASIDE = {
    "summary": ("summary", "leafUuid"), "file-history-snapshot": ("messageId", "snapshot"), "queue-operation": ("operation", "sessionId"),
}  # fmt: skip
"""Lines of Claude Code that may stand before the first turn, and what they hold."""


def codex(kind: str, line: dict[str, Json]) -> Harness | None:
    """Codex wraps each line; its first one says who wrote it, or it is an item of its own with a time."""
    payload = line.get("payload")
    if not isinstance(payload, dict):
        return None
    if kind == "session_meta":
        return Harness.CODEX if is_text(payload.get("id")) and ("cwd" in payload or "cli_version" in payload) else None
    if not is_text(line.get("timestamp")):
        return None
    if kind == "turn_context":
        return Harness.CODEX if is_text(payload.get("cwd")) and "approval_policy" in payload else None
    known = kind in {"response_item", "event_msg"} and payload.get("type") in CODEX_ITEMS
    return Harness.CODEX if known else None


def is_hermes(line: dict[str, Json]) -> bool:
    """Whether a line is a whole session: who and where from, when, and messages with roles."""
    messages, began = line.get("messages"), line.get("started_at")
    return (
        is_text(line.get("id"), line.get("source"))
        and (began is None or (isinstance(began, (int, float)) and not isinstance(began, bool)))
        and {"started_at", "model", "system_prompt"} <= line.keys()
        and isinstance(messages, list)
        and all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in messages)
    )


def is_text(*values: Json) -> bool:
    """Whether all are texts that say something."""
    return all(isinstance(value, str) and value for value in values)

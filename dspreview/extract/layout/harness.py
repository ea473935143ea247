"""Which harness wrote a file, told by its lines: never by names of columns alone, which ordinary events and chats have, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum

from dspreview.models import Json

HEAD = 1 << 16
LINES = 50
"""Lines that are looked at."""
CLAUDE_TYPES = frozenset({"user", "assistant", "system", "attachment", "progress"})
CODEX_TYPES = frozenset({"response_item", "event_msg", "turn_context"})


class Harness(StrEnum):
    """Writers of sessions, as `datasets` 5.2 calls them; the Hub's own format names its writer itself."""

    CLAUDE = "claude_code"
    CODEX = "codex"
    PI = "pi"
    DROID = "droid"
    HERMES = "hermes"
    TRACES = "session_traces"


def harness_of(head: bytes) -> Harness | None:
    """Who wrote a file that begins like this; None where it is no session."""
    for line in objects_in(head):
        if (found := harness_of_line(line)) is not None:
            return found
    return None


def objects_in(head: bytes) -> Iterator[dict[str, Json]]:
    """The objects of the first whole lines; what begins with no object has none."""
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return
    for number, line in enumerate(head.split(b"\n")):
        if number == LINES:
            return
        try:
            found = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            yield found


def harness_of_line(line: dict[str, Json]) -> Harness | None:
    """The harness whose mark a line has."""
    kind = line.get("type")
    if not isinstance(kind, str):
        return Harness.HERMES if is_hermes(line) else None
    if kind in CLAUDE_TYPES and is_text(line.get("sessionId"), line.get("uuid")):
        return Harness.CLAUDE
    if kind == "session" and is_text(line.get("id")):
        return Harness.TRACES if is_text(line.get("harness")) and "version" not in line else pi(line)
    if kind == "session_start" and is_text(line.get("id"), line.get("cwd")):
        return Harness.DROID
    return codex(kind, line)


def pi(line: dict[str, Json]) -> Harness | None:
    """The header of Pi has a version and a folder."""
    return Harness.PI if isinstance(line.get("version"), int) and is_text(line.get("cwd")) else None


def codex(kind: str, line: dict[str, Json]) -> Harness | None:
    """Codex wraps each line; its first one says who wrote it, or it is one of its own types with a time."""
    payload = line.get("payload")
    if not isinstance(payload, dict):
        return None
    if kind == "session_meta":
        return Harness.CODEX if is_text(payload.get("id")) and ("cwd" in payload or "cli_version" in payload) else None
    return Harness.CODEX if kind in CODEX_TYPES and is_text(line.get("timestamp")) else None


def is_hermes(line: dict[str, Json]) -> bool:
    """Whether a line is a whole session: who and where from, when, and messages with roles."""
    messages, began = line.get("messages"), line.get("started_at")
    return (
        is_text(line.get("id"), line.get("source"))
        and (began is None or (isinstance(began, (int, float)) and not isinstance(began, bool)))
        and "started_at" in line
        and isinstance(messages, list)
        and all(isinstance(one, dict) and isinstance(one.get("role"), str) for one in messages)
    )


def is_text(*values: Json) -> bool:
    """Whether all are texts that say something."""
    return all(isinstance(value, str) and value for value in values)

"""Droid of Factory: a header, and a line a message; results of parallel calls are blocks of one message."""

from __future__ import annotations

import json

from dspreview.extract.layout.harness import Harness
from dspreview.extract.sessions.conversation import (
    Conversation,
    Line,
    Session,
    blocks_of,
    known,
    pictures_in,
    text_of,
    tool_call,
    word,
)
from dspreview.models import Json

REMINDER = "<system-reminder>"
UNTYPED = frozenset({"llm_only", "user_only"})


def droid_session(lines: list[Line], trace: str, name: str, settings: bytes | None) -> Session:
    """The session of a file; its settings lie in one beside it."""
    header = next((line for line in lines if line.get("type") == "session_start"), {})
    talk = Conversation()
    for line in lines:
        message = line.get("message")
        if line.get("type") == "message" and isinstance(message, dict):
            visibility = word(message.get("visibility")) or word(line.get("visibility"))
            if visibility != "user_only":
                droid_message(talk, line, message, typed=visibility not in UNTYPED)
        elif line.get("type") == "compaction_state" and line.get("summaryText"):
            talk.say("system", str(line["summaryText"]))
    chosen = settings_of(settings)
    ident = header.get("id")
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=ident, trace_type="droid", model_provider=chosen.get("providerLock") or "factory",
        model=chosen.get("model"), cwd=header.get("cwd"), title=header.get("sessionTitle") or header.get("title"), turn_count=talk.typed,
        first_message_timestamp=talk.sent_at, usage=chosen.get("tokenUsage"), reasoning_effort=chosen.get("reasoningEffort"),
        autonomy_level=chosen.get("autonomyLevel"),
    )  # fmt: skip
    return Session(Harness.DROID, ident if isinstance(ident, str) else None, talk, metadata, trace, name)


def droid_message(talk: Conversation, line: Line, message: Line, *, typed: bool) -> None:
    """A message."""
    content = message.get("content")
    text = text_of(content)
    if message.get("role") == "assistant":
        thought = "\n\n".join(str(block.get("thinking") or "") for block in blocks_of(content, "thinking"))
        calls = [tool_call(one.get("id"), one.get("name"), one.get("input")) for one in blocks_of(content, "tool_use")]
        if text or thought or calls:
            talk.answer(text, thought, calls)
        return
    for block in blocks_of(content, "tool_result"):
        talk.result(block.get("tool_use_id"), text_of(block.get("content")), failed=block.get("is_error") is True)
    images = pictures_in(content)
    if text or images:
        talk.say(str(message.get("role")), text, **({"images": images} if images else {}))
    own = own_words(content)
    if typed and message.get("role") == "user" and own:
        when = line.get("timestamp")
        talk.type(own, when if isinstance(when, str) else None)


def own_words(content: Json) -> str:
    """What a person typed, without what was put beside it."""
    if isinstance(content, str):
        return "" if content.lstrip().startswith(REMINDER) else content.strip()
    texts = [str(block.get("text") or "") for block in blocks_of(content, "text")]
    return "\n".join(text for text in texts if not text.lstrip().startswith(REMINDER)).strip()


def settings_of(settings: bytes | None) -> Line:
    """What a file of settings says."""
    try:
        found = json.loads(settings or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

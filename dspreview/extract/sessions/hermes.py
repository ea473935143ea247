"""Hermes: a line is a session, with the row that its database has of it and its messages."""

from __future__ import annotations

import re

from dspreview.extract.layout.harness import Harness
from dspreview.extract.sessions.conversation import (
    Conversation,
    Line,
    Session,
    is_typed,
    known,
    listed,
    moment,
    parsed,
    text_of,
    tool_call,
)
from dspreview.models import Json

THINKING = re.compile(r"<think(?:ing)?>(.*?)</think(?:ing)?>", re.DOTALL)
IN_SECONDS = 1e10
"""Times below are seconds since 1970, those above milliseconds."""
ELSEWHERE = frozenset({"id", "messages", "user_id"})


def hermes_session(line: Line, name: str) -> Session:
    """The session of a line."""
    talk = Conversation()
    messages = line.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            hermes_message(talk, message)
    ident = line.get("id")
    talk.sent_at = moment(in_milliseconds(line.get("started_at")))
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=ident, trace_type="hermes",
        **{key: value for key, value in line.items() if key not in ELSEWHERE}, turn_count=talk.typed,
    )  # fmt: skip
    return Session(Harness.HERMES, ident if isinstance(ident, str) else None, talk, metadata, line, name)


def hermes_message(talk: Conversation, message: Line) -> None:
    """A message."""
    role, text = str(message.get("role")), text_of(message.get("content"))
    if role == "assistant":
        inline = "\n\n".join(found.strip() for found in THINKING.findall(text))
        thought = message.get("reasoning_content") or message.get("reasoning") or inline
        calls = message.get("tool_calls")
        calls = parsed(calls) if isinstance(calls, str) else calls
        talk.answer(THINKING.sub("", text).strip(), str(thought or ""), [called(one) for one in listed(calls)])  # fmt: skip
    elif role == "tool":
        talk.result(message.get("tool_call_id"), text, message.get("tool_name"))
    elif text.strip():
        talk.say("system" if role == "session_meta" else role, text)
        if role == "user" and is_typed(text):
            talk.type(text, None)


def called(one: Line) -> Line:
    """A call."""
    function = one.get("function")
    inner = function if isinstance(function, dict) else one
    return tool_call(one.get("id") or one.get("tool_call_id"), inner.get("name"), inner.get("arguments"))


def in_milliseconds(value: Json) -> Json:
    """A time, whichever of the two units it has."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return value * 1_000 if abs(value) < IN_SECONDS else value

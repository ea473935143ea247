"""Codex: each line wraps an item of the model's interface, or an event that repeats one."""

from __future__ import annotations

import json
from collections.abc import Callable

from dspreview.extract.layout.harness import Harness
from dspreview.extract.sessions.conversation import (
    Conversation,
    Line,
    Session,
    is_typed,
    known,
    listed,
    parsed,
    pictures_in,
    text_of,
    tool_call,
    word,
)
from dspreview.models import Json

SKIPPED = ("<environment_context>", "<user_instructions>")
PATCH = "apply_patch"


def codex_session(lines: list[Line], trace: str, name: str) -> Session:
    """The session of a file."""
    talk = Conversation()
    typed = [payload_of(line) for line in lines if line.get("type") == "event_msg"]
    has_events = any(one.get("type") == "user_message" for one in typed)
    meta = next((payload_of(line) for line in lines if line.get("type") == "session_meta"), {})
    instructions = meta.get("base_instructions")
    base = instructions.get("text") if isinstance(instructions, dict) else meta.get("instructions")
    if isinstance(base, str) and base:
        talk.say("system", base)
    model, turns = None, 0
    for line in lines:
        payload, kind, when = payload_of(line), line.get("type"), line.get("timestamp")
        sent = when if isinstance(when, str) else None
        if kind == "event_msg" and payload.get("type") == "user_message" and isinstance(payload.get("message"), str):
            talk.type(payload["message"], sent)
        elif kind == "turn_context":
            turns += 1
            model = payload.get("model") or model
        elif kind == "compacted" and payload.get("message"):
            talk.say("system", str(payload["message"]))
        elif kind == "response_item":
            item(talk, payload, None if has_events else sent, counts=not has_events)
    if talk.reasoning:
        talk.answer("", "", [])
    ident = meta.get("id")
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=ident, trace_type="codex", source=meta.get("source"),
        model_provider=meta.get("model_provider"), model=meta.get("model") or model, cwd=meta.get("cwd"), cli_version=meta.get("cli_version"),
        system_prompt=base, turn_count=turns, first_message_timestamp=talk.sent_at, forked_from_id=meta.get("forked_from_id"),
    )  # fmt: skip
    return Session(Harness.CODEX, ident if isinstance(ident, str) else None, talk, metadata, trace, name)


def payload_of(line: Line) -> Line:
    """What a line wraps."""
    found = line.get("payload")
    return found if isinstance(found, dict) else {}


def item(talk: Conversation, one: Line, when: str | None, *, counts: bool) -> None:
    """An item of the model's interface.

    Args:
        counts: whether users' messages are counted here, since no event tells what was typed.

    """
    kind = word(one.get("type"))
    if kind == "message":
        message(talk, one, when, counts=counts)
    elif kind == "reasoning":
        parts = [str(part["text"]) for part in listed(one.get("summary")) if part.get("text")]
        thought = "\n\n".join(parts) or text_of(one.get("content"), "reasoning_text")
        if thought:
            talk.reasoning.append(thought)
    elif kind in CALLS:
        turn = talk.last_answer()
        if turn is None or talk.reasoning:
            turn = talk.answer("", "", [])
        talk.call(turn, CALLS[kind](one, f"{kind}_{len(talk.called)}"))
    elif kind in {"function_call_output", "custom_tool_call_output", "local_shell_call_output"}:
        talk.result(one.get("call_id"), output_text(one.get("output")))


def message(talk: Conversation, one: Line, when: str | None, *, counts: bool) -> None:
    """A turn."""
    text, role = text_of(one.get("content")), one.get("role")
    if role == "assistant":
        talk.answer(text, "", [])
    elif role == "developer":
        talk.say("system", text)
    elif not text.startswith(SKIPPED):
        images = pictures_in(one.get("content"))
        talk.say(str(role), text, **({"images": images} if images else {}))
        if counts and is_typed(text):
            talk.type(text, when)


def function_call(one: Line, ident: str) -> Line:
    """A call with arguments."""
    return tool_call(one.get("call_id") or ident, one.get("name"), one.get("arguments"))


def custom_call(one: Line, ident: str) -> Line:
    """A tool that takes text."""
    key = "patch" if one.get("name") == PATCH else "input"
    return tool_call(one.get("call_id") or ident, one.get("name"), {key: one.get("input")})


def shell_call(one: Line, ident: str) -> Line:
    """A command."""
    return tool_call(one.get("call_id") or ident, "local_shell", one.get("action"))


def web_call(one: Line, ident: str) -> Line:
    """A search, whose result is not in the file."""
    return tool_call(one.get("id") or ident, "web_search", one.get("action"))


CALLS: dict[str, Callable[[Line, str], Line]] = {
    "function_call": function_call, "custom_tool_call": custom_call, "local_shell_call": shell_call, "web_search_call": web_call,
}  # fmt: skip
"""Calls by their kinds."""


def output_text(output: Json) -> str:
    """What a tool gave: text, blocks, or an object with either."""
    if isinstance(output, str):
        inner = parsed(output) if output.startswith("{") else output
        return inner["output"] if isinstance(inner, dict) and isinstance(inner.get("output"), str) else output
    if isinstance(output, dict):
        content = output.get("content")
        return text_of(content) if isinstance(content, (str, list)) else json.dumps(output, ensure_ascii=False)
    return text_of(output)

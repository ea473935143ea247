"""Pi and OpenClaw: a header and entries in a tree; and the Hub's own session traces, which have no tree.

The session is the path from the last entry to the first; branches that were left are counted in the metadata. Source: the
description of the format in Pi's documentation (version 3), and `session-traces-format` in that of the Hub.
"""

from __future__ import annotations

from dspreview.extract.layout.harness import Harness
from dspreview.extract.sessions.conversation import (
    Conversation,
    Line,
    Session,
    blocks_of,
    is_typed,
    known,
    listed,
    moment,
    pictures_in,
    text_of,
    tool_call,
    word,
)
from dspreview.models import Json

OPENCLAW = "openclaw"


def pi_session(lines: list[Line], trace: str, name: str) -> Session:
    """The session of a file of Pi or OpenClaw."""
    header = next((line for line in lines if line.get("type") == "session"), {})
    path = on_path([line for line in lines if line.get("type") != "session"])
    talk = Conversation()
    for line in path:
        entry(talk, line)
    told = {kind: [line for line in path if line.get("type") == kind] for kind in ("model_change", "session_info", "thinking_level_change")}  # fmt: skip
    model = told["model_change"][-1] if told["model_change"] else {}
    own = header.get("harness")
    is_claw = f"/.{OPENCLAW}/" in f"{header.get('cwd')}/"
    harness = own if isinstance(own, str) and own else OPENCLAW if is_claw else Harness.PI.value
    answers = [
        line["message"] for line in path if isinstance(line.get("message"), dict) and line["message"].get("model")
    ]
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=header.get("id"), trace_type=harness,
        model_provider=model.get("provider") or (answers[-1].get("provider") if answers else None),
        model=model.get("modelId") or (answers[-1]["model"] if answers else None), cwd=header.get("cwd"), turn_count=talk.typed,
        thinking_level=told["thinking_level_change"][-1].get("thinkingLevel") if told["thinking_level_change"] else None,
        session_name=told["session_info"][-1].get("name") if told["session_info"] else None,
        parent_session=header.get("parentSession"), first_message_timestamp=talk.sent_at,
        abandoned_lines=len(lines) - 1 - len(path) or None,
    )  # fmt: skip
    return Session(harness, text_or_none(header.get("id")), talk, metadata, trace, name)


def traces_session(lines: list[Line], trace: str, name: str) -> Session:
    """The session of a file in the Hub's own format."""
    header = next((line for line in lines if line.get("type") == "session"), {})
    talk = Conversation()
    model = None
    for line in lines:
        message = line.get("message")
        if line.get("type") != "message" or not isinstance(message, dict):
            continue
        role, text = message.get("role"), text_of(message.get("content"))
        model = message.get("model") or model
        if role == "assistant":
            calls = [called(one) for one in listed(message.get("toolCalls"))]
            talk.answer(text, str(message.get("reasoningContent") or ""), calls)
        elif role == "tool":
            talk.result(message.get("toolCallId"), text)
        else:
            talk.say(str(role), text)
            if role == "user" and is_typed(text):
                talk.type(text, moment(message.get("timestamp")))
    harness = str(header.get("harness"))
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=header.get("id"), trace_type=harness, model=model, cwd=header.get("cwd"),
        title=header.get("name"), turn_count=talk.typed, first_message_timestamp=talk.sent_at,
    )  # fmt: skip
    return Session(harness, text_or_none(header.get("id")), talk, metadata, trace, name)


def called(one: Line) -> Line:
    """A call of the Hub's format."""
    function = one.get("function")
    return tool_call(one.get("id"), *((function.get("name"), function.get("arguments")) if isinstance(function, dict) else (None, None)))  # fmt: skip


def entry(talk: Conversation, line: Line) -> None:
    """An entry of Pi."""
    kind, message = word(line.get("type")), line.get("message")
    if kind == "message" and isinstance(message, dict):
        pi_message(talk, line, message)
    elif kind in {"compaction", "branch_summary"} and line.get("summary"):
        talk.say("system", str(line["summary"]))
    elif kind == "custom_message" and (text := text_of(line.get("content"))):
        talk.say("system", text)


def pi_message(talk: Conversation, line: Line, message: Line) -> None:
    """A message of Pi."""
    role, content = message.get("role"), message.get("content")
    text = text_of(content)
    if role == "user":
        images = pictures_in(content)
        talk.say("user", text, **({"images": images} if images else {}))
        if is_typed(text):
            when = line.get("timestamp")
            talk.type(text, when if isinstance(when, str) else moment(message.get("timestamp")))
    elif role == "assistant":
        thought = "\n\n".join(str(block.get("thinking") or "") for block in blocks_of(content, "thinking"))
        calls = [tool_call(one.get("id"), one.get("name"), one.get("arguments")) for one in blocks_of(content, "toolCall")]  # fmt: skip
        error = message.get("errorMessage")
        if text or thought or calls or error:
            talk.answer(text or (str(error) if error else ""), thought, calls, **({"provider_error": True} if error else {}))  # fmt: skip
    elif role == "toolResult":
        talk.result(message.get("toolCallId"), text, message.get("toolName"), failed=message.get("isError") is True)
    elif role == "bashExecution":
        talk.say("user", f"$ {message.get('command')}\n{message.get('output') or ''}".rstrip())
    elif text or message.get("summary"):
        talk.say("system", text or str(message["summary"]))


def on_path(entries: list[Line]) -> list[Line]:
    """The entries from the first to the last one; all of them where they have no ids, as in version 1."""
    by_id = {str(line["id"]): line for line in entries if line.get("id")}
    if len(by_id) < len(entries):
        return entries
    path, place = dict[str, Line](), str(entries[-1]["id"]) if entries else ""
    while place in by_id and place not in path:
        path[place] = by_id[place]
        place = str(by_id[place].get("parentId") or "")
    found = list(reversed(path.values()))
    return (
        found if any(line.get("type") == "message" for line in found) else entries
    )  # a tree that is broken is read as it lies


def text_or_none(value: Json) -> str | None:
    """A text."""
    return value if isinstance(value, str) else None

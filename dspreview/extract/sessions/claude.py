"""Claude Code: a line a block of a turn, in a tree by `uuid` and `parentUuid`.

Sub-agents within a file (side chains) are no turns of it. Of a rewound session only the branch of its last line is there.
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
    pictures_in,
    text_of,
    tool_call,
)
from dspreview.models import Json

SYNTHETIC = "<synthetic>"
HIDDEN = ("<local-command-caveat>", "<local-command-stdout>", "<local-command-stderr>")
"""What a command printed on the screen: the model never saw it as a turn."""


def claude_session(lines: list[Line], trace: str, name: str) -> Session:
    """The session of a file."""
    talk = Conversation()
    spoken_lines = [line for line in lines if line.get("type") in ("user", "assistant")]
    own = [line for line in spoken_lines if not line.get("isSidechain")]
    main = own or spoken_lines  # a file of a sub-agent has nothing else
    kept = on_branch(lines, main)
    spoken, usage, model = None, dict[str, dict[str, Json]](), None
    for line in kept:
        message = line.get("message")
        if not isinstance(message, dict):
            continue
        if line["type"] == "user":
            user(talk, line, message.get("content"))
            spoken = None
            continue
        ident = message.get("id")
        answer(talk, line, message, joins=ident is not None and ident == spoken)
        spoken = ident
        if isinstance(message.get("usage"), dict) and message.get("model") != SYNTHETIC:
            usage[str(ident or line.get("uuid"))] = message["usage"]
        if isinstance(message.get("model"), str) and message["model"] != SYNTHETIC:
            model = message["model"]
    ident = first(lines, "sessionId") or first(lines, "session_id")
    metadata = known(
        source_file=name.rpartition("/")[2], session_id=ident, trace_type="claude-code", model_provider="anthropic", model=model,
        cwd=first(lines, "cwd"), cli_version=first(lines, "version"), turn_count=talk.typed, user_type=first(lines, "userType"),
        git_branch=first(lines, "gitBranch"), title=first(lines, "customTitle") or first(lines, "aiTitle"),
        usage=summed(list(usage.values())), first_message_timestamp=talk.sent_at,
        side_chain_lines=(sum(bool(line.get("isSidechain")) for line in lines) or None) if own else None, abandoned_lines=len(main) - len(kept) or None,
    )  # fmt: skip
    return Session(Harness.CLAUDE, ident, talk, metadata, trace, name)


def user(talk: Conversation, line: Line, content: Json) -> None:
    """What came from a person or from tools."""
    for block in blocks_of(content, "tool_result"):
        inner = block.get("content")
        talk.result(block.get("tool_use_id"), text_of(inner), failed=block.get("is_error") is True)
        if images := pictures_in(inner):
            talk.messages[-1]["images"] = images
    text = text_of(content)
    if line.get("isMeta") or text.lstrip().startswith(HIDDEN):
        return
    images = pictures_in(content)
    if text.strip() or images:
        talk.say("user", text, **({"images": images} if images else {}))
    if is_prompt(line, content):
        talk.type(text, line.get("timestamp") if isinstance(line.get("timestamp"), str) else None)


def is_prompt(line: Line, content: Json) -> bool:
    """Whether a person typed it."""
    if line.get("isMeta") or line.get("isCompactSummary"):
        return False
    return not blocks_of(content, "tool_result") and is_typed(text_of(content))


def answer(talk: Conversation, line: Line, message: Line, *, joins: bool) -> None:
    """What the agent said: each line holds a block of a turn."""
    content = message.get("content")
    text = text_of(content)
    thought = "\n\n".join(str(block.get("thinking") or "") for block in blocks_of(content, "thinking")).strip()
    calls = [
        tool_call(block.get("id"), block.get("name"), block.get("input")) for block in blocks_of(content, "tool_use")
    ]
    turn = talk.last_answer()
    if joins and turn is not None:
        for key, part, gap in (("content", text, "\n"), ("reasoning_content", thought, "\n\n")):
            if part:
                turn[key] = f"{turn[key]}{gap}{part}" if turn.get(key) else part
        for call in calls:
            talk.call(turn, call)
        return
    if text.strip() or thought or calls:
        talk.answer(text, thought, calls, **({"provider_error": True} if line.get("isApiErrorMessage") else {}))


def on_branch(lines: list[Line], main: list[Line]) -> list[Line]:
    """The lines of the turns that lead to the last one; results of parallel calls hang beside that path, and belong to its turn."""
    parents = {
        str(line["uuid"]): str(line.get("parentUuid") or line.get("logicalParentUuid") or "")
        for line in lines
        if line.get("uuid")
    }
    asked = {str(line.get("uuid")) for line in main if is_question(line)}
    path, place = set[str](), next((str(line["uuid"]) for line in reversed(main) if line.get("uuid")), "")
    while place in parents and place not in path:
        path.add(place)
        place = parents[place]
    if place:  # a line that is not there, or one of the path: this is no tree
        return main
    turns: dict[str, str] = {}

    def turn_of(uuid: str) -> str:
        """The question that a line belongs to."""
        passed = list[str]()
        while uuid and uuid not in turns and uuid not in asked and uuid not in passed:
            passed.append(uuid)
            uuid = parents.get(uuid, "")
        found = uuid if uuid in asked else turns.get(uuid, "")
        turns.update(dict.fromkeys(passed, found))
        return found

    return [line for line in main if (turn := turn_of(str(line.get("uuid") or ""))) in path or not turn]


def is_question(line: Line) -> bool:
    """Whether a line begins a turn."""
    message = line.get("message")
    return line["type"] == "user" and isinstance(message, dict) and is_prompt(line, message.get("content"))


def first(lines: list[Line], key: str) -> Json:
    """The first text under a key."""
    return next((line[key] for line in lines if isinstance(line.get(key), str) and line[key]), None)


def summed(parts: list[dict[str, Json]]) -> Json:
    """The tokens of all answers, each counted once."""
    found: dict[str, int] = {}
    for part in parts:
        for key, value in part.items():
            if isinstance(value, int) and not isinstance(value, bool):
                found[key] = found.get(key, 0) + value
    return found or None

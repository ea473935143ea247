"""What a session says, in the form that `datasets` gives it: turns with their calls and results, and what is counted of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dspreview.models import Json

Line = dict[str, Json]
UNKNOWN_TOOL = "unknown_tool"
INJECTED = (
    "<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<system-reminder>", "<command-name>", "<command-message>",
    "<local-command-", "<bash-input>", "<bash-stdout>", "<task-notification>", "[Request interrupted", "[CONTEXT COMPACTION",
)  # fmt: skip
"""How a text begins that nobody typed."""


@dataclass
class Conversation:
    """A session, turn by turn."""

    messages: list[Line] = field(default_factory=list)
    prompt: str | None = None
    """The first text that a person typed."""
    sent_at: str | None = None
    """When that was, as the file has it."""
    typed: int = 0
    calls: dict[str, str] = field(default_factory=dict)
    """The tools that were called last, by the ids of the calls: some servers number these anew in each answer."""
    called: list[str] = field(default_factory=list)
    """The tools of all calls."""
    reasoning: list[str] = field(default_factory=list)
    """What was thought, and is said with the next turn."""

    def say(self, role: str, text: str, **more: Json) -> None:
        """A turn as it is."""
        self.messages.append({"role": role, "content": text, **more})

    def type(self, text: str, when: str | None) -> None:
        """Count what a person typed; the first of it is the prompt."""
        self.typed += 1
        if self.prompt is None:
            self.prompt, self.sent_at = text, when

    def answer(self, text: str, reasoning: str, calls: list[Line], **more: Json) -> Line:
        """A turn of the agent; the keys that say nothing are left out."""
        turn: Line = {"role": "assistant", "content": text}
        if thought := "\n\n".join([*self.reasoning, *([reasoning] if reasoning else [])]):
            turn["reasoning_content"] = thought
        self.reasoning.clear()
        turn |= more
        self.messages.append(turn)
        for call in calls:
            self.call(turn, call)
        return turn

    def call(self, turn: Line, call: Line) -> None:
        """A call of a tool within a turn."""
        turn.setdefault("tool_calls", []).append(call)
        self.calls[str(call["id"])] = str(call["function"]["name"])
        self.called.append(str(call["function"]["name"]))

    def last_answer(self) -> Line | None:
        """The turn of the agent, if it has the word."""
        return self.messages[-1] if self.messages and self.messages[-1]["role"] == "assistant" else None

    def result(self, call: Json, text: str, name: Json = None, *, failed: bool = False) -> None:
        """What a tool gave."""
        known = name if isinstance(name, str) and name else self.calls.get(str(call), UNKNOWN_TOOL)
        turn: Line = {"role": "tool", "tool_call_id": call, "name": known, "content": text}
        if failed:
            turn["is_error"] = True
        self.messages.append(turn)

    @property
    def tools(self) -> list[Line]:
        """The tools that occur, sorted."""
        return [{"type": "function", "function": {"name": name}} for name in sorted(set(self.called))]


@dataclass
class Session:
    """A row."""

    harness: str
    session_id: str | None
    conversation: Conversation
    metadata: Line
    trace: Json
    """The file as text, or the line as an object."""
    file_path: str


def tool_call(ident: Json, name: Json, arguments: Json) -> Line:
    """A call in the form of OpenAI, its arguments as an object where they are one."""
    if isinstance(arguments, str):
        arguments = parsed(arguments)
    return {
        "id": ident,
        "type": "function",
        "function": {"name": name if isinstance(name, str) else UNKNOWN_TOOL, "arguments": arguments or {}},
    }


def parsed(text: str) -> Json:
    """Arguments that a file holds as text; text that is no JSON stays text."""
    try:
        return json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return text


def text_of(content: Json, *kinds: str) -> str:
    """The text of a content: as it is, or its blocks of some kinds, a line each."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    wanted = kinds or ("text", "input_text", "output_text")
    return "\n".join(
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in content
        if isinstance(block, str) or (isinstance(block, dict) and block.get("type") in wanted)
    )


def blocks_of(content: Json, kind: str) -> list[Line]:
    """The blocks of a kind."""
    if not isinstance(content, list):
        return []
    return [block for block in content if isinstance(block, dict) and block.get("type") == kind]


def listed(value: Json) -> list[Line]:
    """The objects of a list; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def word(value: Json) -> str:
    """A text; of what is none, nothing."""
    return value if isinstance(value, str) else ""


def pictures_in(content: Json) -> int:
    """How many pictures a content holds."""
    return sum(len(blocks_of(content, kind)) for kind in ("image", "input_image", "image_url"))


def is_typed(text: str) -> bool:
    """Whether a text looks like one that a person typed."""
    return bool(text.strip()) and not text.lstrip().startswith(INJECTED)


def moment(milliseconds: Json) -> str | None:
    """A time in milliseconds since 1970 as ISO 8601 in UTC."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return milliseconds if isinstance(milliseconds, str) else None
    try:
        found = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def known(**told: Json) -> Line:
    """What is known of a session; the rest is left out."""
    return {key: value for key, value in told.items() if value is not None}

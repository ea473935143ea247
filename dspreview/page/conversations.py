"""Conversations: lists of turns, in the shapes of OpenAI, Anthropic and ShareGPT, with calls of tools and their results."""

from __future__ import annotations

import json
from typing import NamedTuple

from dspreview.models import Json

ROLES = {
    "user": "user", "human": "user", "prompter": "user", "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant",
    "bing": "assistant", "bard": "assistant", "model": "assistant", "ai": "assistant", "bot": "assistant", "system": "system",
    "developer": "system", "tool": "tool", "function": "tool", "observation": "tool", "ipython": "tool", "environment": "tool",
    "tool_response": "tool", "function_call": "assistant", "tool_call": "assistant", "function_response": "tool",
}  # fmt: skip
"""The names that are in use, and who speaks."""
TEXT_KEYS = ("content", "value", "text", "parts", "refusal")
PICTURES = frozenset({"image", "image_url", "input_image"})


class ToolCall(NamedTuple):
    """A call of a tool."""

    ident: str
    name: str
    arguments: Json


class Turn(NamedTuple):
    """What one of them said."""

    role: str
    """As the data has it."""
    text: str
    calls: tuple[ToolCall, ...] = ()
    answers: str = ""
    """The call whose result it is."""
    name: str = ""
    """Of the tool that it comes from."""
    thought: str = ""
    """What was thought before."""
    pictures: int = 0
    failed: bool = False

    @property
    def speaker(self) -> str:
        """`user`, `assistant`, `system` or `tool`; empty where the role is not known."""
        return ROLES.get(self.role.lower().replace("-", "_"), "")

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.text.strip() or self.calls or self.pictures or self.thought)


def turns_of(value: Json) -> list[Turn] | None:
    """The turns of a value; None where it is no conversation."""
    if not isinstance(value, list) or not value or not all(map(is_message, value)):
        return None
    return [turn for message in value for turn in turns_in(message)]


def head_of(turn: Turn) -> str:
    """Who speaks."""
    parts = [turn.role] + ([turn.name] if turn.name else [])
    return " ".join(parts) + (" (failed)" if turn.failed else "")


def is_message(value: Json) -> bool:
    """Whether a value has somebody who speaks and what is said."""
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("from"), str) and "value" in value:
        return True
    return isinstance(value.get("role"), str) and any(key in value for key in (*TEXT_KEYS, "tool_calls"))


def turns_in(message: dict[str, Json]) -> list[Turn]:
    """The turns that a message is: results among its blocks are turns of tools."""
    role = str(message.get("role") or message.get("from"))
    content = next((message[key] for key in TEXT_KEYS if message.get(key) is not None), None)
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    calls = [
        *calls_in(message.get("tool_calls")),
        *(call_of(one) for one in blocks if one.get("type") in {"tool_use", "toolCall"}),
    ]
    if isinstance(function := message.get("function_call"), dict):
        calls.append(call_of(function))
    thoughts = [message.get("reasoning_content"), message.get("reasoning"), *(one.get("thinking") for one in blocks)]
    own = Turn(
        role,
        text_of(content),
        tuple(calls),
        text_or_empty(message.get("tool_call_id") or message.get("toolCallId")),
        text_or_empty(message.get("name")),
        "\n\n".join(thought for thought in thoughts if isinstance(thought, str) and thought),
        sum(one.get("type") in PICTURES for one in blocks)
        + (message["images"] if isinstance(message.get("images"), int) else 0),
        message.get("is_error") is True,
    )
    results = [
        Turn(
            "tool", text_of(one.get("content")), answers=text_or_empty(one.get("tool_use_id")), failed=one.get("is_error") is True
        )
        for one in blocks
        if one.get("type") == "tool_result"
    ]  # fmt: skip
    return [*results, own] if not results or not own.says_nothing else results


def calls_in(value: Json) -> list[ToolCall]:
    """The calls in a list of them, as JSON or as its text."""
    if isinstance(value, str):
        value = parsed(value)
    return [call_of(one) for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def call_of(one: dict[str, Json]) -> ToolCall:
    """A call, whatever form it has."""
    function = one.get("function")
    inner = function if isinstance(function, dict) else one
    arguments = next((inner[key] for key in ("arguments", "input", "parameters") if inner.get(key) is not None), None)
    ident = one.get("id") or one.get("call_id")
    name = inner.get("name")
    return ToolCall(text_or_empty(ident), name if isinstance(name, str) else "?", parsed(arguments) if isinstance(arguments, str) else arguments)  # fmt: skip


def text_of(content: Json) -> str:
    """What is said in words: a text, or the texts among blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part for one in content if (part := block_text(one)))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def block_text(block: Json) -> str:
    """The words of a block."""
    if isinstance(block, str):
        return block
    found = block.get("text") if isinstance(block, dict) else None
    return found if isinstance(found, str) else ""


def text_or_empty(value: Json) -> str:
    """A text."""
    return value if isinstance(value, str) else ""


def parsed(text: str) -> Json:
    """JSON in a text; the text where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text

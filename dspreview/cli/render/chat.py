"""A conversation for people: a line of it in a table, all of it in a card."""

from __future__ import annotations

from dspreview.cli.render.layout import width_of
from dspreview.documents import plain
from dspreview.models import Json, dump
from dspreview.page.conversations import ToolCall, Turn, head_of

COLORS = {"user": "\x1b[1;32m", "assistant": "\x1b[1;36m", "system": "\x1b[1;35m", "tool": "\x1b[1;33m"}
"""By who speaks; each can be read on a light and on a dark ground."""
DIM, RESET = "\x1b[2m", "\x1b[0m"
ENOUGH = 2_000
"""Characters of a conversation that a line may need."""


def line_of(turns: list[Turn]) -> str:
    """The beginning of a conversation in a line."""
    told, size = list[str](), 0
    for turn in turns:
        said = " ".join(turn.text[:ENOUGH].split())
        parts = [said] if said else []
        parts += [f"→ {call.name}" for call in turn.calls]
        told.append(f"{turn.name or turn.role}: {' '.join(parts)}".rstrip())
        size += len(told[-1])
        if size > ENOUGH:
            break
    return plain.harmless(" · ".join(told))


def lines_of(turns: list[Turn], width: int, *, color: bool) -> list[str]:
    """All of a conversation: who speaks in colour, what is said as it is, a call in a line."""
    lines = list[str]()
    for number, turn in enumerate(turns):
        if number:
            lines.append("")
        style = COLORS.get(turn.speaker, "") if color else ""
        lines.append(f"{style}{plain.harmless(head_of(turn))}{RESET if style else ''}")
        dim, reset = (DIM, RESET) if color else ("", "")
        lines += [f"  {dim}{plain.harmless(line)}{reset}" for line in turn.thought.split("\n") if turn.thought]
        lines += ["  " + plain.harmless(line) for line in turn.text.split("\n") if turn.text]
        if turn.pictures:
            lines.append(f"  [{turn.pictures} picture{'' if turn.pictures == 1 else 's'}]")
        lines += [f"  {call_line(call, width - 2)}" for call in turn.calls]
    return lines


def call_line(call: ToolCall, width: int) -> str:
    """A call in a line, its arguments by their names."""
    told = call.arguments
    inner = (
        ", ".join(f"{key}: {value_text(value)}" for key, value in told.items())
        if isinstance(told, dict)
        else value_text(told)
    )
    text = plain.harmless(f"→ {call.name}({inner})")
    if width_of(text) <= width:
        return text
    return text[: max(1, width - 2)].rstrip() + "…)"


def value_text(value: Json) -> str:
    """An argument in a line."""
    return value if isinstance(value, str) else "" if value is None else dump(value)

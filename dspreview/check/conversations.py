"""What is odd in conversations: who speaks after whom, turns that say nothing, results that nobody asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from dspreview.arrow.values import to_python
from dspreview.check.findings import Finding, found
from dspreview.feature import JSON, LIST, Feature
from dspreview.models import Json
from dspreview.page.conversations import Turn, turns_of

UNKNOWN_ROLE, EMPTY, ORDER, ORPHAN, SYSTEM, OPEN = (
    "turn-role-unknown", "turn-empty", "turn-order", "tool-result-orphan", "system-prompt-repeated", "conversation-unfinished",
)  # fmt: skip
NOT_IN_LOGS = frozenset({UNKNOWN_ROLE, EMPTY, ORDER, ORPHAN, SYSTEM, OPEN, "mixed-types"})
"""Findings about what somebody put together; what a program wrote down is as it was."""


class Odd(NamedTuple):
    """The first of its kind in a column, and how many rows have one."""

    row: int
    turn: int
    told: str
    rows: int


class Talks:
    """Looks at the conversations of a column."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.odd: dict[str, Odd] = {}
        self.rows = 0

    def look(self, feature: Feature, values: pa.Array, first_row: int) -> None:
        """Look at the next rows."""
        if not (
            feature.is_conversation or feature.kind == JSON or (feature.kind == LIST and feature.item.kind == JSON)
        ):
            return
        for place, value in enumerate(to_python(values)):
            turns = turns_of(decoded(value, feature))
            if turns is None:
                continue
            self.rows += 1
            told = dict[str, tuple[int, str]]()
            for code, turn, words in oddities(turns):
                told.setdefault(code, (turn, words))
            for code, (turn, words) in told.items():
                old = self.odd.get(code)
                self.odd[code] = (
                    Odd(first_row + place, turn, words, 1) if old is None else old._replace(rows=old.rows + 1)
                )

    def findings(self, place: dict[str, Any]) -> Iterator[Finding]:
        """What was found."""
        for code, odd in self.odd.items():
            more = f" ({odd.rows:,} such rows)" if odd.rows > 1 else ""
            yield found(code, f"{self.name}, turn {odd.turn}: {odd.told}{more}", row=odd.row, column=self.name, **place)


def oddities(turns: list[Turn]) -> Iterator[tuple[str, int, str]]:
    """What is odd: a code, the turn (from 0) and words."""
    asked: set[str] = set()
    before: Turn | None = None
    speakers: set[str] = set()
    for number, turn in enumerate(turns):
        if not turn.speaker:
            yield UNKNOWN_ROLE, number, f"the role {turn.role[:40]!r} is none that models know"
        if turn.says_nothing and turn.speaker != "tool":
            yield EMPTY, number, f"the turn of {turn.role[:40]} says nothing"
        if turn.speaker == "system" and "system" in speakers:
            yield SYSTEM, number, "a second system prompt"
        if before is not None and turn.speaker == before.speaker and turn.speaker in {"user", "assistant"}:
            yield ORDER, number, f"{turn.role} speaks twice in a row"
        if turn.speaker == "tool" and (turn.answers not in asked if turn.answers else not (asked or may_ask(before))):
            yield ORPHAN, number, "the result of a call that is not there"
        asked |= {call.ident for call in turn.calls if call.ident}
        before = turn
        speakers.add(turn.speaker)
    if before is not None and before.speaker not in {"assistant", ""}:
        yield OPEN, len(turns) - 1, f"it ends with a turn of {before.role[:40]}, and no answer"


def may_ask(turn: Turn | None) -> bool:
    """Whether a result may follow a turn: what is asked may stand in its text, and results need not say whose they are."""
    return turn is not None and turn.speaker in {"assistant", "tool", ""}


def decoded(value: Any, feature: Feature) -> Any:
    """A value whose JSON is read, however deep it lies."""
    if value is None:
        return None
    if feature.holds_json_text:
        return parsed(value) if isinstance(value, str) else value
    if isinstance(value, list):
        return [decoded(one, feature.item) for one in value]
    if isinstance(value, dict):
        return {key: decoded(one, feature.part(key)) for key, one in value.items()}
    return value


def parsed(text: str) -> Json:
    """JSON; None where a text is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

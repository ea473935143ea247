"""Splits as `datasets` writes them: `train[10:20]`, `train[-5:]`, `train[:10%]`, `train+test`. Standard library only."""

from __future__ import annotations

import re
from typing import NamedTuple

from dspreview.errors import UsageError

SIGNS = frozenset("[+(")
"""None of them is in the name of a split."""
PIECE = re.compile(
    r"(?P<split>\w+(?:\.\w+)*)(?:\[(?:(?P<start>-?\d[\d_]*)(?P<start_unit>%)?)?:(?:(?P<end>-?\d[\d_]*)(?P<end_unit>%)?)?\])?"
    r"(?:\((?P<rounding>[^)]*)\))?"
)
SUM = re.compile(r"\s*\+\s*")
CLOSEST, WHOLE_PERCENT = "closest", "pct1_dropremainder"


class Slice(NamedTuple):
    """Some rows of a split, one after the other."""

    split: str
    start: int | None = None
    end: int | None = None
    percent: bool = False
    """Whether both ends are in hundredths of the split."""
    rounding: str = CLOSEST

    @property
    def needs_total(self) -> bool:
        """Whether its rows depend on how many the split has."""
        return self.percent or any(one is not None and one < 0 for one in (self.start, self.end))

    def bounds(self, total: int) -> tuple[int, int]:
        """The first of its rows, and the one behind the last, in a split of so many. Raises UsageError."""
        start = 0 if self.start is None else self.place(self.start, total)
        end = total if self.end is None else self.place(self.end, total)
        start, end = (max(total + one, 0) if one < 0 else min(one, total) for one in (start, end))
        return start, max(start, end)

    def place(self, number: int, total: int) -> int:
        """An end as a number of rows, as `datasets` rounds it."""
        if not self.percent:
            return number
        if self.rounding == CLOSEST:
            return round(number * total / 100.0)
        if total < 100:
            raise UsageError(f"({WHOLE_PERCENT}) is for splits of 100 rows and more, and {self.split} has {total}")
        return number * (total // 100)


def is_slice(name: str) -> bool:
    """Whether a word is more than the name of a split."""
    return not SIGNS.isdisjoint(name)


def refuse_part(asked: str, split: str) -> None:
    """Raise UsageError for a part of a split, where a command takes whole ones."""
    if is_slice(split):
        raise UsageError(f"{asked}: {split} is a part of what is read here; name a split")


def parse(text: str) -> tuple[Slice, ...]:
    """The pieces that a word means, in their order. Raises UsageError."""
    first, *others = found = tuple(piece_of(one, text) for one in SUM.split(text.strip()))
    if any(first.percent and one.percent and one.rounding != first.rounding for one in others):
        raise UsageError(f"{text!r}: its percents are rounded in two ways; choose one of them")
    return found


def piece_of(text: str, whole: str) -> Slice:
    """One of them."""
    found = PIECE.fullmatch(text)
    if found is None:
        raise UsageError(f"{whole!r} is no split: write train, train[10:20], train[-5:], train[:10%] or train+test")
    percent = bool(found["start_unit"] or found["end_unit"])
    start, end = (int(found[name]) if found[name] else None for name in ("start", "end"))
    rounding = found["rounding"]
    if rounding is not None and (not percent or rounding not in {CLOSEST, WHOLE_PERCENT}):
        raise UsageError(f"{whole!r}: ({CLOSEST}) or ({WHOLE_PERCENT}) may follow percents, and nothing else")
    if percent and any(one is not None and abs(one) > 100 for one in (start, end)):
        raise UsageError(f"{whole!r}: percents are between -100 and 100")
    return Slice(found["split"], start, end, percent, rounding or CLOSEST)

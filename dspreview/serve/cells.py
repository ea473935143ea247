"""A cell as something to look at."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import unquote

from dspreview.documents.assets import asset
from dspreview.documents.outlines import Outline
from dspreview.documents.plain import harmless
from dspreview.documents.words import bytes_text, counted, fitted, sound_text
from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json
from dspreview.page.conversations import Turn, head_of, turns_of

LONG_TEXT = 240
"""Characters of a text that are shown before it is opened."""
SHORT_NESTED = 60
MAX_ITEMS = 200
"""Parts of a nested cell that are shown each by itself."""
MAX_DEPTH = 8
THUMB = (160, 120)
LARGE = (960, 720)
LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")
PLAYERS = {"Audio": "audio", "Video": "video"}


class Cell(NamedTuple):
    """What a template draws."""

    kind: str
    """null, number, label, text, long, link, image, audio, video, file, code, nested, chat and its turn, aside and block."""
    text: str = ""
    note: str = ""
    url: str = ""
    width: int = 0
    """Of a picture, in pixels; of a text, in characters."""
    height: int = 0
    items: tuple[tuple[str, Cell], ...] = ()
    outlines: tuple[tuple[str, str], ...] = ()
    """On a picture: the points of each as SVG has them, in thousandths, and what it is."""

    def outlined(self, found: list[Outline]) -> Cell:
        """A picture with what is marked on it."""
        if self.kind != "image":
            return self
        points = (" ".join(f"{1_000 * x:.0f},{1_000 * y:.0f}" for x, y in one.points) for one in found)
        return self._replace(outlines=tuple(zip(points, (harmless(one.label) for one in found), strict=True)))


NULL = Cell("null", "null")


class Painter:
    """Makes cells, small ones for a table or large ones for a card."""

    def __init__(self, *, large: bool = False) -> None:
        self.box = LARGE if large else THUMB
        self.large = large

    def cell(self, value: Json, feature: FeatureTree, column: dict[str, Json] | None = None, depth: int = 0) -> Cell:
        """A value and its feature; the column knows the names of classes."""
        if value is None:
            return NULL
        if (media := asset(value, feature, (column or {}).get("type", ""))) is not None:
            return self.media(media.facts, media.kind)
        if isinstance(value, bool):
            return Cell("number", "true" if value else "false")
        labels = (column or {}).get("labels") or Feature(feature).labels
        if labels and isinstance(value, int):
            name = harmless(str(labels[value])) if 0 <= value < len(labels) else "no such class"
            return Cell("label", name, str(value))
        if isinstance(value, (int, float)):
            return Cell("number", str(value))
        if isinstance(value, str):
            return self.text(value)
        if depth == 0 and (turns := turns_of(value)) is not None:
            return self.conversation(turns)
        return self.nested(value, feature, depth)

    def conversation(self, turns: list[Turn]) -> Cell:
        """Turns as a chat; folded in a table, open in a card."""
        first = next((turn.text for turn in turns if turn.speaker == "user"), turns[0].text)
        summary = f"{counted(len(turns), 'turn')}: {harmless(' '.join(first[:LONG_TEXT].split()))}"
        items = tuple((harmless(head_of(turn)), self.turn(turn)) for turn in turns[:MAX_ITEMS])
        if len(turns) > MAX_ITEMS:
            items += (("…", Cell("turn", items=(("", Cell("text", f"{len(turns) - MAX_ITEMS:,} more")),))),)
        return Cell("chat", summary, "open" if self.large else "", items=items)

    def turn(self, turn: Turn) -> Cell:
        """What one of them said: thoughts, calls and long results are folded."""
        parts = list[tuple[str, Cell]]()
        if turn.thought:
            parts.append(("", Cell("aside", "thought", items=(("", Painter(large=True).text(turn.thought)),))))
        if turn.text:
            parts.append(("", self.text(turn.text) if turn.speaker != "tool" else Painter().text(turn.text)))
        if turn.pictures:
            parts.append(("", Cell("text", counted(turn.pictures, "picture"))))
        for call in turn.calls:
            told = json.dumps(call.arguments, ensure_ascii=False, indent=1)
            inner = "\n".join(harmless(line) for line in told.split("\n"))
            parts.append(("", Cell("aside", f"→ {harmless(call.name)}", items=(("", Cell("block", inner)),))))
        return Cell("turn", note=turn.speaker or "other", items=tuple(parts))

    def text(self, value: str) -> Cell:
        """A text, with nothing in it that reorders a line; a long one is opened when somebody wants it."""
        if LINK.fullmatch(value):
            return Cell("link", harmless(value), url=value)
        text = "\n".join(harmless(line) for line in value.split("\n"))
        if self.large or (len(text) <= LONG_TEXT and text.count("\n") < 6):
            return Cell("text", text, width=len(text))
        short = "\n".join(text[:LONG_TEXT].split("\n")[:6]).rstrip()
        return Cell("long", text, short)

    def media(self, found: dict[str, Json], kind: str) -> Cell:
        """A file of the asset folder."""
        url = "/" + str(found["src"])
        name = harmless(unquote(url.rpartition("/")[2]))
        if found.get("playable") is False or kind not in {"Image", *PLAYERS}:
            size = found.get("size_bytes")
            return Cell("file", name, bytes_text(size) if isinstance(size, int) else "", url)
        if kind == "Image":
            width, height = found.get("width"), found.get("height")
            if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
                width, height = self.box
            shown = fitted(width, height, self.box)
            return Cell("image", name, f"{width} × {height}", url, *shown)
        return Cell(PLAYERS[kind], name, sound_text(found), url)

    def nested(self, value: Any, feature: FeatureTree, depth: int) -> Cell:
        """A list or a struct: short ones in a line, others folded."""
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= SHORT_NESTED and '"src"' not in text:
            return Cell("code", harmless(text))
        if depth >= MAX_DEPTH:
            return Cell("code", harmless(text[:2_000]))
        if isinstance(value, dict):
            pairs = [(harmless(str(name)), item, Feature(feature).part(name).tree) for name, item in value.items()]
            summary = f"{{{len(pairs)}}}"
        else:
            pairs = [(str(place), item, Feature(feature).item.tree) for place, item in enumerate(value)]
            summary = f"[{len(pairs)}]"
        items = tuple((name, self.cell(item, inner, None, depth + 1)) for name, item, inner in pairs[:MAX_ITEMS])
        if len(pairs) > MAX_ITEMS:
            items += (("…", Cell("text", f"{len(pairs) - MAX_ITEMS:,} more")),)
        if all(one.kind in {"audio", "image", "video"} for _, one in items) and len(items) <= 3:
            return Cell("group", items=items)
        return Cell("nested", f"{summary} {harmless(text[:SHORT_NESTED])}…", items=items)

"""A page as HTML for a notebook: everything in it, nothing loaded, whatever a dataset holds shown as text."""

from __future__ import annotations

import base64
import io
import json
from html import escape
from typing import Any

from dspreview.documents.plain import harmless
from dspreview.documents.words import type_text
from dspreview.models import dump
from dspreview.page.conversations import Turn, head_of, turns_of
from dspreview.preview import PageAnswer

SHOWN_ROWS = 20
CELL = 300
"""Characters of a cell that are shown."""
SIDE = 96
"""Pixels of the longer side of a thumbnail."""
TURNS = 6
"""Turns of a conversation that are shown."""
SOUND_BYTES = 60_000
"""Of a sound that is shown to be played."""
MOST_BYTES = 500_000
"""Of all that is shown; later images are named only."""
STYLE = (
    "<style scoped>.dspreview{border-collapse:collapse;font:13px system-ui,sans-serif}.dspreview th,.dspreview td{text-align:left;"
    "vertical-align:top;padding:4px 8px;border-bottom:1px solid rgba(128,128,128,.35);max-width:28em;overflow-wrap:anywhere}"
    ".dspreview small{font-weight:400;opacity:.7;display:block}.dspreview .n{text-align:right;font-variant-numeric:tabular-nums}"
    ".dspreview i{opacity:.6}.dspreview img{display:block;max-width:96px}</style>"
)  # fmt: skip


def page_html(title: str, answer: PageAnswer, rows: list[dict[str, Any]]) -> str:
    """The first rows of a page as a table."""
    features = [(one["name"], one["type"]) for one in json.loads(answer.page.features)]
    head = "".join(f"<th>{text(name)}<small>{text(type_text(tree))}</small></th>" for name, tree in features)
    parts = [STYLE, f'<table class="dspreview"><thead><tr>{head}</tr></thead><tbody>']
    used = len(head)
    for row in rows[:SHOWN_ROWS]:
        cells = []
        for name, _ in features:
            cell = cell_html(row.get(name), MOST_BYTES - used)
            used += len(cell)
            cells.append(cell)
        parts.append(f"<tr>{''.join(cells)}</tr>")
        if used > MOST_BYTES:
            break
    total = answer.page.num_rows_total
    shown = min(len(rows), SHOWN_ROWS)
    counted = f"{shown:,} rows" if total is None else f"{shown:,} rows of {total:,}"
    parts.append(f"</tbody></table><p><small>{text(title)}: {counted}</small></p>")
    return "".join(parts)


def cell_html(value: Any, room: int) -> str:
    """A cell; an image as a thumbnail, where there is room for it."""
    if value is None:
        return "<td><i>null</i></td>"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td class="n">{dump(value)}</td>'
    if (
        isinstance(value, dict)
        and value.get("file")
        and "width" in value
        and (image := thumbnail(value["file"]))
        and len(image) < room
    ):
        return f'<td><img alt="" src="data:image/png;base64,{image}"></td>'
    if (sound := sound_html(value, room)) is not None:
        return f"<td>{sound}</td>"
    if (turns := turns_of(value)) is not None:
        return f"<td>{chat_html(turns)}</td>"
    if isinstance(value, (dict, list)):
        value = dump(without_files(value))
    return f"<td>{text(str(value))}</td>"


def chat_html(turns: list[Turn]) -> str:
    """A conversation: who speaks, and what is said; the first turns of a long one."""
    shown = turns[:TURNS]
    lines = [
        f"<p><b>{text(head_of(turn))}</b> {text(turn.text or ', '.join(f'{call.name}()' for call in turn.calls))}</p>"
        for turn in shown
    ]
    more = f"<p><i>{len(turns) - len(shown)} more turns</i></p>" if len(turns) > len(shown) else ""
    return "".join(lines) + more


def sound_html(value: Any, room: int) -> str | None:
    """A sound that can be played, where it is short enough; None for anything else."""
    found = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not (isinstance(found, dict) and found.get("file") and str(found.get("type", "")).startswith("audio/")):
        return None
    try:
        with open(found["file"], "rb") as file:
            data = file.read(SOUND_BYTES + 1)
    except OSError:
        return None
    if len(data) > SOUND_BYTES or len(data) * 4 // 3 > room:
        return None
    packed = base64.b64encode(data).decode()
    return f'<audio controls preload="none" src="data:{escape(found["type"])};base64,{packed}"></audio>'


def without_files(value: Any) -> Any:
    """A value without the places of files on this machine."""
    if isinstance(value, dict):
        return {name: without_files(one) for name, one in value.items() if not (name == "file" and "src" in value)}
    return [without_files(one) for one in value] if isinstance(value, list) else value


def text(value: str) -> str:
    """Text as harmless text of HTML, cut."""
    return escape(harmless(value if len(value) <= CELL else f"{value[:CELL]}…"))


def thumbnail(path: str) -> str | None:
    """A small PNG of an image as base64; None where it is none."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as image:
            image.draft("RGB", (SIDE, SIDE))
            small = image.convert("RGBA")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError):
        return None
    small.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    small.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()

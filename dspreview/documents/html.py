"""A page as HTML for a notebook: everything in it, nothing loaded, whatever a dataset holds shown as text."""

from __future__ import annotations

import base64
import io
import json
import re
from html import escape
from typing import Any

from dspreview.documents.assets import FoundFile, asset
from dspreview.documents.plain import harmless
from dspreview.documents.words import bytes_text, plain_type, sound_text, type_text
from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json, dump
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
    "<style scoped>table.dspreview.dspreview{border-collapse:collapse;font:13px system-ui,sans-serif;width:auto}"
    "table.dspreview.dspreview :is(th,td){text-align:start;vertical-align:top;padding:4px 8px;border-bottom:1px solid rgba(128,128,128,.35);"
    "max-width:28em;white-space:normal;overflow-wrap:break-word}table.dspreview.dspreview th{white-space:nowrap}"
    "table.dspreview.dspreview .n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}table.dspreview.dspreview .w{white-space:nowrap}"
    ".dspreview small{font-weight:400;opacity:.7;display:block}.dspreview i{opacity:.6}.dspreview img{display:block;max-width:96px}"
    ".dspreview audio{max-width:16em}</style>"
)
"""Its rules count more than those of a notebook for any table."""
WHOLE = re.compile(r"[\d:.,+\-TZ/ ]{1,40}")
"""A date, a time, a number as text: never broken."""
NUMBERS = ' class="n"'


def page_html(title: str, answer: PageAnswer, rows: list[dict[str, Any]]) -> str:
    """The first rows of a page as a table."""
    trees = {one["name"]: one["type"] for one in json.loads(answer.page.features)}
    columns = [(one["name"], trees[one["name"]], one) for one in json.loads(answer.page.columns)]
    head = "".join(
        f'<th{NUMBERS if is_number(told) else ""}>{text(name)}<small title="{text(type_text(tree))}">{text(plain_type(tree))}</small></th>'
        for name, tree, told in columns
    )
    parts = [STYLE, f'<table class="dspreview"><thead><tr>{head}</tr></thead><tbody>']
    used = len(head)
    for row in rows[:SHOWN_ROWS]:
        cells = []
        for name, tree, told in columns:
            cell = cell_html(row.get(name), tree, told, MOST_BYTES - used)
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


def is_number(told: dict[str, Json]) -> bool:
    """Whether the cells of a column stand on the right."""
    return told["type"] in {"INT", "FLOAT"}


def cell_html(value: Any, tree: FeatureTree, told: dict[str, Json], room: int) -> str:
    """A cell; an image as a thumbnail, a sound to be played, where there is room for it, else what is known of it."""
    if value is None:
        return "<td><i>null</i></td>"
    labels = told.get("labels") or Feature(tree).labels
    if labels and isinstance(value, int) and 0 <= value < len(labels):
        return f'<td class="w">{text(str(labels[value]))}</td>'
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f'<td class="n">{dump(value)}</td>'
    if (media := asset(value, tree, told["type"])) is not None:
        return f"<td>{media_html(media, room)}</td>"
    if (turns := turns_of(value)) is not None:
        return f"<td>{chat_html(turns)}</td>"
    if isinstance(value, (dict, list)):
        value = dump(without_files(value))
    shown = text(str(value))
    return f'<td class="w">{shown}</td>' if WHOLE.fullmatch(str(value)) else f"<td>{shown}</td>"


def media_html(media: FoundFile, room: int) -> str:
    """A file of a cell."""
    found, path = media.facts, str(media.facts.get("file") or "")
    if media.kind == "Image" and path and (image := thumbnail(path)) and len(image) < room:
        return f'<img alt="" src="data:image/png;base64,{image}">'
    if media.kind == "Audio" and path and (sound := sound_html(path, str(found.get("type", "")), room)):
        return sound
    size = found.get("size_bytes")
    known = [media.kind.lower(), sound_text(found), bytes_text(size) if isinstance(size, int) else ""]
    if found.get("width") and found.get("height"):
        known.append(f"{found['width']} × {found['height']}")
    return f"<i>{text(', '.join(filter(None, known)))}</i>"


def chat_html(turns: list[Turn]) -> str:
    """A conversation: who speaks, and what is said; the first turns of a long one."""
    shown = turns[:TURNS]
    lines = [
        f"<p><b>{text(head_of(turn))}</b> {text(turn.text or ', '.join(f'{call.name}()' for call in turn.calls))}</p>"
        for turn in shown
    ]
    more = f"<p><i>{len(turns) - len(shown)} more turns</i></p>" if len(turns) > len(shown) else ""
    return "".join(lines) + more


def sound_html(path: str, kind: str, room: int) -> str | None:
    """A sound that can be played, where it is short enough; None for anything else."""
    if not kind.startswith("audio/"):
        return None
    try:
        with open(path, "rb") as file:
            data = file.read(SOUND_BYTES + 1)
    except OSError:
        return None
    if len(data) > SOUND_BYTES or len(data) * 4 // 3 > room:
        return None
    packed = base64.b64encode(data).decode()
    return f'<audio controls preload="none" src="data:{escape(kind)};base64,{packed}"></audio>'


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

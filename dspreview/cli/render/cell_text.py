"""A cell of a page in one line: class names beside integers, files as name and size, nested values the way they are read."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dspreview.cli.render.chat import line_of
from dspreview.documents.words import harmless
from dspreview.models import Json
from dspreview.page.conversations import turns_of

LONG_NUMBER = 12
"""A float of more characters is rounded in a table."""
NULL = "null"


def cell_text(value: Json, column: dict[str, Json]) -> str:
    """A cell in one line; the texts that look like null, and the empty one, are quoted."""
    if isinstance(value, int) and not isinstance(value, bool) and column["type"] == "CLASS_LABEL":
        labels = column.get("labels") or []
        return f"{value} {harmless(labels[value])}" if 0 <= value < len(labels) else str(value)
    if (turns := turns_of(value)) is not None:
        return line_of(turns)
    if isinstance(value, (dict, list)):
        return asset_text(value) if is_asset(value) else harmless(nested_text(value, outermost=True))
    return plain_text(value)


def plain_text(value: Json) -> str:
    """A value without others inside."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    text = harmless(str(value))
    return f'"{text}"' if isinstance(value, str) and (not text or text.lower() == NULL) else text


def number_text(value: float) -> str:
    """A float, rounded where it is long, but never by a digit before its point."""
    text = str(value)
    if len(text) <= LONG_NUMBER:
        return text
    rounded = f"{value:.6g}"
    return f"{value:.1f}" if "e" in rounded and "e" not in text and abs(value) >= 1 else rounded


def nested_text(value: Json, *, outermost: bool = False) -> str:
    """A list in brackets, an object as `name: value`, in braces where it is inside another."""
    if is_asset(value):
        return f"<{asset_text(value)}>"
    if isinstance(value, list):
        return "[" + ", ".join(map(nested_text, value)) + "]"
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {nested_text(item)}" for key, item in value.items())
        return inner if outermost and inner else "{" + inner + "}"
    return plain_text(value)


def is_asset(value: Json) -> bool:
    """Whether a cell is a file, or the sources of one sound."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        return isinstance(value, dict) and "src" in value and ("type" in value or "playable" in value)
    return isinstance(value, dict) and str(value.get("src", "")).startswith("assets/")


def asset_text(value: Any) -> str:
    """A file as its name and what is known of it."""
    asset = value[0] if isinstance(value, list) else value
    facts = []
    if "width" in asset:
        facts.append(f"{asset['width']}x{asset['height']}")
    if "duration" in asset:
        facts.append(f"{asset['duration']:g} s")
    if "size_bytes" in asset:
        facts.append(f"{asset['size_bytes']:,} bytes")
    return " ".join([harmless(unquote(str(asset["src"]).rpartition("/")[2])), *facts])


def short_assets(value: Json) -> Json:
    """A nested value with its files as their short text."""
    if is_asset(value):
        return f"<{asset_text(value)}>"
    if isinstance(value, list):
        return [short_assets(item) for item in value]
    if isinstance(value, dict):
        return {key: short_assets(item) for key, item in value.items()}
    return value

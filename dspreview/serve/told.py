"""What pages say in words: why something is not shown, and what a README says of its dataset."""

from __future__ import annotations

import os
from typing import NamedTuple

from dspreview import errors
from dspreview.documents.plain import harmless
from dspreview.extract.layout.readme import local_card
from dspreview.models import DatasetRef, Kind

CARD = ("pretty_name", "license", "language", "size_categories", "task_categories")
"""What a dataset's page tells of its README."""


class Problem(NamedTuple):
    """Why something is not shown."""

    text: str
    command: str = ""
    """What would bring it."""
    place: str = ""
    """A text and the place in it that is wrong, one below the other."""


def field_of(problem: Problem | None) -> str:
    """The field of the form that a problem is about."""
    return problem.text.partition(":")[0] if problem is not None else ""


def card_lines(ref: DatasetRef) -> list[str]:
    """What the README of a folder on this machine says of it: its licence, languages and so on."""
    if ref.kind is not Kind.LOCAL or not os.path.isdir(ref.name):
        return []
    try:
        card = local_card(ref.name, ref.asked)
    except errors.PreviewError:
        return []
    found = {key.replace("_", " "): card[key] for key in CARD if card.get(key)}
    return [
        harmless(f"{key}: {', '.join(map(str, value)) if isinstance(value, list) else value}")[:200]
        for key, value in found.items()
    ]


def problem_of(error: errors.PreviewError) -> Problem:
    """A failure as words, a command to copy, and a place in a text."""
    lines = str(error).split("\n")
    place = "\n".join(harmless(line) for line in lines[-2:]) if lines[-1].strip() == "^" else ""
    text = harmless(" ".join(lines[:-2] if place else lines))
    text, _, command = text.partition("; run: ")
    return Problem(text, command, place)

"""Which columns are the input of a model, and which its answer: as the settings say, or guessed from their names and types, and told."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import LIST, STRUCT, TEXTS, Feature
from dspreview.models import FeatureTree, SplitId
from dspreview.suggestions import did_you_mean

ANSWER = re.compile(
    r"(?:labels?|target|class|category|answers?|gold|output|response|completion|sentiment|score|rating|y|is_\w+|chosen|rejected|intent|topic|grade)(?:_(?:ids?|idx|text|name))?",
    re.IGNORECASE,
)
FREE = re.compile(r"(?:answers?|output|response|completion|chosen|rejected|gold)(?:_text)?", re.IGNORECASE)
"""Answers of which one input may have several, where they are texts: no labels."""
CHOICES = re.compile(r"choices?|options?|endings?|candidates?|(?:option|choice|ending)_?\w", re.IGNORECASE)
"""What an answer is chosen from: part of the input, list or text."""
IDENTIFIER = re.compile(r"(?:(?:\w+_)?(?:id|idx|index|uid|uuid|guid|key|number|no)|\w*Id|__\w+__|row)", re.IGNORECASE)
ABOUT = re.compile(
    r"(?:urls?|links?|source|origin|dataset|split|date|time|timestamp|created\w*|updated\w*|\w+_at|author|license|lang|language|file_?name|path|meta\w*|version|hash|\w*_length|length)",
    re.IGNORECASE,
)
"""Columns that say something of a row, and are no part of what a model sees."""
PROSE = re.compile(
    r"(?:\w+_)?(?:text|sentences?|questions?|prompts?|premise|hypothesis|instructions?|inputs?|content|documents?|context|passages?|query|queries|reviews?|title|abstract|comments?|body|story|article|summary|messages|conversations?|dialogue?|utterance|tweet|code|problem|statement)\d*",
    re.IGNORECASE,
)
"""Columns of prose: beside them, numbers and categories are no input."""


class Roles(NamedTuple):
    """What columns are for."""

    inputs: tuple[str, ...]
    answers: tuple[str, ...]
    guessed: bool

    @property
    def words(self) -> str:
        """How they were told."""
        listed = ", ".join(self.inputs[:5]) + (", …" if len(self.inputs) > 5 else "")
        return (
            f"{listed} (a guess; [input] of dspreview.toml says which columns are the input)"
            if self.guessed
            else listed
        )


def is_written(feature: Feature) -> bool:
    """Whether somebody wrote what is in a column: texts and conversations."""
    return feature.value in TEXTS or feature.is_conversation


def guessed(columns: list[tuple[str, FeatureTree]]) -> Roles | None:
    """The roles of columns by their names and types; None where no text is an input, or nothing else is there to differ."""
    answers = [name for name, tree in columns if Feature(tree).labels or ANSWER.fullmatch(name)]
    inputs = [
        name
        for name, tree in columns
        if name not in answers and not IDENTIFIER.fullmatch(name) and not ABOUT.fullmatch(name) and not Feature(tree).holds_assets()
    ]  # fmt: skip
    features = {name: Feature(tree) for name, tree in columns}
    if any(PROSE.fullmatch(name) and is_written(features[name]) for name in inputs):
        inputs = [name for name in inputs if is_written(features[name]) or CHOICES.fullmatch(name)]
    if not any(is_written(Feature(tree)) for name, tree in columns if name in inputs) or len(inputs) == len(columns):
        return None
    return Roles(tuple(inputs), tuple(name for name in answers if is_label(name, features[name])), guessed=True)


def is_label(name: str, feature: Feature) -> bool:
    """Whether an answer is one that the same input always has."""
    return (
        not FREE.fullmatch(name) or bool(feature.labels) or not (feature.kind in {LIST, STRUCT} or is_written(feature))
    )


def by_names(names: SplitId, columns: list[tuple[str, FeatureTree]]) -> Roles | None:
    """The same for a split."""
    del names
    return guessed(columns)


def told(table: dict[str, Any], config: str, columns: list[tuple[str, FeatureTree]], path: str) -> Roles | None:
    """The roles that `[input]` of the settings names for a config. Raises UsageError."""
    found = table.get(config, table.get("*"))
    if found is None:
        return None
    names = [name for name, _ in columns]
    inputs = found if isinstance(found, list) else found.get("columns") if isinstance(found, dict) else None
    answer = found.get("label") if isinstance(found, dict) else None
    if not isinstance(inputs, list) or not inputs:
        raise UsageError(
            f'{path}: [input] {config} must be a list of columns, or {{ columns = ["text"], label = "label" }}'
        )
    for name in [*inputs, *([answer] if answer is not None else [])]:
        if name not in names:
            raise UsageError(
                f"{path}: [input] {config}: no column {name!r}{did_you_mean(str(name), names)}; there are {', '.join(names[:20])}"
            )
    if answer is None:
        answers = tuple(
            name
            for name, tree in columns
            if name not in inputs
            and (Feature(tree).labels or (ANSWER.fullmatch(name) and is_label(name, Feature(tree))))
        )
    else:
        answers = (answer,)
    return Roles(tuple(inputs), answers, guessed=False)

"""Which columns are the input of a model, and which its answer: as the settings say, or guessed from their names and types, and told."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from dspreview.errors import UsageError
from dspreview.feature import LIST, STRUCT, TEXTS, Feature
from dspreview.models import FeatureTree, SplitId
from dspreview.suggestions import did_you_mean

ANSWER = re.compile(
    r"(?:labels?|targets?|class|category|answers?|gold|outputs?|responses?|completions?|sentiment|score|rating|y|is_\w+|chosen|rejected|intent|topic|grade"
    r"|summary|summaries|highlights?|headline|solutions?|docstring|sql|translations?|reply|replies|rationale|explanation"
    r"|emotions?|hate(?:ful|_speech)?|toxic(?:ity)?|offensive|stance|polarity|relevance|entailment|\w+_(?:label|tags?))(?:_(?:ids?|idx|text|name))?",
    re.IGNORECASE,
)
FREE = re.compile(
    r"(?:answers?|outputs?|responses?|completions?|chosen|rejected|gold|targets?|summary|summaries|highlights?|headline|solutions?|docstring|sql|translations?|reply|replies|rationale|explanation)(?:_text)?",
    re.IGNORECASE,
)
"""Answers of which one input may have several, where they are texts: no labels."""
PLACED = re.compile(
    r"(?:(?:doc|document|passage|paragraph|corpus|image|video|audio|product|item|user|entity|candidate|context|response|answer)_?ids?"
    r"|(?:span_?|char_?|token_?)?(?:start|begin|end|stop|offset|position)(?:_\w+)?|spans?|aspect|term|entity)",
    re.IGNORECASE,
)
"""What a label is about beside the text: a document, a place in it."""
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
    features = {name: Feature(tree) for name, tree in columns}
    answers = [name for name, tree in columns if Feature(tree).labels or ANSWER.fullmatch(name)]
    labels = [name for name in answers if is_label(name, features[name])]
    if labels:  # of an answer that somebody wrote, then: it is part of what they are about
        answers = labels
    paired = any(name.lower() in {"target", "targets"} for name in features)
    inputs = [
        name
        for name, feature in features.items()
        if name not in answers and not feature.holds_assets() and (PLACED.fullmatch(name) or not (
            IDENTIFIER.fullmatch(name) or (ABOUT.fullmatch(name) and not (paired and name.lower() == "source"))
        ))
    ]  # fmt: skip
    if any(PROSE.fullmatch(name) and is_written(features[name]) for name in inputs):
        inputs = [
            name
            for name in inputs
            if is_written(features[name]) or CHOICES.fullmatch(name) or (labels and PLACED.fullmatch(name))
        ]
    if not labels:
        inputs = [name for name in inputs if not PLACED.fullmatch(name)]
    if not any(is_written(Feature(tree)) for name, tree in columns if name in inputs) or len(inputs) == len(columns):
        return None
    return Roles(tuple(inputs), tuple(labels), guessed=True)


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

"""The rules in a `dspreview.toml`: `[rules."config/split".column]`, read and checked before any data is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.check.findings import SEVERITIES
from dspreview.check.rules import allowance
from dspreview.errors import UsageError
from dspreview.folders import read_toml
from dspreview.models import Json, SplitId
from dspreview.suggestions import did_you_mean

EVERY = "*"


class RuleKind(NamedTuple):
    """A kind of rule."""

    name: str
    takes: str
    """What its value must be, in words."""
    fits: Callable[[Any], bool]
    schema: dict[str, Json]
    """The same as JSON Schema."""


def is_number(value: Any) -> bool:
    """Whether a value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_bound(value: Any) -> bool:
    """Whether a value can be a least or a greatest one: a number, or a text for dates and texts."""
    return is_number(value) or isinstance(value, str) or hasattr(value, "isoformat")


def is_length(value: Any) -> bool:
    """Whether a value is a length, or `{min = …, max = …}`."""
    if isinstance(value, dict):
        return bool(value) and set(value) <= {"min", "max"} and all(map(is_count, value.values()))
    return is_count(value)


def is_count(value: Any) -> bool:
    """Whether a value is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_listed(value: Any) -> bool:
    """Whether a value is a list of values that a cell may have."""
    return isinstance(value, list) and bool(value) and all(is_bound(one) or isinstance(one, bool) for one in value)


BOUND = {"type": ["number", "string"]}
COUNT = {"type": "integer", "minimum": 0}
KINDS = {
    kind.name: kind
    for kind in (
        RuleKind("not_null", "true", lambda value: value is True, {"const": True}),
        RuleKind("unique", "true", lambda value: value is True, {"const": True}),
        RuleKind("min", "a number, a date or a text", is_bound, BOUND),
        RuleKind("max", "a number, a date or a text", is_bound, BOUND),
        RuleKind("regex", "a pattern of RE2 that fits the whole text", lambda value: isinstance(value, str), {"type": "string"}),
        RuleKind("in", "a list of values", is_listed, {"type": "array", "minItems": 1}),
        RuleKind("length", "a whole number, or { min = 1, max = 9 }", is_length, {"anyOf": [COUNT, {"type": "object", "properties": {"min": COUNT, "max": COUNT}, "additionalProperties": False}]}),
        RuleKind("references", '"config/split.column"', lambda value: isinstance(value, str) and "/" in value and "." in value, {"type": "string"}),
    )
}  # fmt: skip
OPTIONS: dict[str, tuple[str, Callable[[Any], bool], dict[str, Json]]] = {
    "when": ("a predicate, as in `dspreview filter --where`", lambda value: isinstance(value, str), {"type": "string"}),
    "severity": (f"one of {', '.join(SEVERITIES)}", lambda value: value in SEVERITIES, {"enum": list(SEVERITIES)}),
    "message": ("a text", lambda value: isinstance(value, str), {"type": "string"}),
    "at_most": ("the share of rows that may break it, from 0 to 1", lambda value: is_number(value) and 0 <= value <= 1, {"type": "number", "minimum": 0, "maximum": 1}),
}  # fmt: skip
"""What may stand beside the rules of a column, and holds for all of them."""


class Rule(NamedTuple):
    """One rule."""

    where: str
    """`config/split`, `config/*`, `*/split` or `*`."""
    column: str
    kind: str
    value: Any
    when: str = ""
    severity: str = "error"
    message: str = ""
    at_most: float = 0.0
    line: int | None = None

    def concerns(self, names: SplitId) -> bool:
        """Whether it is about a split."""
        return self.where in {
            EVERY,
            f"{names.config}/{names.split}",
            f"{names.config}/{EVERY}",
            f"{EVERY}/{names.split}",
        }

    @property
    def words(self) -> str:
        """The rule as it was written."""
        return f"{self.kind} = {written(self.value)}" + (f", when {self.when}" if self.when else "")


class Book(NamedTuple):
    """The rules of a file."""

    path: str
    rules: tuple[Rule, ...]

    def of(self, names: SplitId) -> list[Rule]:
        """The rules of a split."""
        return [rule for rule in self.rules if rule.concerns(names)]

    def wrong(self, rule: Rule, why: str) -> UsageError:
        """A rule that cannot be kept, with its place."""
        return UsageError(
            f"{self.path}{f':{rule.line}' if rule.line else ''}: [rules.{rule.where!r}.{rule.column!r}] {why}"
        )

    def check(self, asked: str, known: list[SplitId]) -> None:
        """Raise UsageError for a rule of a split that is not there."""
        for rule in self.rules:
            if not any(rule.concerns(names) for names in known):
                there = ", ".join("/".join(names) for names in known[:10])
                raise self.wrong(rule, f"{asked} has no such split; there are {there}")
            other = str(rule.value).rpartition(".")[0]
            if rule.kind == "references" and other not in {"/".join(names) for names in known}:
                there = ", ".join("/".join(names) for names in known[:10])
                raise self.wrong(rule, f"references: {asked} has no split {other}; there are {there}")


def read_book(path: str) -> Book:
    """The rules of a file. Raises UsageError with the place of what is wrong, SettingsError where it is no TOML."""
    tables = read_toml(Path(path))
    text = Path(path).read_text(encoding="utf-8")
    rules: list[Rule] = []
    told = tables.get("rules", {})
    if not isinstance(told, dict):
        raise UsageError(f'{path}: rules must be tables, such as [rules."default/train".text]')
    for where, columns in told.items():
        if where != EVERY and where.count("/") < 1:
            raise UsageError(
                f'{path}{at(text, where)}: [rules.{where!r}]: name a split as "config/split", or "*" for all'
            )
        if not isinstance(columns, dict):
            raise UsageError(f"{path}{at(text, where)}: [rules.{where!r}] must hold a table for each column")
        for column, found in columns.items():
            if isinstance(found, list):
                begins = [match.start() for match in repeated(where, column).finditer(text)]
                behind = [*begins, *[0] * len(found)]
                for number, table in enumerate(found):
                    rules += rules_of(path, from_place(text, behind[number]), where, column, table)
            else:
                rules += rules_of(path, text, where, column, found)
    return Book(path, tuple(rules))


def repeated(where: str, column: str) -> re.Pattern[str]:
    """How each of several tables for one column begins: `[["rules"."*".text]]`, with quotes or without."""
    names = "".join(rf"\s*\.\s*[\"']?{re.escape(name)}[\"']?" for name in (where, column))
    return re.compile(rf"(?m)^[ \t]*\[\[\s*[\"']?rules[\"']?{names}\s*\]\]")


def from_place(text: str, place: int) -> str:
    """A text from a place on, its lines where they were."""
    return "\n" * text.count("\n", 0, place) + text[place:]


def rules_of(path: str, text: str, where: str, column: str, table: Any) -> Iterator[Rule]:
    """The rules in one table. Raises UsageError."""
    place = f"{path}{at(text, where, column)}: [rules.{where!r}.{column!r}]"
    if not isinstance(table, dict):
        raise UsageError(f"{place} must be a table")
    options = {name: value for name, value in table.items() if name in OPTIONS}
    for name, value in table.items():
        known: dict[str, Any] = KINDS | OPTIONS
        if name not in known:
            hint = did_you_mean(name, known, f"; there are {', '.join(known)}")
            raise UsageError(
                f"{path}{at(text, where, column, name)}: [rules.{where!r}.{column!r}]: no rule {name!r}{hint}"
            )
        takes, fits = (KINDS[name].takes, KINDS[name].fits) if name in KINDS else OPTIONS[name][:2]
        if not fits(value):
            raise UsageError(f"{path}{at(text, where, column, name)}: {name} = {written(value)}: {takes} was expected")
    for name in table:
        if name in KINDS:
            yield Rule(where, column, name, table[name], line=line_of(text, where, column, name), **options)
    if not set(table) & set(KINDS):
        raise UsageError(f"{place} has no rule; there are {', '.join(KINDS)}")


def at(text: str, *words: str) -> str:
    """`:12`, where a line can be told."""
    found = line_of(text, *words)
    return f":{found}" if found else ""


def line_of(text: str, *words: str) -> int | None:
    """The line in which the last of some words stands, each looked for behind the one before it."""
    place = text.find("rules")
    for word in words:
        found = re.compile(rf"(?<![\w]){re.escape(word)}(?![\w])").search(text, max(place, 0))
        if found is None:
            return None
        place = found.start()
    return text.count("\n", 0, place) + 1


def written(value: Any) -> str:
    """A value as TOML has it, about."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (str, list)) else str(value)


def schema() -> dict[str, Json]:
    """The JSON Schema of the file's part about rules."""
    properties = {kind.name: {"description": kind.takes, **kind.schema} for kind in KINDS.values()}
    properties |= {name: {"description": takes, **told} for name, (takes, _, told) in OPTIONS.items()}
    column = {"type": "object", "properties": properties, "additionalProperties": False}
    either = {"anyOf": [column, {"type": "array", "items": column}]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dspreview.toml",
        "type": "object",
        "properties": {
            "rules": {"type": "object", "patternProperties": {r"^\*$|/": {"type": "object", "additionalProperties": either}}, "additionalProperties": False},
            "allow": allowance.schema(),
        },
    }  # fmt: skip

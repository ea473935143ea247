"""What a settings file allows: findings, or values of keys and personal data, that somebody looked at and found to be no fault, with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from dspreview.check.findings import KINDS, Finding
from dspreview.errors import UsageError
from dspreview.folders import read_toml
from dspreview.models import Json, SplitId
from dspreview.suggestions import did_you_mean

VALUED = ("secret", "pii")
"""Codes of which single values may be allowed."""
TABLE = re.compile(r"(?m)^[ \t]*\[\[\s*allow\s*\]\]")
WORDS: dict[str, str] = {
    "code": "the code of a finding",
    "reason": "why it is no fault",
    "column": "a column",
    "split": '"config/split", "config/*" or "*/split"',
    "value": "a regular expression for whole values, of secret and pii",
}
"""What a table says; the first two are needed."""


class Allowed(NamedTuple):
    """One table."""

    code: str
    reason: str
    column: str | None = None
    split: str | None = None
    value: re.Pattern[str] | None = None

    def concerns(self, code: str, column: str | None, names: SplitId) -> bool:
        """Whether it speaks of findings of a code at a place."""
        inside = (
            self.column is None
            or column == self.column
            or (column or "").startswith((f"{self.column}.", f"{self.column}["))
        )
        parts = zip((self.split or "*/*").rpartition("/")[::2], names, strict=True)
        return code == self.code and inside and all(part in {"*", "", name} for part, name in parts)


class Allowance(NamedTuple):
    """All of it."""

    path: str = ""
    tables: tuple[Allowed, ...] = ()

    def spares(self, names: SplitId, code: str, column: str, value: str) -> bool:
        """Whether a key or personal data is allowed."""
        return any(
            one.value is not None and one.concerns(code, column, names) and one.value.fullmatch(value)
            for one in self.tables
        )

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is allowed, whatever its value."""
        names = SplitId(str(finding.config), str(finding.split))
        return any(one.value is None and one.concerns(finding.code, finding.column, names) for one in self.tables)


def read_allowance(path: str) -> Allowance:
    """What a file allows. Raises UsageError with the place of what is wrong, SettingsError where it is no TOML."""
    found = read_toml(Path(path)).get("allow", [])
    if not isinstance(found, list):
        raise UsageError(f"{path}: allow must be tables that begin with [[allow]]")
    text = Path(path).read_text(encoding="utf-8")
    lines = [text.count("\n", 0, match.start()) + 1 for match in TABLE.finditer(text)]
    places = [f":{line}" for line in lines] if len(lines) == len(found) else [""] * len(found)
    return Allowance(
        path, tuple(allowed(f"{path}{place}: [[allow]]", one) for place, one in zip(places, found, strict=True))
    )


def allowed(place: str, table: Any) -> Allowed:
    """One table. Raises UsageError."""
    for wrong in wrongs(table):
        raise UsageError(f"{place} {wrong}")
    pattern = table.get("value")
    return Allowed(**{**table, "value": None if pattern is None else re.compile(pattern)})


def wrongs(table: Any) -> Iterator[str]:
    """What is wrong with a table."""
    if not isinstance(table, dict):
        yield "must be a table"
        return
    for name, value in table.items():
        if name not in WORDS:
            yield f"has no {name!r}{did_you_mean(name, WORDS, '; there are ' + ', '.join(WORDS))}"
        elif not isinstance(value, str) or not value.strip():
            yield f"{name} must be text: {WORDS[name]}"
    for name in ("code", "reason"):
        if name not in table:
            yield f"needs a {name}: {WORDS[name]}"
    if (code := table["code"]) not in KINDS:
        yield f"code = {code!r}: there is no such finding{did_you_mean(code, KINDS, '; dspreview check --help names the page that lists them')}"
    if "value" in table:
        if code not in VALUED:
            yield f"value is for {' and '.join(VALUED)}, not for {code}"
        try:
            re.compile(table["value"])
        except re.error as error:
            yield f"value: no regular expression ({error})"


def schema() -> dict[str, Json]:
    """The JSON Schema of the file's part about what is allowed."""
    properties: dict[str, Json] = {
        name: {"type": "string", "minLength": 1, "description": told} for name, told in WORDS.items()
    }
    properties["code"] |= {"enum": list(KINDS)}
    return {
        "type": "array",
        "items": {
            "type": "object",
            "properties": properties,
            "required": ["code", "reason"],
            "additionalProperties": False,
        },
    }

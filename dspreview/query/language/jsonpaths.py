"""Values within JSON: reached by the paths of structs and lists, and compared by their kinds.

A text compares with texts, a number with numbers, true with booleans; a value of another kind is neither equal nor unequal, so it
matches nothing. Lists count from 0 and from their end, as everywhere in a predicate.
"""

from __future__ import annotations

from collections.abc import Callable

from dspreview.query.language.fields import Field
from dspreview.query.language.tree import Value

TEXT, BOOLEAN = "VARCHAR", "BOOLEAN"
WHOLE, NUMBER = ("BIGINT", "UBIGINT", "HUGEINT"), "DOUBLE"


def compare_json(
    operator: str,
    field: Field,
    value: Value,
    bind: Callable[[object], str],
    compare: Callable[[str, Field, Value], str],
) -> str:
    """A value within JSON against a value.

    Args:
        bind: gives the mark of a value.
        compare: compares a field of a known kind.

    """
    found, kind = value.value, f"json_type({field.sql})"
    if isinstance(found, bool):
        return f"({kind} = '{BOOLEAN}' AND ({field.sql}::VARCHAR = 'true') {operator} {bind(found)})"
    if isinstance(found, str):
        return f"({kind} = '{TEXT}' AND {text_in(field)} {operator} {bind(found)})"
    whole = compare(operator, field._replace(sql=f"TRY_CAST({field.sql} AS HUGEINT)", kind="int"), value)
    number = compare(operator, field._replace(sql=f"TRY_CAST({field.sql} AS DOUBLE)", kind="float"), value)
    kinds = ", ".join(f"'{one}'" for one in WHOLE)
    return f"(CASE WHEN {kind} IN ({kinds}) THEN {whole} WHEN {kind} = '{NUMBER}' THEN {number} ELSE FALSE END)"


def like_json(field: Field, word: str, pattern: str) -> str:
    """A text within JSON against a pattern whose mark is there."""
    return f"(json_type({field.sql}) = '{TEXT}' AND {text_in(field)} {word} {pattern} ESCAPE '\\')"


def text_in(field: Field) -> str:
    """The text that a JSON value is."""
    return f"json_extract_string({field.sql}, '$')"

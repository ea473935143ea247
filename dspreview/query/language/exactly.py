"""Numbers and times as what DuckDB compares exactly: it would round numbers of different kinds, or refuse times of different units."""

from __future__ import annotations

from dspreview.page.iso import INFINITE, PER_SECOND
from dspreview.query.language.fields import Field

NUMBERS = frozenset({"int", "float", "decimal", "label"})
"""Kinds that compare with each other."""
RANGES = {
    "int": (-(2**63), 2**64 - 1), "label": (-(2**63), 2**63 - 1), "decimal": (1 - 10**38, 10**38 - 1),
    "timestamp": (1 - INFINITE, INFINITE - 1),
}  # fmt: skip
BEYOND = f"{2**127 - 1}::HUGEINT"
"""Greater than all integers and decimals."""


def together(one: Field, other: Field) -> tuple[str, str]:
    """Two columns of one kind, or of numbers, as what DuckDB compares exactly: it would round or refuse some."""
    kinds = {one.kind, other.kind}
    if kinds <= NUMBERS and kinds - {"int", "label"} and (len(kinds) > 1 or one.unit != other.unit):
        decimals = "decimal" in kinds
        return in_parts(one, decimals=decimals), in_parts(other, decimals=decimals)
    if kinds == {"time"} and one.unit != other.unit and one.counted:
        return tuple(f"({field.sql}::HUGEINT * {10**9 // PER_SECOND[field.unit]})" for field in (one, other))  # type: ignore[return-value] # two
    if kinds == {"time"} and one.unit != other.unit and "ns" in {one.unit, other.unit}:
        return f"{one.sql}::TIME_NS", f"{other.sql}::TIME_NS"
    if kinds == {"timestamp"} and one.unit != other.unit and "ns" in {one.unit, other.unit}:
        return nanoseconds(one), nanoseconds(other)
    return one.sql, other.sql


def nanoseconds(field: Field) -> str:
    """A time stamp as nanoseconds, of any year."""
    if field.unit == "ns":
        return f"({instant(f'{field.sql}::TIMESTAMP_NS', 'ns')})::HUGEINT"
    return f"(({instant(field.sql, 'us')})::HUGEINT * 1000)"


def in_parts(field: Field, *, decimals: bool) -> str:
    """A number as its whole part, 38 digits behind the point, and whether there are more: rows that are in order as numbers are."""
    sql = field.sql
    if field.kind == "decimal":
        return f"row(trunc({sql})::HUGEINT, ({sql} - trunc({sql}))::DECIMAL(38, 38), 0)"
    if field.kind != "float":
        return f"row({sql}::HUGEINT, 0::DECIMAL(38, 38), 0)"
    sql = f"{sql}::DOUBLE"
    far = f"CASE WHEN {sql} > 0 THEN {BEYOND} ELSE -{BEYOND} END"
    whole = f"CASE WHEN abs({sql}) < 1.7e38 THEN trunc({sql})::HUGEINT ELSE {far} END"
    part = f"CASE WHEN abs({sql}) < 1.7e38 THEN {sql} - trunc({sql}) ELSE 0 END"
    if not decimals:
        return f"row({whole}, 0::DECIMAL(38, 38), sign({part})::INTEGER)"
    digits = f"concat(CASE WHEN {sql} < 0 THEN '-' END, '0', substr(format('{{:.100f}}', abs({part})), 2, 39))"
    more = f"CASE WHEN {part} * {2.0**38} <> trunc({part} * {2.0**38}) THEN sign({sql})::INTEGER ELSE 0 END"
    return f"row({whole}, CASE WHEN {part} = 0 THEN 0 ELSE {digits}::DECIMAL(38, 38) END, {more})"


def range_of(field: Field) -> tuple[int, int]:
    """The steps that a column may hold. Of nanoseconds the first and the last are instants, which DuckDB takes for infinite."""
    return (-(2**63), INFINITE) if field.kind == "timestamp" and field.unit == "ns" else RANGES[field.kind]


def is_end(place: int) -> bool:
    """Whether nanoseconds are the first or the last of time, of which DuckDB makes no time stamp."""
    return abs(place) >= INFINITE


def is_nan(sql: str) -> str:
    """Whether a float is NaN."""
    return f"(NOT isfinite({sql}) AND NOT isinf({sql}))"


def not_nan(sql: str) -> str:
    """Whether a float is a number."""
    return f"(isfinite({sql}) OR isinf({sql}))"


def instant(sql: str, unit: str) -> str:
    """The count behind a time stamp, of infinite ones, too, which DuckDB's own functions take for null."""
    bound = f"WHEN {sql} > '1970-01-01' THEN {INFINITE} WHEN {sql} IS NOT NULL THEN {-INFINITE}"
    return f"CASE WHEN isfinite({sql}) THEN epoch_{unit}({sql}) {bound} END"

"""What conversations are made of: who speaks how often, and about how many tokens each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspreview.feature import JSON, LIST, TEXTS, Feature
from dspreview.models import Json

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

TOKEN_BYTES = 4
"""Bytes that count as a token: what holds on the average for English in today's tokenizers."""
MOST_ROLES = 50
LOOKED_AT = 100
"""Turns of JSON that must all say who speaks."""


def talk(engine: Engine, sql: str, feature: Feature) -> dict[str, Json]:
    """The roles of a column of conversations, and its tokens; nothing for any other. Raises PreviewError."""
    parts = parts_of(engine, sql, feature)
    if parts is None:
        return {}
    role, text = parts
    counted = engine.rows(
        f"SELECT r, count(*) FROM (SELECT unnest(list_transform({sql}, lambda m: {role})) AS r FROM {engine.source})"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_ROLES}",
        [],
    )
    answer: dict[str, Json] = {"roles": {"null" if name is None else str(name): int(count) for name, count in counted}}
    size = f"list_sum(list_transform({sql}, lambda m: octet_length(encode(coalesce({text}, '')))))"
    inner = f"SELECT coalesce({size}, 0) / {TOKEN_BYTES} AS t FROM {engine.source} WHERE {sql} IS NOT NULL"
    low, mean, high, total = engine.rows(f"SELECT min(t), avg(t), max(t), sum(t) FROM ({inner})", [])[0]
    if total is not None:
        answer["tokens"] = {"min": round(low), "mean": round(mean), "max": round(high), "sum": round(total)}
    return answer


def parts_of(engine: Engine, sql: str, feature: Feature) -> tuple[str, str] | None:
    """Who speaks and what is said, as SQL of a turn `m`; None where it is no conversation. Of JSON the first values tell."""
    if feature.kind == LIST and feature.item.kind == JSON:
        role = "coalesce(json_extract_string(m, '$.role'), json_extract_string(m, '$.from'))"
        first = f"SELECT unnest({sql}) AS m FROM {engine.source} LIMIT {LOOKED_AT}"
        spoken = engine.rows(f"SELECT count(*), count({role}) FROM ({first})", [])[0]
        said = "coalesce(json_extract_string(m, '$.content'), json_extract_string(m, '$.value'))"
        return (role, said) if spoken[0] and spoken[0] == spoken[1] else None
    if not feature.is_conversation:
        return None
    fields = feature.item.fields
    names = ("role", "content") if {"role", "content"} <= fields.keys() else ("from", "value")
    role, said = (f"struct_extract_at(m, {list(fields).index(name) + 1})" for name in names)
    inner = fields[names[1]]
    if inner.kind == JSON:
        said = f"json_extract_string({said}, '$')"
    elif inner.value not in TEXTS:
        said = f"to_json({said})::VARCHAR"
    return f"{role}::VARCHAR", said

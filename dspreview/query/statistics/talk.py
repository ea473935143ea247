"""What conversations are made of: who speaks how often, and about how many tokens each has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dspreview.feature import TEXTS, Feature
from dspreview.models import Json

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

TOKEN_BYTES = 4
"""Bytes that count as a token: what holds on the average for English in today's tokenizers."""
MOST_ROLES = 50


def talk(engine: Engine, sql: str, feature: Feature) -> dict[str, Json]:
    """The roles of a column of conversations, and its tokens; nothing for any other. Raises PreviewError."""
    if not feature.is_conversation:
        return {}
    fields = feature.item.fields
    role, said = ("role", "content") if {"role", "content"} <= fields.keys() else ("from", "value")
    part = f"struct_extract_at(m, {list(fields).index(role) + 1})::VARCHAR"
    counted = engine.rows(
        f"SELECT r, count(*) FROM (SELECT unnest(list_transform({sql}, lambda m: {part})) AS r FROM {engine.source})"
        f" GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MOST_ROLES}",
        [],
    )
    answer: dict[str, Json] = {"roles": {"null" if name is None else str(name): int(count) for name, count in counted}}
    if fields[said].value in TEXTS:
        text = f"struct_extract_at(m, {list(fields).index(said) + 1})"
        size = f"list_sum(list_transform({sql}, lambda m: octet_length(encode(coalesce({text}, '')))))"
        inner = f"SELECT coalesce({size}, 0) / {TOKEN_BYTES} AS t FROM {engine.source} WHERE {sql} IS NOT NULL"
        low, mean, high, total = engine.rows(f"SELECT min(t), avg(t), max(t), sum(t) FROM ({inner})", [])[0]
        if total is not None:
            answer["tokens"] = {"min": round(low), "mean": round(mean), "max": round(high), "sum": round(total)}
    return answer

"""Statistics of decimals that no float holds: computed of integers in units of their last place, and told exactly."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any, Protocol

from dspreview.feature import Feature
from dspreview.models import EXACT_FLOAT, Json

EXACT = Context(prec=80)


class Numbers(Protocol):
    """What computes the statistics of numbers."""

    def one(self, expressions: list[str], inner: str) -> tuple[Any, ...]:
        """Aggregates over a sub-query."""

    def numbers(self, sql: str, *, whole: bool, distinct: str = "v", mean: str = "") -> dict[str, Json]:
        """Statistics of numbers."""


def decimals(numbers: Numbers, source: str, sql: str, feature: Feature) -> dict[str, Json]:
    """Statistics of decimals: as floats where these hold them all, else counted in their last place."""
    places = int(feature.value.rpartition(",")[2].rstrip(")"))
    low, high = numbers.one([f"min({sql})", f"max({sql})"], f"SELECT * FROM {source}")
    if low is None or max(abs(low), abs(high)).scaleb(places, EXACT) < EXACT_FLOAT:
        return numbers.numbers(f"{sql}::DOUBLE", whole=False, distinct=sql)
    units = f"replace({sql}::VARCHAR, '.', '')::HUGEINT"
    return in_units(numbers.numbers(units, whole=True, mean="favg(v::DOUBLE)"), places)


def in_units(found: dict[str, Json], places: int) -> dict[str, Json]:
    """Statistics of integers as those of the decimals that they count."""

    def told(value: Any) -> Json:
        if value is None:
            return None
        exact = Decimal(str(value)).scaleb(-places, EXACT)
        near = float(exact)
        if Decimal(repr(near)) != exact:
            return f"{exact:f}"
        return int(exact) if exact == exact.to_integral_value() else near

    def about(value: Any) -> float | None:
        return None if value is None else float(Decimal(str(value)).scaleb(-places, EXACT))

    answer = found | {name: told(found[name]) for name in ("min", "max", "median")}
    answer |= {name: about(found[name]) for name in ("mean", "std")}
    if found["histogram"] is not None:
        answer["histogram"] = found["histogram"] | {
            "bin_edges": [told(edge) for edge in found["histogram"]["bin_edges"]]
        }
    if found["quantiles"] is not None:
        answer["quantiles"] = {name: told(value) for name, value in found["quantiles"].items()}
    return answer | {"nan_value_count": 0, "infinite_count": 0}

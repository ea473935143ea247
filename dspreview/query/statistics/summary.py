"""Statistics of columns: the hosted viewer's numbers, and beside them what people miss there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from dspreview.errors import DatasetError, UnreadableDataError
from dspreview.feature import LIST, Feature
from dspreview.models import EXACT_FLOAT, Json
from dspreview.query.language.fields import kind_of, type_name
from dspreview.query.language.paths import Reached
from dspreview.query.statistics.decimals import decimals
from dspreview.query.statistics.histogram import BINS, counts, float_edges, int_edges, rounded, scaled, settle
from dspreview.query.statistics.quantiles import literal, quantiles_of
from dspreview.query.statistics.talk import talk
from dspreview.query.statistics.times import instant_count, moment_text, second_edges, span_text, time_format, zone_of
from dspreview.query.table import TableColumn, quoted

if TYPE_CHECKING:
    from dspreview.query.engine.engine import Engine

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
LABELS_SHARE, LABELS_MOST, LABELS_ANYWAY = 0.2, 1000, 10
"""Texts are labels where at most this share of the rows, and so many at most, are different; or so few anyway."""
FREQUENT = 10
LEAST_POWER = -1000
"""Floats are brought between 0 and 1 by a power of two before they are squared; a greater one than 2**1000 may be infinite."""
HELD_IN_MEMORY = 5_000_000
"""Rows up to which the values of a column are held at once; of more they are counted in passes, or on disk."""


class Statistics:
    """Computes the statistics of one table."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.total = engine.table.num_rows

    def column(self, place: int) -> tuple[str, dict[str, Json]] | None:
        """The type and the statistics of a column; None where there are none for its kind."""
        feature = Feature(self.engine.table.columns[place].feature)
        if feature.asset in {"Image", "Audio"}:
            self.engine.restart()
            return self.files(place, str(feature.asset))
        return self.values(f"c{place}", feature)

    def values(self, sql: str, feature: Feature) -> tuple[str, dict[str, Json]] | None:
        """The same of an expression."""
        self.engine.restart()
        kind, unit, _ = kind_of(feature)
        if kind == "int":
            return "int", self.integers(sql)
        if kind in {"float", "decimal"}:
            return "float", (
                decimals(self, self.engine.source, sql, feature)
                if kind == "decimal"
                else self.numbers(f"{sql}::DOUBLE", whole=False)
            )
        if kind == "bool":
            return "bool", self.truths(sql)
        if kind == "label":
            return "class_label", self.classes(sql, feature)
        if kind == "text":
            return self.texts(sql)
        if kind in {"timestamp", "date"}:
            zone = zone_of(feature)
            return "datetime", self.moments(instant_count(sql, unit, zone), zone, sql)
        if feature.kind == LIST:
            return "list", self.numbers(f"len({sql})", whole=True) | talk(self.engine, sql, feature)
        return None

    def files(self, place: int, kind: str) -> tuple[str, dict[str, Json]]:
        """The same of a column of pictures or sounds."""
        if kind == "Image":
            width = self.numbers(f"m{place}_width", whole=True) | self.unreadable(f"c{place}", f"m{place}_width")
            return "image", width | {"height": self.numbers(f"m{place}_height", whole=True)}
        length = self.numbers(f"m{place}_duration", whole=False)
        return "audio", length | self.unreadable(f"c{place}", f"m{place}_duration")

    def unreadable(self, sql: str, fact: str) -> dict[str, Json]:
        """Rows without a file, and rows whose file tells nothing."""
        inner = f"SELECT {sql} IS NULL AS c, {fact} AS v FROM {self.engine.source}"
        nulls, broken = self.one(["count(*) FILTER (c)", "count(*) FILTER (NOT c AND v IS NULL)"], inner)
        return {"null_count": nulls, "unreadable_count": broken}

    def one(self, expressions: list[str], inner: str) -> tuple[Any, ...]:
        """Aggregates over a sub-query."""
        return self.engine.rows(f"SELECT {', '.join(expressions)} FROM ({inner})", [])[0]

    def missing(self, present: int) -> dict[str, Json]:
        """How many rows have no value."""
        gone = self.total - present
        return {"nan_count": gone, "nan_proportion": self.share(gone)}

    def share(self, count: int) -> float:
        """A part of all rows."""
        return round(count / self.total, 5) if self.total else 0.0

    def numbers(self, sql: str, *, whole: bool, distinct: str = "v", mean: str = "") -> dict[str, Json]:
        """Statistics of numbers; those of floats are about the finite ones. `distinct` is what is counted as different."""
        value = sql if whole else f"CASE WHEN isfinite({sql}) THEN {sql} END"
        inner = (
            f"SELECT {sql} AS c, {value} AS v, {'NULL' if distinct == 'v' else distinct} AS d FROM {self.engine.source}"
        )
        counted = "v" if distinct == "v" else "d"
        found = self.one(
            [
                "count(c)", "count(v)", "count(*) FILTER (isinf(c::DOUBLE))", "count(*) FILTER (v = 0)", "min(v)", "max(v)",
                mean or ("avg(v)" if whole else "favg(v)"), *self.holistic(counted),
            ],
            inner,
        )  # fmt: skip
        present, finite, infinite, zeros, low, high, middle, quantiles, different = found
        nans = present - finite - infinite
        answer = self.missing(present - nans) | {
            "min": low, "max": high, "mean": None, "median": None, "std": None, "histogram": None,
            "null_count": self.total - present, "zero_count": zeros,
            "distinct_count": self.distinct(inner, counted) if different is None else different, "quantiles": None,
        }  # fmt: skip
        if not whole:
            answer |= {"nan_value_count": nans, "infinite_count": infinite}
        if finite == 0:
            return answer
        scale = max(abs(low), abs(high))
        if quantiles is None or (whole and scale >= EXACT_FLOAT):
            quantiles = quantiles_of(self.ask, inner, finite, low, high, QUANTILES)
        distance = scale if low == high else high / 2 - low / 2
        edges: list[Any] = int_edges(low, high) if whole else float_edges(low, high)
        hist, middle, std = self.spread(inner, edges, finite, middle)
        answer |= {
            "mean": rounded(float(min(max(middle, low), high)), distance), "median": settle(quantiles[2], distance),
            "std": rounded(std, std), "histogram": {"hist": hist, "bin_edges": edges},
            "quantiles": {f"{q:g}": settle(value, distance) for q, value in zip(QUANTILES, quantiles, strict=True)},
        }  # fmt: skip
        return answer

    def integers(self, sql: str) -> dict[str, Json]:
        """Statistics of integers; where a bin is one value, how often each is there: the last bin of the histogram holds two."""
        answer = self.numbers(sql, whole=True)
        low, high = answer["min"], answer["max"]
        if low is None or not 0 < high - low < BINS:
            return answer
        return answer | {"frequencies": {str(value): count for value, count in self.counted(sql).items()}}

    def spread(self, inner: str, edges: list[Any], total: int, mean: float) -> tuple[list[int], float, float]:
        """The numbers of values between each two edges, the mean, and the deviation from it.

        What is far from zero, and close together, is measured from its least value: floats lose no digits there.
        """
        low, high = edges[0], edges[-1]
        if low == high:
            return [total], float(low), 0.0
        power = 0 if isinstance(low, int) else max(math.frexp(high / 2 - low / 2)[1] + 1, LEAST_POWER)
        unit = math.ldexp(1.0, -power)  # squares of what lies between 0 and 1 are neither too large nor all zero
        shift = (
            f"(v::HUGEINT - {literal(low)})::DOUBLE"
            if isinstance(low, int)
            else f"(v * {unit!r} - {literal(low * unit)})"
        )
        above = [f"count(*) FILTER (v >= {literal(edge)})" for edge in edges[1:-1]]
        *counted, middle, std = self.one([*above, f"favg({shift})", f"stddev_samp({shift})"], inner)
        if not math.isfinite(mean):
            mean = math.ldexp(low * unit + middle, power)
        std = 0.0 if std is None else scaled(std, power)
        return counts([int(one) for one in counted], total), mean, std

    def holistic(self, counted: str) -> list[str]:
        """Aggregates that hold all values in memory; nulls in their place where these are too many."""
        if self.total > HELD_IN_MEMORY:
            return ["NULL", "NULL"]
        return [f"quantile_cont(v, {list(QUANTILES)})", f"count(DISTINCT {counted})"]

    def distinct(self, inner: str, counted: str) -> int:
        """How many values are different, counted on disk where memory is too small."""
        groups = f"SELECT {counted} FROM ({inner}) WHERE {counted} IS NOT NULL GROUP BY {counted}"
        return int(self.ask(f"SELECT count(*) FROM ({groups})")[0][0])

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        self.engine.restart()
        return self.engine.rows(query, [])

    def truths(self, sql: str) -> dict[str, Json]:
        """Statistics of true and false."""
        found = self.counted(sql)
        present = sum(found.values())
        named = {str(value): count for value, count in found.items()}
        return self.missing(present) | {"frequencies": named, "null_count": self.total - present}

    def counted(self, sql: str) -> dict[Any, int]:
        """How often each value is there, in their order."""
        query = f"SELECT {sql}, count(*) FROM {self.engine.source} WHERE {sql} IS NOT NULL GROUP BY ALL ORDER BY 1"
        return dict(self.engine.rows(query, []))

    def classes(self, sql: str, feature: Feature) -> dict[str, Json]:
        """Statistics of class labels: all names, also those that no row has; -1 means no label."""
        names = feature.labels
        found = self.counted(sql)
        present, unlabelled = sum(found.values()), found.pop(-1, 0)
        frequencies = {name: found.pop(number, 0) for number, name in enumerate(names)}
        return self.missing(present) | {
            "no_label_count": unlabelled, "no_label_proportion": self.share(unlabelled), "n_unique": len(names),
            "frequencies": frequencies, "null_count": self.total - present, "out_of_range_count": sum(found.values()),
        }  # fmt: skip

    def texts(self, sql: str) -> tuple[str, dict[str, Json]]:
        """Statistics of texts: of labels, of times, or of their lengths."""
        inner = f"SELECT {sql} AS t, length({sql}) AS v FROM {self.engine.source}"
        groups = f"SELECT {sql} AS t, count(*) AS n FROM {self.engine.source} WHERE {sql} IS NOT NULL GROUP BY ALL"
        distinct, present = self.one(["count(*)", "coalesce(sum(n), 0)::BIGINT"], groups)
        labels = (self.total and distinct / self.total <= LABELS_SHARE and distinct <= LABELS_MOST) or distinct <= LABELS_ANYWAY  # fmt: skip
        if (written := time_format(self.engine.source, self.one, self.ask, sql)) is not None:
            return "datetime", self.moments(
                f"epoch_us(strptime({sql}, {quoted(written)}))",
                "UTC" if written[-1] in "zZ" else None,
                sql,
            )
        frequent = self.engine.rows(f"{groups} ORDER BY n DESC, t LIMIT {LABELS_MOST if labels else FREQUENT}", [])
        empty = self.one(["count(*) FILTER (t = '')"], inner)[0]
        common = {"null_count": self.total - present, "empty_count": empty, "distinct_count": distinct}
        if labels:
            return "string_label", self.missing(present) | {
                "no_label_count": 0, "no_label_proportion": 0.0, "n_unique": distinct,
                "frequencies": dict(frequent), **common,
            }  # fmt: skip
        lengths = self.numbers(f"length({sql})", whole=True)
        most = [{"value": value, "count": count} for value, count in frequent]
        return "string_text", lengths | common | {"most_frequent": most}

    def moments(self, sql: str, zone: str | None, distinct: str) -> dict[str, Json]:
        """Statistics of times, counted in microseconds; `distinct` is what is counted as different."""
        inner = f"SELECT {sql} AS v, {distinct} AS d FROM {self.engine.source}"
        found = self.one(["count(d)", "count(v)", "min(v)", "max(v)", "avg(v)", *self.holistic("d")], inner)
        there, present, low, high, mean, quantiles, different = found
        if quantiles is None:
            quantiles = (
                quantiles_of(self.ask, inner, present, low, high, QUANTILES) if present else [None] * len(QUANTILES)
            )
        answer = self.missing(there) | {
            "min": moment_text(low, zone), "max": moment_text(high, zone), "mean": moment_text(mean, zone),
            "median": moment_text(quantiles[2], zone), "std": None, "histogram": None, "null_count": self.total - there,
            "distinct_count": self.distinct(inner, "d") if different is None else different, "quantiles": None,
        }  # fmt: skip
        if there > present:
            answer["infinite_count"] = there - present
        if present:
            edges = second_edges(low, high)
            hist, _, std = self.spread(inner, edges, present, mean)
            answer |= {
                "std": span_text(std),
                "histogram": {"hist": hist, "bin_edges": [moment_text(edge, zone) for edge in edges]},
                "quantiles": {f"{q:g}": moment_text(v, zone) for q, v in zip(QUANTILES, quantiles, strict=True)},
            }  # fmt: skip
        return answer


def media_columns(columns: tuple[TableColumn, ...], wanted: list[int]) -> frozenset[int]:
    """The columns whose files must be looked at."""
    return frozenset(place for place in wanted if Feature(columns[place].feature).asset in {"Image", "Audio"})


def statistics_of(engine: Engine, wanted: list[int], parts: Sequence[Reached] = ()) -> dict[str, Json]:
    """The statistics of some columns and of parts of values, in the shape of the hosted viewer; those without any are named with their type."""
    statistics = Statistics(engine)
    found, without = [], []
    asked = [(engine.table.columns[place], partial(statistics.column, place)) for place in wanted]
    asked += [
        (TableColumn(one.name, one.feature.tree), partial(statistics.values, one.sql, one.feature)) for one in parts
    ]
    for column, ask in asked:
        named = {"column_name": column.name, "type": type_name(Feature(column.feature))}
        try:
            answer = ask()
        except DatasetError as error:
            if isinstance(error, UnreadableDataError):
                raise
            without.append(named | {"error": str(error)})  # a value that no arithmetic holds costs its own column
            continue
        if answer is None:
            without.append(named)
        else:
            found.append({"column_name": column.name, "column_type": answer[0], "column_statistics": answer[1]})
    return {
        "num_examples": engine.table.num_rows,
        "statistics": found,
        "partial": engine.table.partial,
        "columns_without_statistics": without,
    }

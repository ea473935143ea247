"""What a dataset is like: rows, features, null rates, shares of labels, simple statistics, and a fingerprint of the values."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from dspreview.arrow.values import to_python
from dspreview.check.reading import Reading
from dspreview.errors import AccessError, DatasetError, HubError, UnreadableDataError, command, restore
from dspreview.extract.extractor import Extractor
from dspreview.extract.files.fetch import Fetcher
from dspreview.feature import Feature
from dspreview.models import DatasetRef, FeatureTree, Json, Listing, SplitId, dump


class ColumnProfile:
    """What is seen of a column while its rows go by."""

    def __init__(self, tree: FeatureTree) -> None:
        self.tree = tree
        self.rows = self.nulls = 0
        self.labels: dict[int, int] = {}
        self.low: Any = None
        self.high: Any = None
        self.sum: Fraction | int = 0
        """Exact but for what is lost within a block: the mean does not tell blocks apart."""
        self.count = 0
        self.digest = ColumnDigest()

    @property
    def names(self) -> list[str]:
        """The names of its labels; none where it has no labels."""
        return list(Feature(self.tree).labels)

    def add(self, values: pa.Array) -> None:
        """The next rows."""
        self.rows += len(values)
        self.nulls += values.null_count
        self.digest.add(values)
        kind = values.type
        if self.names:
            for one in pc.value_counts(values).to_pylist():
                if one["values"] is not None:
                    self.labels[one["values"]] = self.labels.get(one["values"], 0) + one["counts"]
        elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
            self.add_numbers(finite(values))
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
            self.add_numbers(pc.utf8_length(values))

    def add_numbers(self, values: pa.Array) -> None:
        """Numbers, or the lengths of texts."""
        found = pc.min_max(values).as_py()
        if found["min"] is None:
            return
        self.low = found["min"] if self.low is None else min(self.low, found["min"])
        self.high = found["max"] if self.high is None else max(self.high, found["max"])
        self.count += len(values) - values.null_count
        if pa.types.is_integer(values.type):
            self.sum += exact_sum(values)
        else:
            self.sum += float_sum(values.drop_null().to_pylist())

    def null_rate(self) -> float:
        """The share of rows without a value."""
        return round(self.nulls / self.rows, 6) if self.rows else 0.0

    def label_shares(self) -> dict[str, float]:
        """The share of each label among the values; a number in parentheses has no name."""
        total = sum(self.labels.values())
        known = {name: self.labels.get(number, 0) for number, name in enumerate(self.names)}
        others = {
            f"({number})": count for number, count in sorted(self.labels.items()) if not 0 <= number < len(self.names)
        }
        return {name: round(count / total, 6) if total else 0.0 for name, count in (known | others).items()}

    def statistics(self) -> dict[str, Json]:
        """What is told of its values; of texts it is told of their lengths."""
        found: dict[str, Json] = {"null_rate": self.null_rate()}
        if self.names:
            found["labels"] = self.label_shares()
        if self.low is not None:
            found |= {"min": self.low, "max": self.high, "mean": float(f"{float(self.sum / self.count):.6g}")}
        return found


def finite(values: pa.Array) -> pa.Array:
    """The numbers among some, without NaN and infinities, which have no mean."""
    if not pa.types.is_floating(values.type):
        return values
    wide = values.cast(pa.float64())
    return wide.filter(pc.is_finite(wide))


def float_sum(values: list[float]) -> Fraction:
    """The sum of floats, of the largest ones, too."""
    try:
        return Fraction(math.fsum(values))
    except OverflowError:
        return sum(map(Fraction, values), Fraction(0))


def exact_sum(values: pa.Array) -> int:
    """The sum of integers, however large they are: by their upper and lower halves."""
    wide = values.cast(pa.uint64() if pa.types.is_unsigned_integer(values.type) else pa.int64())
    half = pa.scalar(32, wide.type)
    upper = pc.sum(pc.shift_right(wide, half)).as_py() or 0
    lower = pc.sum(pc.bit_wise_and(wide, pa.scalar(2**32 - 1, wide.type))).as_py() or 0
    return int((upper << 32) + lower)


class ColumnDigest:
    """A digest of the values of a column, whatever the blocks are that they come in."""

    def __init__(self) -> None:
        self.parts: dict[str, Any] = {}

    def add(self, values: pa.Array, path: str = "") -> None:
        """The next rows."""
        kind = values.type
        if isinstance(kind, pa.BaseExtensionType):
            values, kind = values.storage, kind.storage_type
        if pa.types.is_float16(kind):
            values = values.cast(pa.float32())
            kind = values.type
        if pa.types.is_dictionary(kind):
            values = values.dictionary_decode()
            kind = values.type
        self.update(f"{path}?", pc.cast(pc.is_valid(values), pa.uint8()))
        if pa.types.is_struct(kind):
            for place in range(kind.num_fields):
                self.add(pc.struct_field(values, [place]), f"{path}.{place}")
        elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
            self.update(f"{path}#", pc.cast(pc.fill_null(pc.list_value_length(values), -1), pa.int64()))
            self.add(pc.list_flatten(values), f"{path}[]")
        elif pa.types.is_boolean(kind):
            self.update(path, pc.cast(pc.fill_null(values, False), pa.uint8()))
        elif pa.types.is_primitive(kind) and not pa.types.is_interval(kind):
            zero = pa.scalar(0, pa.int8()).cast(kind) if not pa.types.is_temporal(kind) else pa.scalar(0, kind)
            self.update(path, pc.fill_null(values, zero))
        else:
            self.add_texts(values, path)

    def add_texts(self, values: pa.Array, path: str) -> None:
        """Values of varying length: texts and bytes as they are, all others as their texts."""
        kind = values.type
        if not any(
            test(kind)
            for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
        ):
            values = pa.array([None if value is None else repr(value) for value in to_python(values)], pa.string())
        binary = pc.fill_null(pc.cast(values, pa.large_binary()), b"")
        self.update(f"{path}#", pc.cast(pc.binary_length(binary), pa.int64()))
        self.part(path).update(b"".join(binary.to_pylist()))

    def update(self, path: str, values: pa.Array) -> None:
        """Values of a fixed width, without nulls."""
        width = values.type.bit_width // 8
        data = values.buffers()[1]
        if data is not None:
            self.part(path).update(memoryview(data)[values.offset * width : (values.offset + len(values)) * width])

    def part(self, path: str) -> Any:
        """The digest of one part of the values."""
        if path not in self.parts:
            self.parts[path] = hashlib.blake2b(digest_size=16)
        return self.parts[path]

    def hexdigest(self) -> str:
        """All of it."""
        return hashlib.blake2b(
            "".join(f"{path}={part.hexdigest()};" for path, part in sorted(self.parts.items())).encode(), digest_size=16
        ).hexdigest()


class SplitProfile(NamedTuple):
    """What a split is like."""

    rows: int
    """Of those that were read."""
    columns: dict[str, ColumnProfile]

    def fingerprint(self) -> str:
        """A digest of its columns and all of their values."""
        told = [[name, one.tree, one.rows, one.digest.hexdigest()] for name, one in sorted(self.columns.items())]
        return hashlib.blake2b(dump(told).encode(), digest_size=16).hexdigest()


class DatasetProfile(NamedTuple):
    """What a dataset is like."""

    asked: str
    revision: str
    listing: Listing
    splits: dict[SplitId, SplitProfile]

    def fingerprint(self) -> str:
        """A digest of all of its splits."""
        told = [[*names, split.fingerprint()] for names, split in self.splits.items()]
        return hashlib.blake2b(dump(told).encode(), digest_size=16).hexdigest()


def profile(
    extractor: Extractor, ref: DatasetRef, folder: Path, sample: int | None, progress: Callable[[str, int, int | None], None],
    watch: Callable[[SplitId, pa.Table], None] | None = None, failed: dict[SplitId, DatasetError] | None = None,
) -> DatasetProfile:  # fmt: skip
    """What a dataset is like, by `sample` rows of each split, or all. Raises PreviewError.

    Args:
        folder: takes what lies around meanwhile.
        watch: sees the rows of each split as they go by.
        failed: takes why a split cannot be read; without it, that is raised.

    """
    listing = extractor.list(ref)
    splits: dict[SplitId, SplitProfile] = {}
    done = 0
    for config in listing.configs:
        if config.error and failed is None:
            raise restore(config.error)
        for split in config.splits:
            names = SplitId(config.config, split.split)
            work = folder / f"profile-{config.config!r}-{len(splits)}".replace("/", "_")
            work.mkdir()
            try:
                reading = Reading(extractor, ref, listing.dataset, names, str(work))
                for found in profile_split(reading, sample, watch):
                    splits[names] = found
                    progress(f"reading {ref.asked} {names}, rows", done + found.rows, None)
            except DatasetError as error:
                splits.pop(names, None)
                if failed is None:
                    raise
                failed[names] = error
            else:
                done += splits[names].rows
    return DatasetProfile(ref.asked, listing.dataset.revision, listing, splits)


def profile_split(
    reading: Reading, sample: int | None, watch: Callable[[SplitId, pa.Table], None] | None
) -> Iterator[SplitProfile]:
    """What a split is like, again and again, the more of it was read. Raises PreviewError."""
    columns: dict[str, ColumnProfile] = {}
    rows = 0
    yield SplitProfile(0, columns)
    try:
        for part in reading.parts(whole=sample is None):
            table = part.table if sample is None else part.table.slice(0, min(sample - rows, part.table.num_rows))
            for place, (name, tree) in enumerate(part.columns):
                values = table.column(place).combine_chunks()
                known = columns.setdefault(name, ColumnProfile(tree))
                known.add(contents(values, reading) if Feature(tree).holds_assets() else values)
            if watch is not None:
                watch(reading.names, table)
            rows += table.num_rows
            yield SplitProfile(rows, columns)
            if sample is not None and rows >= sample:
                return
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        where = f"{reading.ref.asked} {reading.names}"
        told = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableDataError(f"{where}: {told}; run: {command('check', reading.ref.word)}") from error


def contents(values: pa.Array, reading: Reading) -> pa.Array:
    """Files in cells as texts: their names without their folder, and a digest of what is in them, wherever that lies."""
    fetch = Fetcher(reading.source, reading.settings, reading.folder)

    def told(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"bytes", "path"}:
            data, path = value["bytes"], value["path"]
            if data is None and path:
                try:
                    data = fetch.fetch(path, reading.settings.asset_max_bytes)
                except (AccessError, HubError):
                    raise
                except Exception as error:  # noqa: BLE001 - files are missing in a hundred ways
                    data = type(error).__name__.encode()
            return [os.path.basename(path or ""), hashlib.blake2b(data or b"", digest_size=16).hexdigest()]
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items()}
        return [told(item) for item in value] if isinstance(value, list) else value

    return pa.array([None if value is None else repr(told(value)) for value in to_python(values)], pa.string())

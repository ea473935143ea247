"""One export as several files of nearly the same number of rows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pyarrow as pa

from dspreview.errors import UsageError
from dspreview.export.rows import Exported

MOST = 99_999


class Dealer:
    """Deals the rows of an export to the shards, one after the other, in constant memory."""

    def __init__(self, found: Exported, total: int, shards: int) -> None:
        self.found, self.total, self.shards = found, total, shards
        self.first = next(found.tables)
        self.left = self.first

    def shard(self, number: int) -> Exported:
        """The rows of that shard; those of the one before must have been taken."""
        start, end = (self.total * one // self.shards for one in (number, number + 1))
        return self.found._replace(tables=self.take(end - start))

    def take(self, wanted: int) -> Iterator[pa.Table]:
        """So many rows; at first the empty table that has the types."""
        yield self.first
        while wanted:
            if not self.left.num_rows:
                more = next(self.found.tables, None)
                if more is None:
                    return
                self.left = more
                continue
            given, self.left = self.left.slice(0, wanted), self.left.slice(wanted)
            wanted -= given.num_rows
            yield given


def shard_names(path: str, shards: int) -> list[str]:
    """`train.parquet` as `train-00000-of-00003.parquet` and so on. Raises UsageError."""
    if not 1 <= shards <= MOST:
        raise UsageError(f"--shards {shards}: a number from 1 to {MOST:,} was expected")
    folder, name = os.path.split(path)
    stem, dot, ending = name.partition(".")
    return [os.path.join(folder, f"{stem}-{number:05}-of-{shards:05}{dot}{ending}") for number in range(shards)]


def other_shards(names: list[str]) -> list[str]:
    """Files that lie beside shards, and are called as shards of another number of them."""
    folder, first = os.path.split(names[0])
    stem, _, rest = first.partition(f"-00000-of-{len(names):05}")
    alike = re.compile(rf"{re.escape(stem)}-\d{{5}}-of-(?!{len(names):05})\d{{5}}{re.escape(rest)}")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if alike.fullmatch(name)]

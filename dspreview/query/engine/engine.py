"""DuckDB on the files of one split, locked: it reads nothing else, loads nothing, and stops when it is told to."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import duckdb

from dspreview.errors import (
    DatasetError,
    PreviewError,
    QueryLimitError,
    RefusedTextError,
    StoreFullError,
    UnreadableDataError,
)
from dspreview.query.engine.background import Begun, begun
from dspreview.query.table import READ, Table, quoted
from dspreview.settings import Settings

T = TypeVar("T")
GLOB = frozenset("*?[]{}")
SCHEME = "split"
LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # else each variable of ours is a table
}
TRUSTING = ("filter_pushdown", "statistics_propagation")
"""Optimizers that believe what a file says of the values in it."""
BYTES = ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY", "INT96")
"""Types whose order is not that of signed numbers."""
REFUSED_TEXT = re.compile("Invalid (JSON|string encoding) found in Parquet file")
"""What DuckDB says of a column of JSON with a text that is none, and of text that is not UTF-8."""
NO_MEMORY = "Out of Memory Error"
"""How DuckDB begins what it says where the memory of the process ends, whatever the class of its exception."""
BATCH = 1_000
PATIENCE = 1.0
"""Seconds that an interrupted query gets to notice; after that it is left behind."""
SPILL_FACTOR = 3
"""DuckDB counts less than it takes: a limit of a third keeps the process below the whole."""


class Facts(NamedTuple):
    """A Parquet file with what only the media files of a column tell: the row's position, then these names."""

    path: Path
    names: tuple[str, ...]


class TableFiles(NamedTuple):
    """How the engine comes to the bytes of a table's files."""

    open: Callable[[int], Any]
    """Opens the file of that number, for those that DuckDB cannot read by their path."""
    facts: tuple[Facts, ...] = ()
    failure: Callable[[], PreviewError | None] = lambda: None
    """What made the last read fail, where it was a read of ours."""


class Engine:
    """An open engine. Errors of the data are UnreadableDataError; too long or too much memory is QueryLimitError."""

    def __init__(self, table: Table, settings: Settings, where: str, files: TableFiles, spill: Path) -> None:
        """`where` names the split in messages; `spill` is a folder of this process for what does not fit in memory."""
        self.table, self.settings, self.where, self.files = table, settings, where, files
        self.restart()
        memory = max(int(settings.query_max_memory / SPILL_FACTOR), 50_000_000)
        self.connection = duckdb.connect(config=LOCKED | {"memory_limit": f"{memory}B", "temp_directory": str(spill)})
        known = [*[part.path for part in table.parts], *[str(one.path) for one in files.facts]]
        allowed = [self.address(number, path) for number, path in enumerate(known)]
        self.paths, self.fact_paths = allowed[: len(table.parts)], allowed[len(table.parts) :]
        listed = ", ".join(quoted(path) for path in allowed)
        for statement in (
            "SET enable_progress_bar = false",
            "SET parquet_use_page_index = false",  # writers leave pages marked as null that are full of values
            f"SET disabled_optimizers = '{','.join(self.disabled(allowed))}'",
            "SET TimeZone = 'UTC'",
            "SET enable_geoparquet_conversion = false",  # else it writes geometries anew, or refuses curves
            f"SET allowed_paths = [{listed}]",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self.connection.execute(statement)

    def disabled(self, paths: list[str]) -> list[str]:
        """The optimizers that this table must do without."""
        # DuckDB 2.0 fails on fields of structs with it, and we look up positions first and rows then anyway
        found = ["late_materialization"]
        self.cautious = self.table.origin != "derived" and self.doubtful(paths)
        if self.cautious:
            return [*found, *TRUSTING]
        return [*found, "statistics_propagation"] if self.holds_floats(paths) else found

    def holds_floats(self, paths: list[str]) -> bool:
        """Whether there are floats, whose statistics say nothing of NaN: from those DuckDB answers `max` with NaN."""
        listed = ", ".join(quoted(path) for path in paths)
        floats = "type IN ('FLOAT', 'DOUBLE') OR logical_type::VARCHAR ILIKE '%float16%'"
        return self.seen(f"SELECT count(*) > 0 FROM parquet_schema([{listed}]) WHERE {floats}")

    def seen(self, query: str) -> bool:
        """Whether footers hold something; a footer that cannot be read is told where the rows are read."""
        try:
            return bool(self.connection.execute(query).fetchall()[0][0])
        except duckdb.Error:
            return True

    def doubtful(self, paths: list[str]) -> bool:
        """Whether files have statistics that their format calls undefined: DuckDB believes them and loses rows.

        The old `min` and `max` are right for numbers alone, the new ones where the file names its orders.
        """
        listed = ", ".join(quoted(path) for path in paths)
        new = "coalesce(stats_min_value, stats_max_value) IS NOT NULL"
        old = f"type IN ({', '.join(map(quoted, BYTES))}) AND coalesce(stats_min, stats_max) IS NOT NULL"
        unordered = "o.column_orders IS NULL OR list_bool_or(list_transform(o.column_orders, lambda x: x NOT LIKE '%TYPE_ORDER=TypeDefined%'))"
        return self.seen(
            f"SELECT count(*) > 0 FROM parquet_metadata([{listed}]) m JOIN parquet_file_metadata([{listed}]) o USING (file_name)"
            f" WHERE CASE WHEN {new} THEN {unordered} ELSE {old} END"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.connection.close()
        else:  # a query may still run in its thread; it ends by itself or with the process
            self.connection.interrupt()

    def address(self, number: int, path: str) -> str:
        """What DuckDB is told of a file: its path, or a name of ours where the path is remote or has signs of a pattern."""
        if path.startswith("/") and not GLOB & set(path):
            return path
        if not self.connection.filesystem_is_registered(SCHEME):
            from dspreview.query.engine.files import SplitFiles  # fsspec, 30 ms

            sizes = [part.size for part in self.table.parts] + [one.path.stat().st_size for one in self.files.facts]
            self.connection.register_filesystem(SplitFiles(sizes, self.bytes_of))
        return f"{SCHEME}://{number}.parquet"

    def bytes_of(self, number: int) -> Any:
        """The file of that number, those with facts behind the others: something with `read_at`."""
        if number < len(self.table.parts):
            return self.files.open(number)
        from dspreview.query.engine.files import LocalFile

        return LocalFile(str(self.files.facts[number - len(self.table.parts)].path))

    def opened(self, number: int) -> Any:
        """The file of that number as pyarrow reads it."""
        part = self.table.parts[number]
        if "://" not in part.path:
            return part.path
        from dspreview.query.engine.files import Handle

        return Handle(self.files.open(number), part.size)

    @property
    def source(self) -> str:
        """The FROM of a query: column N is `cN`, `row_idx` the position in the split."""
        names = ", ".join(f"c{number}" for number in range(len(self.table.columns)))
        listed = ", ".join(quoted(path) for path in self.paths)
        return f"read_parquet([{listed}], {READ}) t({names}){self.facts}"

    @property
    def facts(self) -> str:
        """The joins with what only the media files tell."""
        joins = []
        for number, (one, path) in enumerate(zip(self.files.facts, self.fact_paths, strict=True)):
            names = ", ".join([f"i{number}", *one.names])
            file = f"read_parquet([{quoted(path)}], hive_partitioning=false) f{number}({names})"
            joins.append(f" LEFT JOIN {file} ON i{number} = {self.row_idx}")
        return "".join(joins)

    @property
    def row_idx(self) -> str:
        """The position of a row in its split."""
        if len(self.table.parts) == 1:
            return "t.file_row_number"
        starts = ", ".join(str(start) for start in self.table.starts)
        return f"(list_extract([{starts}]::BIGINT[], (t.file_index + 1)::BIGINT) + t.file_row_number)"

    def restart(self) -> None:
        """Give the next query its full time."""
        self.deadline = time.monotonic() + self.settings.query_max_seconds

    def rows(self, query: str, values: list[Any]) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        return self.guarded(lambda: self.connection.execute(query, values).fetchall())

    def stream(self, query: str, values: list[Any]) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of an answer, some at a time, in constant memory; the time limit is for each of these steps."""
        cursor = self.connection.cursor()  # another query of ours would end the stream of this one
        found = self.guarded(lambda: cursor.execute(query, values))
        while True:
            self.restart()
            batch = self.guarded(lambda: found.fetchmany(BATCH))
            if not batch:
                return
            yield batch

    def read(self, work: Callable[[], T]) -> T:
        """What `work` gives of bytes that are here already; its failures are ours."""
        try:
            return work()
        except (OSError, ValueError) as error:
            raise self.failure(error) from error

    def steps(self, work: Iterator[T]) -> Iterator[T]:
        """What `work` gives, one after the other; each step has the full time, and its failures are ours."""
        end = object()
        while True:
            self.restart()
            found = self.guarded(lambda: next(work, end))
            if found is end:
                return
            yield found  # type: ignore[misc]

    def steps_ahead(self, work: Iterator[T]) -> Iterator[T]:
        """The same, the next one while this one is looked at: for work that asks nothing of DuckDB."""
        end = object()
        coming = begun(lambda: next(work, end))
        while True:
            self.restart()
            found = self.awaited(coming)
            if found is end:
                return
            coming = begun(lambda: next(work, end))
            yield found  # type: ignore[misc]

    def guarded(self, work: Callable[[], T]) -> T:
        """What `work` gives, done in a thread of its own: Ctrl-C and the time limit do not wait for DuckDB."""
        return self.awaited(begun(work))

    def awaited(self, started: Begun[T]) -> T:
        """What it gives in the time that is left. Raises what it raises as one of ours, and QueryLimitError."""
        thread, answers, failures = started
        try:
            thread.join(max(0.0, self.deadline - time.monotonic()))
        except KeyboardInterrupt:
            self.connection.interrupt()
            raise
        if thread.is_alive():
            self.connection.interrupt()
            thread.join(PATIENCE)
            raise QueryLimitError(
                f"{self.where}: no answer in {self.settings.query_max_seconds} s; ask for less, or raise QUERY_MAX_SECONDS"
            )
        if failures:
            raise self.failure(failures[0]) from failures[0]
        return answers[0]

    @property
    def files_told(self) -> str:
        """The files, for a message."""
        names = [part.path.rpartition("/")[2] for part in self.table.parts]
        if not names:
            return "no file"
        return names[0] if len(names) == 1 else f"one of {len(names)} files, {names[0]} to {names[-1]}"

    def failure(self, error: BaseException) -> BaseException:  # noqa: PLR0911 - one case a line, each simple
        """DuckDB's failure as one of ours."""
        ours = self.files.failure()
        if ours is not None or isinstance(error, PreviewError):
            return ours or error
        told = str(error).split("\n", maxsplit=1)[0]
        for number, path in enumerate(self.paths):
            told = told.replace(path, self.table.parts[number].path)
        match error:
            case _ if isinstance(error, duckdb.OutOfMemoryException) or NO_MEMORY in told:
                return QueryLimitError(
                    f"{self.where}: this needs more memory than QUERY_MAX_MEMORY ({self.settings.query_max_memory:,}); "
                    "ask for less, or raise it"
                )
            case duckdb.IOException() if "space" in told or "No space" in str(error):
                return StoreFullError(f"{self.where}: the disk is full: {told}")
            case duckdb.InvalidInputException() if REFUSED_TEXT.search(told):
                return RefusedTextError(f"{self.where}: {told}")
            case duckdb.IOException() | duckdb.InvalidInputException() | duckdb.SerializationException():
                return UnreadableDataError(f"{self.where}: {told}")
            case duckdb.ConversionException() | duckdb.OutOfRangeException():
                return DatasetError(f"{self.where}: {told}")
            case duckdb.Error() if type(error) is duckdb.Error:  # raised below DuckDB, by what decodes Parquet
                return UnreadableDataError(
                    f"{self.where}: {self.files_told}: not a Parquet file, or a damaged one ({told})"
                )
            case OSError() | ValueError():  # from pyarrow, which reads what DuckDB would change
                return UnreadableDataError(f"{self.where}: {self.files_told}: {told}")
            case _:
                pass
        return error

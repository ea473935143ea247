"""SQL over the splits of a dataset, and of others beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial as partial_of
from typing import TYPE_CHECKING, Any, NamedTuple

from dspreview import errors
from dspreview.models import DatasetRef, Json, SplitId
from dspreview.preview.opening import SplitTable
from dspreview.preview.queries import Queries
from dspreview.preview.results import Result, Sources, as_json
from dspreview.query.table import Part, Table
from dspreview.slices import is_slice, parse

if TYPE_CHECKING:
    import pyarrow as pa

    from dspreview.query.engine.engine import Engine
    from dspreview.query.statement.guard import TableName

WITHOUT_ARROW = frozenset({"UHUGEINT", "TIME WITH TIME ZONE", "BIT", "BIGNUM"})
"""Types whose values Arrow has no room for."""
STEP = 1_000
"""Rows that are handed out at a time."""
MAIN = "main"
TAKEN = frozenset({MAIN, "system", "temp", "memory", "information_schema", "pg_catalog"})
"""Names of the engine's own: a config that is called so has a `_` behind it."""


class View(NamedTuple):
    """A split, and the name that a statement has for it."""

    schema: str
    name: str
    ref: DatasetRef
    config: str
    split: str

    @property
    def word(self) -> str:
        """Its name in SQL."""
        from dspreview.query.statement.views import word

        return ".".join(map(word, [self.name] if self.schema == MAIN else [self.schema, self.name]))

    @property
    def key(self) -> tuple[str, str]:
        """What the engine knows it by: it takes no heed of capitals."""
        return self.schema.lower(), self.name.lower()


def views_of(queries: Queries, refs: Mapping[str, DatasetRef]) -> list[View]:
    """The views of some datasets, by the names that they have beside the first, which has none. Raises PreviewError."""
    found = list[View]()
    for name, ref in refs.items():
        if name.lower() in TAKEN | {view.key[0] for view in found}:
            raise errors.UsageError(f"--with {name}=…: that name is taken; choose another")
        listing = queries.preview.splits(ref)
        default = listing.default_config or (listing.configs[0].config if len(listing.configs) == 1 else None)
        for config in listing.configs:
            for split in config.splits:
                if config.config == default:
                    found.append(View(name or MAIN, split.split, ref, config.config, split.split))
                schema = f"{config.config}_" if config.config.lower() in TAKEN else config.config
                if name:
                    schema = f"{name}.{schema}"
                if config.config != default or config.config not in {MAIN, name}:
                    found.append(View(schema, split.split, ref, config.config, split.split))
    return found


@contextmanager
def asked(
    queries: Queries, refs: Mapping[str, DatasetRef], text: str, itself: SplitId | None = None
) -> Iterator[Result]:
    """The rows that a statement gives. Raises UsageError with DuckDB's message, and PreviewError.

    Args:
        refs: the datasets by their names; that of the first is empty.
        text: the statement.
        itself: a split of the first that is called `split`, too.

    """
    import duckdb

    from dspreview.query.statement.guard import guarded_tables, unknown_table

    views = views_of(queries, refs)
    if itself is not None:
        views.append(View(MAIN, "split", refs[""], *itself))
    by_name: dict[tuple[str, str], list[View]] = {}
    for view in views:
        by_name.setdefault(view.key, []).append(view)
    with duckdb.connect(config={"python_enable_replacements": "false"}) as parser:
        parser.execute("SET enable_external_access = false")
        tables = guarded_tables(parser, text)
    wanted: dict[tuple[str, str], View] = {}
    for table in tables:
        key = ((table.schema or MAIN).lower(), table.name.lower())
        if is_slice(table.name) and key not in by_name:
            bases = by_name.get((key[0], parse(table.name)[0].split.lower()), [])
            by_name[key] = [base._replace(name=table.name, split=table.name) for base in bases]
        if not by_name.get(key):
            if table.is_sure:
                raise unknown_table(table, [view.word for view in views])
            continue
        view = one_of(by_name[key], table)
        if wanted.setdefault(key, view) != view:
            raise errors.UsageError(
                f"{view.word} and {wanted[key].word} differ in capitals alone, which SQL takes for one name: ask for one"
            )
    with ExitStack() as stack:
        opened = [(view, stack.enter_context(opened_table(queries, view))) for view in wanted.values()]
        if bare := next((view for view, one in opened if not one.table.columns), None):
            raise errors.DatasetError(f"{bare.word} has no columns: there is nothing to ask")
        engine = stack.enter_context(
            engine_of(queries, [table for _, table in opened], " ".join(ref.asked for ref in refs.values()))
        )
        make_views(engine, opened)
        queries.preview.extractor.bound(queries.settings.query_max_memory)  # DuckDB's own limit counts no long values
        try:
            relation = engine.guarded(lambda: told(text, lambda: handed_out(engine.connection.sql(text))))
            reader = engine.guarded(lambda: told(text, lambda: relation.to_arrow_reader(STEP)))
            sources = Sources([one.table for _, one in opened])
            columns = sources.columns(reader.schema, [str(kind) for kind in relation.types])
            partial = [view.word for view, one in opened if one.table.partial]
            whole = partial_of(engine.guarded, partial_of(told, text, reader.read_all))
            yield Result(columns, tables_of(engine, reader, columns, text), partial, sources.files(columns), whole)
        except MemoryError as error:
            raise errors.QueryLimitError(
                f"{engine.where}: the values of the answer are so long that they need more memory than QUERY_MAX_MEMORY"
                f" ({queries.settings.query_max_memory:,}); ask for less of them, or raise it"
            ) from error


def one_of(views: list[View], table: TableName) -> View:
    """The view that is meant, of those whose names differ in capitals. Raises UsageError."""
    exact = [view for view in views if (view.schema, view.name) == (table.schema or MAIN, table.name)]
    if len(views) > 1 and len(exact) != 1:
        raise errors.UsageError(
            f"{' and '.join(view.word for view in views)} differ in capitals alone: write one of them as it is"
        )
    return (exact or views)[0]


@contextmanager
def opened_table(queries: Queries, view: View) -> Iterator[SplitTable]:
    """The table of a view, converted where need be."""
    target = queries.target(view.ref, view.config, view.split)
    with queries.tables.open(target.ref, target.entry, target.split) as found:
        yield found


@contextmanager
def engine_of(queries: Queries, tables: list[SplitTable], where: str) -> Iterator[Engine]:
    """DuckDB on the files of several tables, and on nothing else."""
    from dspreview.query.engine.engine import Engine, TableFiles

    parts: list[Part] = [part for one in tables for part in one.table.parts]
    places = [(one, number) for one in tables for number in range(len(one.table.parts))]
    origin = "own" if any(one.table.origin != "derived" for one in tables) else "derived"

    def opened(number: int) -> Any:
        table, own = places[number]
        return table.opened(own)

    def failure() -> errors.PreviewError | None:
        return next((one.traffic.failure for one in tables if one.traffic.failure is not None), None)

    files = TableFiles(opened, (), failure)
    with (
        queries.store.assets.staging(elsewhere=not queries.store.writable) as staging,
        Engine(Table(tuple(parts), (), origin), queries.settings, where, files, staging.work) as engine,
    ):
        yield engine


def make_views(engine: Engine, opened: list[tuple[View, SplitTable]]) -> None:
    """Make the views of a statement."""
    from dspreview.query.statement.views import identifier, select
    from dspreview.query.table import READ, quoted

    first = 0
    for view, one in opened:
        paths = engine.paths[first : first + len(one.table.parts)]
        first += len(one.table.parts)
        listed = ", ".join(map(quoted, paths))
        described = engine.rows(f"DESCRIBE SELECT * FROM read_parquet([{listed}], {READ})", [])
        query = select(one.table, paths, [str(row[1]) for row in described][: len(one.table.columns)])
        engine.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(view.schema)}")
        engine.connection.execute(f"CREATE VIEW {identifier(view.schema)}.{identifier(view.name)} AS {query}")


def handed_out(relation: Any) -> Any:
    """An answer whose columns all come through Arrow as they are; those that do not, as their text."""
    kinds = [str(kind) for kind in relation.types]
    if not any(kind in WITHOUT_ARROW for kind in kinds):
        return relation
    from dspreview.query.statement.views import identifier

    names = zip(relation.columns, kinds, strict=True)
    each = [
        f"#{n}::VARCHAR AS {identifier(name)}" if kind in WITHOUT_ARROW else f"#{n}"
        for n, (name, kind) in enumerate(names, 1)
    ]
    return relation.project(", ".join(each))


def told(text: str, work: Callable[[], Any]) -> Any:
    """What `work` gives; what DuckDB says of the statement itself is a UsageError."""
    import duckdb
    import pyarrow as pa

    from dspreview.query.engine.engine import REFUSED_TEXT
    from dspreview.query.statement.guard import told_by

    try:
        return work()
    except MemoryError:
        raise
    except pa.ArrowException as error:
        raise errors.UsageError(
            f"SQL: a column of the answer cannot be handed out: {str(error).splitlines()[0]}"
        ) from error
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException, duckdb.ConversionException, duckdb.OutOfRangeException,
            duckdb.InvalidInputException, duckdb.SyntaxException, duckdb.NotImplementedException, duckdb.PermissionException) as error:  # fmt: skip
        if REFUSED_TEXT.search(str(error)):  # the data's fault, and the split is converted the next time
            raise
        raise told_by(error, text) from error


def tables_of(
    engine: Engine, reader: pa.RecordBatchReader, columns: list[tuple[str, Json]], text: str
) -> Iterator[pa.Table]:
    """The rows of an answer as Arrow, some at a time, in constant memory; at first an empty table, which has the types."""
    import pyarrow as pa

    names, end = [name for name, _ in columns], object()
    yield as_json(pa.Table.from_batches([], reader.schema).rename_columns(names), columns)
    while True:
        engine.restart()
        found = engine.guarded(lambda: told(text, lambda: next(reader, end)))
        if found is end:
            return
        yield as_json(pa.Table.from_batches([found]).rename_columns(names), columns)

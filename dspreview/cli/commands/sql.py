"""`dspreview sql`: a SELECT over the splits of a dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.apart import apart
from dspreview.cli.call import Call
from dspreview.cli.commands.export import write_written
from dspreview.cli.options import DatasetArgument, with_common
from dspreview.cli.questions import YesOption, ask_one, text_of
from dspreview.cli.render import output
from dspreview.cli.render.cell_text import NULL
from dspreview.cli.render.output import ROW_FORMATS, Answer, writes_any_number
from dspreview.models import DatasetRef, Json, dump
from dspreview.page.pages import Cells, PageMaker
from dspreview.preview.opening import again_converted
from dspreview.preview.queries import Queries
from dspreview.preview.results import Result, batches, column_types
from dspreview.preview.statements import asked

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
DEFAULT_LENGTH, EVERY = 1_000, "all"


@app.command(
    help="Run a SELECT over the splits of a dataset, which are its tables: dspreview sql glue 'SELECT label, count(*) FROM ax.test GROUP BY 1'"
)
@with_common
def sql(
    call: Call,
    dataset: DatasetArgument = None,
    statement: Annotated[
        str | None, typer.Argument(metavar="SELECT", help="The statement. @FILE, or - for stdin.")
    ] = None,
    *,
    with_: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME=DATASET", help="Another dataset, its tables as NAME.SPLIT; repeatable."),
    ] = None,
    length: Annotated[
        str, typer.Option(metavar="N|all", help=f"How many rows at most; all of them with --format {ROW_FORMATS}.")
    ] = str(DEFAULT_LENGTH),
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FILE", help="Write all rows to a file: .parquet, .csv, .jsonl, .arrow or .sqlite."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="With --to: replace a file that is there.")] = False,
    yes: YesOption = False,
) -> int:
    """Answer `sql`."""
    if dataset is None or statement is None:
        raise errors.UsageError(
            "name a DATASET, and a SELECT over its splits: dspreview sql DATASET 'SELECT * FROM train LIMIT 5'"
        )
    if (code := apart("SQL")) is not None:
        return code
    most = number_of(length, call)
    refs = {"": call.ref(dataset)}
    for word in with_ or ():
        name, ref = named(call, word)
        if name in refs:
            raise errors.UsageError(f"--with {word}: {name} is another dataset already; choose another name")
        refs[name] = ref
    text = text_of("SELECT", statement)

    def answer(queries: Queries) -> int:
        if to is not None:
            from dspreview.export.files import export_sql

            write_written(call, export_sql(queries, refs, text, to, force=force))
            return errors.EXIT_OK
        with asked(queries, refs, text) as found:
            for view in found.partial:
                call.warn(f"{view}: only the first part of the split is asked (PARQUET_MAX_BYTES)")
            if found.left_out:
                call.warn(
                    f"files in {', '.join(found.left_out[:10])} are left out (null); ask for column.path, or for their rows"
                )
            names = [name for name, _ in found.columns]
            maker = PageMaker(
                queries.preview.dataset(refs[""]).dataset, dataset, "", "", queries.settings, Path(), nothing
            )
            rows = records(maker, found, names)
            if most is None:
                output.write_rows(call, names, rows)
                return errors.EXIT_OK
            kept = [row for row, _ in zip(rows, range(most + 1), strict=False)]
            write(call, found, kept[:most], is_cut=len(kept) > most)
            return errors.EXIT_OK

    once = answer if most is None else again_converted(answer)  # rows that are written are not written again
    return ask_one(call, f"asking {dataset}", once, yes=yes)


def number_of(text: str, call: Call) -> int | None:
    """How many rows are wanted; None for all. Raises UsageError."""
    if text == EVERY:
        if not writes_any_number(call):
            raise errors.UsageError(f"--length all is for --format {ROW_FORMATS}")
        return None
    if not (text.isascii() and text.isdigit()):
        raise errors.UsageError(f"--length {text!r}: a number, or all, was expected")
    return int(text)


def named(call: Call, word: str) -> tuple[str, DatasetRef]:
    """A dataset and the name that it has in the statement. Raises UsageError."""
    name, is_there, dataset = word.partition("=")
    if not is_there or not name.isidentifier() or not dataset:
        raise errors.UsageError(f"--with {word}: NAME=DATASET was expected, as in --with other=./folder")
    return name, call.ref(dataset)


def records(maker: PageMaker, found: Result, names: list[str]) -> Iterator[dict[str, Json]]:
    """The rows, each by the names of its columns."""
    for cells in batches(found):
        yield from rows_of(maker, cells, names)


def rows_of(maker: PageMaker, cells: list[Cells], names: list[str]) -> Iterator[dict[str, Json]]:
    """Some rows as JSON values."""
    _, rows = maker.rows(cells, range(len(cells[0].values) if cells else 0), None)
    return ({name: row.cells[name] for name in names} for row in rows)


def write(call: Call, found: Result, rows: list[dict[str, Json]], *, is_cut: bool) -> None:
    """Write an answer that is at hand."""
    names = [name for name, _ in found.columns]
    document = {
        "features": [{"feature_idx": n, "name": name, "type": tree} for n, (name, tree) in enumerate(found.columns)],
        "columns": [{"column_idx": n, "column": one.as_json()} for n, one in enumerate(column_types(found.columns))],
        "rows": [{"row": row} for row in rows],
        "num_rows": len(rows),
        "partial": is_cut or bool(found.partial),
    }
    plain = [
        {name: dump(value) if isinstance(value, (dict, list)) else value for name, value in row.items()} for row in rows
    ]
    output.write(call, Answer.of(document, names, rows, lambda: output.table_of(call, names, plain, NULL)))
    if is_cut:
        call.warn(f"these are the first {len(rows):,} rows; more with --length N, all with --length all --format jsonl")


def nothing(path: str, max_bytes: int) -> bytes:
    """No file is fetched. Raises FileNotFoundError."""
    del max_bytes
    raise FileNotFoundError(path)

"""`dspreview export`: a split, or some of its rows, as a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, names_of, with_common
from dspreview.cli.questions import ColumnsOption, SeedOption, WhereOption, YesOption, ask_one, lot_of, text_of
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.page import Selection
from dspreview.documents.words import bytes_text, counted
from dspreview.preview.queries import Queries
from dspreview.query.table import Request

if TYPE_CHECKING:
    from dspreview.export.files import Written

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="Write a split, or the rows that match, to a file: .parquet, .csv, .jsonl, .arrow or .sqlite.")
@with_common
def export(  # noqa: PLR0913 - options are many
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    to: Annotated[
        str | None, typer.Option("--to", "-o", metavar="FILE", help="Where to; its ending tells the format.")
    ] = None,
    where: WhereOption = None,
    orderby: Annotated[
        str | None,
        typer.Option(metavar="O", help='In which order: "age" DESC, "name".', autocompletion=names_of("columns")),
    ] = None,
    columns: ColumnsOption = None,
    compression: Annotated[
        str | None,
        typer.Option(
            metavar="CODEC", help="Of Parquet: zstd (the default), snappy, gzip, lz4, none; of Arrow: zstd, lz4."
        ),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option("--index", metavar="COLUMN", help="Of SQLite: a column that gets an index; repeatable."),
    ] = None,
    shards: Annotated[
        int | None,
        typer.Option("--shards", metavar="N", min=1, help="Write N files, train-00000-of-0000N.parquet and so on."),
    ] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", metavar="N", min=0, help="A random sample of N rows.")
    ] = None,
    seed: SeedOption = None,
    media: Annotated[
        Literal["bytes", "files"],
        typer.Option(help="Images and sounds within the file, or as files of a new folder that imagefolder reads."),
    ] = "bytes",
    redact: Annotated[
        bool, typer.Option("--redact", help="Replace keys and personal data by their kinds: [email], [github-token].")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    yes: YesOption = False,
) -> int:
    """Answer `export`."""
    from dspreview.export.files import Form
    from dspreview.export.files import export as write_export
    from dspreview.export.options import Options
    from dspreview.export.writers import CODECS, COMPRESSED, INDEXED, TEXTS_OF, writer_of

    if dataset is None:
        raise errors.UsageError("name a DATASET")
    if to is None:
        raise errors.UsageError("name a file: --to FILE, such as --to train.parquet")
    if media == "files":
        refuse_beside_media(to, shards=shards is not None, others=compression is not None or bool(index))
    if sample is not None and (where is not None or orderby is not None):
        raise errors.UsageError("--sample chooses among all rows; leave --where and --orderby out")
    lot = lot_of(sample, seed)
    if compression is not None and compression not in CODECS:
        raise errors.UsageError(f"--compression {compression!r}: one of {', '.join(CODECS)} was expected")
    writer = None if media == "files" else writer_of(to)
    if index and writer not in INDEXED:
        raise errors.UsageError(f"--index is for .sqlite files; {to} is none")
    if compression is not None and writer in TEXTS_OF:
        raise errors.UsageError(
            "--compression is for .parquet and .arrow files; a text is packed by its ending, .gz or .zst"
        )
    if compression is not None and writer not in COMPRESSED:
        raise errors.UsageError(f"--compression is for .parquet and .arrow files; {to} is none")
    ref = call.ref(dataset)
    request = Request(text_of("--where", where), text_of("--orderby", orderby))
    wanted = Selection.make(columns, 0, None).columns
    form = Form(Options(compression, tuple(index or ())), shards, media == "files", force)

    def answer(queries: Queries) -> int:
        found = write_export(
            queries, ref, config, split, to, request, columns=wanted, lot=lot, form=form, redact=redact
        )
        write_written(call, found)
        return errors.EXIT_OK

    return ask_one(call, f"writing {to}", answer, yes=yes)


def refuse_beside_media(to: str, *, shards: bool, others: bool) -> None:
    """Raise UsageError where options are for files, and a folder is written."""
    if shards or others:
        raise errors.UsageError("--media files writes a folder; leave --shards, --compression and --index out")
    if os.path.splitext(to.rstrip("/"))[1]:
        raise errors.UsageError(f"--media files writes a folder, and {to} is the name of a file")


def write_written(call: Call, found: Written) -> None:
    """Write what was written."""
    if found.partial:
        call.warn("only the first part of the split was written (PARQUET_MAX_BYTES)")
    if found.left_out:
        call.warn(f"files in {', '.join(found.left_out[:10])} are left out (null); `dspreview export` has them")
    if found.gone:
        call.warn(
            f"{counted(len(found.gone), 'file')} could not be read, and are names without bytes: {', '.join(found.gone[:3])}"
        )
    taken = f", {counted(found.redacted, 'value')} redacted" if found.redacted else ""
    from dspreview.export.shards import shard_names

    files = f" in {counted(found.shards, 'file')}" if found.shards is not None else ""
    name = shard_names(found.file, found.shards)[0] if found.shards is not None else found.file
    told = f"{name}: {counted(found.num_rows, 'row')}, {bytes_text(found.num_bytes)}{files}{taken}\n"
    document = {name: value for name, value in found._asdict().items() if name not in {"left_out", "gone"}}
    output.write(call, Answer.of(document, list(document), [document], lambda: told))

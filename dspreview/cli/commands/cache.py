"""`dspreview cache`: what is kept, and its care."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.lists import report_rows, report_text, valid_document
from dspreview.documents.words import bytes_text
from dspreview.store import Store, report
from dspreview.store.database import translated
from dspreview.store.verify import litter
from dspreview.store.verify import verify as verify_store

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
    help="Look into the cache, and clean it.",
)  # fmt: skip


@app.command(help="Count datasets and splits by status, and the room they take.")
@with_common
def stats(call: Call) -> int:
    """Answer `cache stats`."""
    with Store(call.settings, must_open=True) as store:
        found = report.count(store)
    text = lambda: stats_text(call, found)  # noqa: E731 - only for people
    rows: list[list[Any]] = [
        [kind, status, found[kind][status]] for kind in ("datasets", "splits") for status in report.STATUSES
    ]
    rows += [
        ["bytes", name.removesuffix("_bytes"), found[name]]
        for name in ("database_bytes", "asset_bytes", "derived_bytes")
    ]
    for one in found["derived"]:
        rows.append(["derived", f"{one['kind']} {one['dataset']} {one['config']}/{one['split']}", one["bytes"]])
    output.write(call, Answer.of_rows(found, ["kind", "status", "number"], rows)._replace(text=text))
    return errors.EXIT_OK


def stats_text(call: Call, found: dict[str, Any]) -> str:
    """What is in the cache for people: how many, how much room, what was derived."""
    lines = []
    for kind in ("datasets", "splits"):
        counts = [f"{found[kind][status]:,} {status}" for status in report.STATUSES if found[kind][status]]
        lines.append(f"{kind}: {', '.join(counts) or 'none'}")
    room = [f"{bytes_text(found[f'{name}_bytes'])} {what}" for name, what in (("database", "database"), ("asset", "assets"), ("derived", "derived files"))]  # fmt: skip
    text = "\n".join([*lines, f"room: {', '.join(room)}", ""])
    sums: dict[str, list[int]] = {}
    for one in found["derived"]:
        sums.setdefault(one["kind"], []).append(one["bytes"])
    rows = [
        {"derived": kind, "number": len(sizes), "size": bytes_text(sum(sizes))} for kind, sizes in sorted(sums.items())
    ]
    return f"{text}\n{output.table_of(call, ['derived', 'number', 'size'], rows)}" if rows else text


@app.command("report", help="List each dataset and split with its status and error.")
@with_common
def report_(call: Call) -> int:
    """Answer `cache report`."""
    header = ["dataset", "config", "split", "status", "error"]
    with Store(call.settings, must_open=True) as store, translated(call.settings.dspreview_database):
        store.connection.execute("BEGIN")  # the report is of one moment, however long it takes
        records = lambda: (dict(zip(header, row, strict=True)) for row in report_rows(store))  # noqa: E731 - read anew for each pass
        text = lambda: output.people_table(call, header, report_lines(store))  # noqa: E731 - only for people
        output.write(call, Answer(lambda: report_text(lambda: nullcontext(store)), header, records, text))
    return errors.EXIT_OK


def report_lines(store: Store) -> Iterator[list[Any]]:
    """The report for people: statuses in small letters."""
    for dataset, config, split, status, error in report_rows(store):
        yield [dataset, config, split, str(status).lower(), error]


@app.command(help="List the datasets that have rows for at least one split.")
@with_common
def valid(call: Call) -> int:
    """Answer `cache valid`."""
    with Store(call.settings, must_open=True) as store:
        document = valid_document(store)
    output.write(call, Answer.of_rows(document, ["dataset"], [[name] for name in document["valid"]]))
    return errors.EXIT_OK


@app.command(help="Remove all that is kept of a dataset: splits, rows, errors, assets, waiting jobs.")
@with_common
def remove(call: Call, dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Hub id or local path.")]) -> int:
    """Answer `cache remove`."""
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        ref = call.ref(dataset)
        number = report.remove(store, ref.name, ref.revision)
    if not number:
        raise errors.NotCachedError(f"{dataset} is not in the cache; `dspreview cache report` lists what is")
    output.write(call, Answer.of_rows({"removed": number}, ["removed"], [[number]]))
    return errors.EXIT_OK


@app.command(help="Remove everything from the cache, or only derived files.")
@with_common
def clean(
    call: Call,
    *,
    derived: Annotated[
        bool,
        typer.Option(
            "--derived",
            help="Only derived files: converted Parquet, search indexes, statistics, media headers, and parts of remote files.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> int:
    """Answer `cache clean`."""
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        if derived:
            freed = store.derived.clean()
            output.write(call, Answer.of_rows({"freed_bytes": freed}, ["freed_bytes"], [[freed]]))
            return errors.EXIT_OK
        confirm("This removes every entry and asset of the cache.", yes=yes)
        number = report.clean(store)
    output.write(call, Answer.of_rows({"removed": number}, ["removed"], [[number]]))
    return errors.EXIT_OK


@app.command(help="Remove the least recently used datasets until the cache fits into CACHE_MAX_BYTES (0: no limit).")
@with_common
def prune(call: Call) -> int:
    """Answer `cache prune`."""
    limit = call.settings.cache_max_bytes
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        number = report.prune(store, limit) if limit else 0
        litter(store)
    output.write(call, Answer.of_rows({"removed": number}, ["removed"], [[number]]))
    return errors.EXIT_OK


def confirm(what: str, *, yes: bool, option: str = "--yes") -> None:
    """Ask on a terminal; elsewhere `--yes`, or another option, is needed. Raises UsageError."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise errors.UsageError(f"{what} Use {option} to do it")
    sys.stderr.write(f"{what} Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise errors.UsageError("nothing was done")


@app.command(help="Check that the file, its references and the asset folder fit together: exit 0 or 1.")
@with_common
def verify(
    call: Call,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Remove what nobody refers to, forget pages that lack a file.")
    ] = False,
) -> int:
    """Answer `cache verify`."""
    with Store(call.settings, must_open=True, must_write=repair) as store, translated(call.settings.dspreview_database):
        damages = verify_store(store, repair=repair)
    findings = [{"code": damage.code, "message": damage.message} for damage in damages]
    document = {"findings": findings, "repaired": repair}
    intact = None if damages else lambda: "the cache is intact\n"
    output.write(call, Answer.of(document, ["code", "message"], findings, intact))
    return errors.EXIT_NO if damages and not repair else errors.EXIT_OK


@app.command(help="Print where the database lies.")
@with_common
def path(call: Call) -> int:
    """Answer `cache path`."""
    where = {"database": call.settings.dspreview_database, "assets_directory": call.settings.assets_directory}
    output.write(call, Answer.of(where, list(where), [where], lambda: where["database"] + "\n"))
    return errors.EXIT_OK

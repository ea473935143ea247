"""What the commands about whole splits have in common: their options, their progress, and asking before much is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import names_of
from dspreview.cli.render.output import ROW_FORMATS, writes_any_number
from dspreview.cli.render.progress import working
from dspreview.models import PAGE_LENGTH
from dspreview.preview import Preview
from dspreview.query.table import Lot
from dspreview.store import Store

if TYPE_CHECKING:
    from dspreview.preview.queries import Queries

T = TypeVar("T")
ALL = "all"
FARTHEST = 2**62
"""An offset beyond all splits."""
EVERY = -1
"""The number of rows that `--length all` stands for."""
ColumnsOption = Annotated[
    str | None,
    typer.Option(
        metavar="A,B",
        help="Only these columns, in this order, or what lies in them: a.b, a[0].",
        autocompletion=names_of("column_lists"),
    ),
]
OffsetOption = Annotated[int, typer.Option(min=0, help="How many of them to skip.")]
LengthOption = Annotated[
    str | None,
    typer.Option(
        metavar="N|all",
        help=f"How many rows, up to {PAGE_LENGTH}; all of them with --format {ROW_FORMATS}.",
        show_default="20 in a table, else 100",
    ),
]
WhereOption = Annotated[
    str | None, typer.Option(metavar="W", help='Which rows: "age" > 30 AND "name" = \'Simone\'. @FILE, or - for stdin.')
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", min=0, metavar="S", help="With --sample: choose the same rows again.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Read more than 1 GB over the network without asking.")]


def length_of(text: str | None, call: Call) -> int | None:
    """The number of rows that `--length` asks for, EVERY for all; None where it was not given. Raises UsageError."""
    if text is None:
        return None
    if text == ALL:
        if not writes_any_number(call):
            raise errors.UsageError(f"--length all is for --format {ROW_FORMATS}")
        return EVERY
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= PAGE_LENGTH:
        raise errors.UsageError(f"--length {text!r}: a number from 0 to {PAGE_LENGTH} was expected")
    return number


def lot_of(sample: int | None, seed: int | None) -> Lot | None:
    """The rows that `--sample` and `--seed` choose, by a seed of the moment where none was given. Raises UsageError."""
    if sample is None:
        if seed is not None:
            raise errors.UsageError("--seed is for --sample")
        return None
    return Lot(sample, int.from_bytes(os.urandom(4)) if seed is None else seed)


def text_of(option: str, value: str | None) -> str:
    """The text of an option that may stand in a file. Raises UsageError."""
    if value is None:
        return ""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise errors.UsageError(f"{option}: not text in UTF-8") from error
    if value != "-" and not value.startswith("@"):
        return value
    from dspreview.query.language.tokens import MAX_LENGTH

    name = "-" if value == "-" else value[1:]
    try:
        with open(0 if name == "-" else name, encoding="utf-8", closefd=name != "-") as file:
            return file.read(MAX_LENGTH + 1)
    except OSError as error:
        raise errors.UsageError(f"{option} {value}: {error.strerror}") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise errors.UsageError(f"{option} {value}: not text in UTF-8") from error


def ask(call: Call, preview: Preview, what: str, question: Callable[[Queries], T], *, yes: bool) -> T:
    """Answer a question about a split; on a terminal it is asked whether much may be read over the network."""
    from dspreview.preview.queries import Queries
    from dspreview.preview.telling import Telling

    agreed = yes
    while True:
        try:
            with working(what, quiet=call.quiet) as line:
                telling = Telling(line.show, call.warn)
                return question(Queries(preview, telling, agreed=agreed))
        except errors.ConsentError as error:
            if agreed or not confirmed(str(error)):
                raise
            agreed = True


def ask_one(call: Call, what: str, question: Callable[[Queries], int], *, yes: bool) -> int:
    """Answer a question about one split, on a store of its own."""
    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn)
        return ask(call, preview, what, question, yes=yes)


def confirmed(what: str) -> bool:
    """Whether somebody at a terminal agrees."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(f"{what.partition(';')[0]}. Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}

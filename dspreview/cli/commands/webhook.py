"""`dspreview webhook`: apply one change notice."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.store import Store
from dspreview.store.database import translated
from dspreview.work.notice import apply, read_notice

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help='Apply one change notice: {"add", "update", "remove"}, each "datasets/ID", or the Hub\'s own payload. '
    "What is added or updated waits in the queue, what is removed leaves the cache."
)
@with_common
def webhook(
    call: Call, payload: Annotated[str, typer.Argument(metavar="[PAYLOAD]", help="JSON, or - for stdin.")] = "-"
) -> int:
    """Answer `webhook`."""
    changes, note = read_notice(sys.stdin.read() if payload == "-" else payload)
    with Store(call.settings, must_write=True) as store, translated(call.settings.dspreview_database):
        apply(store, changes)
    if note:
        call.warn(note)
    output.write(call, Answer.of({"status": "ok"}, ["status"], [{"status": "ok"}], lambda: "ok\n"))
    return errors.EXIT_OK

"""`dspreview schema`: the JSON Schema of each document."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.schemas import SCHEMAS, VERSION, schema_of
from dspreview.suggestions import did_you_mean

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="Print the JSON Schema of a command's --json, or list them.")
@with_common
def schema(
    call: Call,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]", help="A command, such as rows, check or cache-stats.", show_default=False),
    ] = None,
) -> int:
    """Answer `schema`."""
    name = "-".join(words or ())
    if not name:
        records = [{"name": one, "title": title, "version": VERSION} for one, (title, _) in SCHEMAS.items()]
        output.write(call, Answer.of({"schemas": records}, ["name", "title", "version"], records))
        return errors.EXIT_OK
    if name not in SCHEMAS:
        raise errors.UsageError(f"no schema {name!r}{did_you_mean(name, SCHEMAS)}; `dspreview schema` lists them")
    found = schema_of(name)
    record = {"name": name, "title": found["title"], "version": VERSION}
    output.write(call, Answer.of(found, list(record), [record], lambda: json.dumps(found, indent=2) + "\n"))
    return errors.EXIT_OK

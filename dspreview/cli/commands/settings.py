"""`dspreview settings`: each setting, its value and where it came from."""

from __future__ import annotations

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.words import bytes_text
from dspreview.models import Json
from dspreview.settings import SECRETS, TABLE

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
HEADER = ["name", "value", "source", "meaning"]


@app.command(help="Show each setting, its value and where it came from: flag, environment, file or default.")
@with_common
def settings(call: Call) -> int:
    """Answer `settings`."""
    records = []
    for setting in TABLE:
        value = getattr(call.settings, setting.name.lower())
        if setting.name in SECRETS:
            value = "set" if value else "not set"
        source = call.settings.sources[setting.name]
        records.append({"name": setting.name, "value": value, "source": source, "meaning": setting.meaning})
    rows = [[record[name] for name in HEADER] for record in records]
    ignored = [one._asdict() for one in call.settings.ignored]
    rows += [[one["name"], "ignored", one["path"], one["reason"]] for one in ignored]
    shown = [[name, with_unit(str(name), value), *rest] for name, value, *rest in rows]
    text = lambda: output.table_of(call, HEADER, [dict(zip(HEADER, row, strict=True)) for row in shown])  # noqa: E731 - only for people
    output.write(call, Answer.of_rows({"settings": records, "ignored": ignored}, HEADER, rows)._replace(text=text))
    return errors.EXIT_OK


def with_unit(name: str, value: Json) -> Json:
    """A value as it is set; bytes also in the largest unit that counts."""
    if name.endswith(("_BYTES", "_MEMORY", "_FALLBACK")) and isinstance(value, int) and value >= 10_000:
        return f"{value} ({bytes_text(value)})"
    return value

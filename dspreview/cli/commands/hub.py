"""`dspreview hub`: the Hub's datasets, and how many of them are cached."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.lists import HUB_FIELDS, hub_record, hub_status_document
from dspreview.extract.extractor import Extractor
from dspreview.models import Json
from dspreview.preview.keeping import Keeper
from dspreview.store import Store, hublist

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
    help="List the Hub's datasets, and count how many are valid here.",
)  # fmt: skip

Author = Annotated[str | None, typer.Option("--author", metavar="NAME", help="Only datasets of this owner.")]
Search = Annotated[str | None, typer.Option("--search", metavar="WORDS", help="Only ids that hold these words.")]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Only datasets with this tag; may be repeated.")
]
Sort = Annotated[
    str | None,
    typer.Option("--sort", metavar="KEY", help="downloads, likes, created_at, last_modified, trending_score."),
]
Limit = Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="No more than so many.")]


@app.command("list", help="List the public datasets of the Hub.")
@with_common
def list_(
    call: Call, *, author: Author = None, search: Search = None, tag: Tag = None, sort: Sort = None, limit: Limit = None
) -> int:
    """Answer `hub list`."""
    listed = Extractor(call.settings).list_hub(
        author=author, search=search, tags=tag or (), sort=sort, limit=limit, details=True
    )
    found = [hub_record(item) for item in listed]
    if not (author or search or tag) and limit is None:
        keep_list(call, found)
    shown = [item | {"tags": ", ".join(item["tags"] or ())} for item in found]
    text = lambda: output.table_of(call, ["id", "downloads", "tags"], shown)  # noqa: E731 - rich, for a table only
    output.write(call, Answer.of({"datasets": found}, list(HUB_FIELDS), found, text))
    return errors.EXIT_OK


def keep_list(call: Call, found: list[dict[str, Json]]) -> None:
    """Remember the whole list for `serve-assets`; the answer matters more."""
    with Store(call.settings) as store:
        Keeper(store, call.warn).write(lambda: hublist.keep(store, found))


@app.command(help="Count the Hub's public datasets that are valid, in error or missing here.")
@with_common
def status(call: Call) -> int:
    """Answer `hub status`."""
    names = (str(item["id"]) for item in Extractor(call.settings).list_hub())
    with Store(call.settings, must_open=True) as store:
        document = hub_status_document(store, names)
    rows = [[kind, state, number] for kind in ("canonical", "community") for state, number in document[kind].items()]
    output.write(call, Answer.of_rows(document, ["kind", "status", "number"], rows))
    return errors.EXIT_OK

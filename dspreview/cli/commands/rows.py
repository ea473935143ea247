"""`dspreview rows`: the first rows of a split."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dspreview import errors
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, FromOption, SplitArgument, with_common
from dspreview.cli.questions import EVERY, ColumnsOption, LengthOption, SeedOption, YesOption, ask, length_of, lot_of
from dspreview.cli.render.output import FORMATS
from dspreview.cli.render.page import TABLE_LENGTH, write, write_all
from dspreview.cli.render.progress import working
from dspreview.cli.targets import targets
from dspreview.documents.page import Found, Selection
from dspreview.documents.paths import may_reach
from dspreview.feature import Feature
from dspreview.models import PAGE_LENGTH, DatasetRef, Json
from dspreview.preview import PageAnswer, Preview
from dspreview.preview.windows import rows_from
from dspreview.slices import is_slice
from dspreview.store import Store

if TYPE_CHECKING:
    from dspreview.cli.render.gallery import Gallery
    from dspreview.preview.queries import Queries

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="Show the first rows of a split, with typed columns; any rows with --offset and --length.")
@with_common
def rows(  # noqa: PLR0913 - options are many
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    offset: Annotated[int, typer.Option(min=0, help="The first row.")] = 0,
    length: LengthOption = None,
    columns: ColumnsOption = None,
    full: Annotated[bool, typer.Option("--full", help="Whole cells, whatever their size; not stored.")] = False,
    row: Annotated[int | None, typer.Option("--row", min=0, metavar="N", help="One row as a card, all of it.")] = None,
    sample: Annotated[
        int | None, typer.Option("--sample", min=0, max=PAGE_LENGTH, metavar="N", help="A random sample of N rows.")
    ] = None,
    seed: SeedOption = None,
    images: Annotated[
        Literal["auto", "always", "never"],
        typer.Option("--images", help="Draw images: if the terminal can (auto), also into a pipe (always), or never."),
    ] = "auto",
    open_: Annotated[bool, typer.Option("--open", help="With --row: open its files with the system's viewer.")] = False,
    save: Annotated[
        str | None,
        typer.Option(
            "--save", metavar="FILE", help="With --row: write its file; into a folder, all of them. - is stdout."
        ),
    ] = None,
    from_file: FromOption = None,
    yes: YesOption = False,
) -> int:
    """Answer `rows`."""
    if (open_ or save is not None) and (row is None or from_file is not None):
        raise errors.UsageError(
            "--open and --save are for one row: name it with --row N, and perhaps a column with --columns"
        )
    if open_ and save is not None:
        raise errors.UsageError("give either --open or --save")
    number = length_of(length, call)
    refuse_contradictions(row=row is not None, window=bool(offset) or length is not None, sample=sample is not None)
    if number == EVERY and (full or from_file is not None):
        raise errors.UsageError("--length all prints whole cells of one split; leave --full and --from out")
    chosen = lot_of(sample, seed)
    selection = Selection.make(columns, offset if row is None else row, number if row is None else 1)
    whole = full or row is not None or may_reach(selection.columns)
    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn)

        def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
            what = f"reading {' '.join(word for word in (ref.asked, config, split) if word)}"
            if number == EVERY or chosen is not None:
                return ask(call, preview, what, partial(other, ref, config, split, named), yes=yes)
            wanted, sliced, place = selection, is_slice(split or config or ""), None
            if call.format == "table" and row is None and length is None and (offset or sliced):
                wanted = selection._replace(length=TABLE_LENGTH)
            size = min(PAGE_LENGTH if wanted.length is None else wanted.length, call.settings.rows_max_number)
            asking = partial(ask, call, preview, what, yes=yes)
            if sliced:
                found = asking(lambda queries: queries.window(ref, config, split, wanted.offset, size, whole=whole))
                place = Found(wanted.offset, "") if row is None else None
                wanted = wanted._replace(offset=0 if found.page.num_rows else wanted.offset)
            else:
                with working(what, quiet=call.quiet):
                    found = preview.page(ref, config, split)
                found = rows_from(found, ref, wanted.offset, size, asking, whole=whole)
            if found.page.stalled:
                call.warn(f"{ref.asked}: the data has changed since these rows were read")
            if open_ or save is not None:
                from dspreview.cli.render.asset_files import AssetPaths, open_files, save_files

                files = AssetPaths(store).of(found, wanted)
                open_files(call, files) if save is None else save_files(call, files, save)
                return errors.EXIT_OK
            gallery = gallery_for(call, found, store, images, may_ask=from_file != "-")
            more = named | preview.choices
            write(call, found, wanted, more, card=row is not None, full=whole, gallery=gallery, found=place)
            return errors.EXIT_OK

        def other(
            ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json], queries: Queries
        ) -> int:
            if chosen is None:
                from dspreview.preview.streams import all_rows

                complete = FORMATS[call.format].is_tabular or selection.columns is not None
                write_all(call, all_rows(queries, ref, config, split, offset, complete=complete), selection)
                return errors.EXIT_OK
            found = queries.sample(ref, config, split, chosen, whole=whole)
            place = Found(0, f"in a random sample (--seed {chosen.seed})", goes_on=False)
            every = Selection(selection.columns, 0, PAGE_LENGTH)
            write(
                call,
                found,
                every,
                named | preview.choices,
                full=whole,
                found=place,
                gallery=gallery_for(call, found, store, images, may_ask=from_file != "-"),
            )
            return errors.EXIT_OK

        return run_targets(call, targets(dataset, config, split, from_file), answer, many=from_file is not None)


def refuse_contradictions(*, row: bool, window: bool, sample: bool) -> None:
    """Raise UsageError where two options choose the rows."""
    if row and (window or sample):
        raise errors.UsageError("--row shows one row; leave --offset, --length and --sample out")
    if sample and window:
        raise errors.UsageError("--sample chooses the rows; leave --offset and --length out")


def gallery_for(call: Call, answer: PageAnswer, store: Store, images: str, *, may_ask: bool) -> Gallery | None:
    """What draws pictures and sounds, where there are any and somebody sees them."""
    if call.format != "table" or images == "never" or not shows_media(answer):
        return None
    from dspreview.cli.render.terminal import terminal_for

    terminal = terminal_for(images, call.color, may_ask=may_ask)
    if terminal is None:
        return None
    from dspreview.cli.render.asset_files import AssetPaths
    from dspreview.cli.render.gallery import Gallery  # Pillow, when the first picture comes

    return Gallery(terminal, AssetPaths(store))


def shows_media(answer: PageAnswer) -> bool:
    """Whether there are pictures or sounds anywhere in a page."""
    return any({"Image", "Audio"} & {*Feature(one["type"]).assets()} for one in json.loads(answer.page.features))

"""`dspreview splits`: the configs and splits of a dataset."""

from __future__ import annotations

import typer

from dspreview import errors
from dspreview.choice import choose_config, choose_split
from dspreview.cli import failure
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, FromOption, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.render.progress import working
from dspreview.cli.targets import targets
from dspreview.documents.splits import HEADER, split_records, splits_document
from dspreview.models import ConfigListing, DatasetRef, Json
from dspreview.preview import Preview
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(help="List the configs and splits of a dataset, with num_bytes and num_examples if they are known.")
@with_common
def splits(
    call: Call, dataset: DatasetArgument = None, config: ConfigArgument = None, *, from_file: FromOption = None
) -> int:
    """Answer `splits`."""
    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn)

        def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
            with working(f"listing {ref.asked}", quiet=call.quiet):
                listing = preview.splits(ref)
            if call.verbose and not call.cached and (told := taken_for(preview, ref)):
                failure.tell(f"{ref.asked}: {told}")
            chosen = (choose_config(listing, config, ref.asked),) if config else listing.configs
            if split is not None:
                choose_split(chosen[0], split, ref.asked)
            return write(call, ref.asked, chosen, named)

        return run_targets(call, targets(dataset, config, None, from_file), answer, many=from_file is not None)


def taken_for(preview: Preview, ref: DatasetRef) -> str:
    """What a dataset was recognised for, and why; empty where `datasets` reads it."""
    found = preview.extractor.recognised(ref, preview.dataset(ref).dataset)
    return (
        ""
        if found is None
        else f"read as {found.recognition.article} {found.recognition.name}: {found.recognition.reason}"
    )


def write(call: Call, asked: str, configs: tuple[ConfigListing, ...], named: dict[str, Json]) -> int:
    """Write the splits; a config that cannot be listed is named, and the exit is 6."""
    records = split_records(asked, configs)
    broken = [config for config in configs if config.error]
    document = named | splits_document(asked, configs)
    output.write(call, Answer.of(document, HEADER, records, lambda: output.table_of(call, HEADER[1:], records)))
    for config in broken:
        failure.tell(f"config {config.config!r} is left out: {config.error['message']}")
    return errors.DatasetError.exit_code if broken else errors.EXIT_OK

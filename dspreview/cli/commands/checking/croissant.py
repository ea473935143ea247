"""`dspreview croissant`: a dataset as a Croissant 1.1 document."""

from __future__ import annotations

import json
import os
from pathlib import Path

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.commands.checking.describing import described
from dspreview.cli.options import DatasetArgument, OutputOption, with_common
from dspreview.cli.render.progress import working
from dspreview.documents.newfile import write_file
from dspreview.documents.stdout import write_text
from dspreview.preview import Preview
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Describe a dataset in Croissant 1.1: files with their hashes, configs as record sets, splits, classes. "
    "What nobody can guess (description, creator, RAI) is taken from the README and from [croissant] of dspreview.toml."
)
@with_common
def croissant(
    call: Call,
    dataset: DatasetArgument = None,
    *,
    output_file: OutputOption = None,
) -> int:
    """Answer `croissant`."""
    if dataset is None:
        raise errors.UsageError("name a DATASET")
    ref = call.ref(dataset)
    with Store(call.settings) as store, working(f"reading {ref.asked}", quiet=call.quiet):
        made = described(call, Preview(store, call.settings, cached=call.cached, warn=call.warn), ref)
    text = json.dumps(made.document, ensure_ascii=False, indent=2) + "\n"
    if output_file is None:
        write_text(text)
    else:
        write_file(Path(output_file), text.encode(), f"--output {output_file}")
        place = os.path.realpath(output_file)
        if os.path.realpath(ref.name) == os.path.dirname(place) and not os.path.basename(place).startswith("."):
            call.warn(f"{output_file} lies among the data, and counts as a JSON file of it; call it .croissant.json")
    for one in made.left_out:
        call.warn(f"left out: {one}")
    if made.missing:
        call.hint(f"nobody said: {', '.join(made.missing)}; say it in [croissant] of dspreview.toml, or in the README")
    return errors.EXIT_OK

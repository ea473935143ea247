"""`dspreview lock`: what a dataset is like, as a file to check against."""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.commands.checking.check import AllRowsOption, SampleOption, refuse_cached
from dspreview.cli.options import DatasetArgument, OutputOption, with_common
from dspreview.cli.render.progress import working
from dspreview.documents.newfile import write_file
from dspreview.documents.stdout import write_text

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Write down what a dataset is like: configs, splits, features, rows, null rates, shares of labels, a fingerprint. "
    "It reads every row unless --split-sample is given. Then: dspreview check DATASET --against FILE"
)
@with_common
def lock(
    call: Call,
    dataset: DatasetArgument = None,
    *,
    output_file: OutputOption = None,
    update: Annotated[
        str | None,
        typer.Option(
            "--update", metavar="FILE", help="Write a lock file again, with the --reason.", show_default=False
        ),
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the file.", show_default=False)
    ] = None,
    split_sample: SampleOption = None,
    all_rows: AllRowsOption = False,
) -> int:
    """Answer `lock`."""
    from dspreview.check.lock import is_lock, lock_text
    from dspreview.check.profile import profile
    from dspreview.extract.extractor import Extractor

    if dataset is None:
        raise errors.UsageError("name a DATASET")
    if split_sample is not None and all_rows:
        raise errors.UsageError("--split-sample and --all-rows contradict each other; give one")
    if update is not None and (output_file is not None or not reason):
        raise errors.UsageError("--update FILE writes that file again: say why with --reason, and leave --output out")
    if update is None and reason is not None:
        raise errors.UsageError("--reason is for --update FILE")
    if update is not None and not os.path.isfile(update):
        raise errors.UsageError(f"--update {update}: there is no such file; write it with --output {update}")
    if update is not None and not is_lock(before(update)):
        raise errors.UsageError(f"--update {update}: this is no lock file of dspreview; nothing was written")
    output_file = output_file or update
    ref = call.ref(dataset)
    refuse_cached(call, ref)
    with (
        working(f"reading {ref.asked}", quiet=call.quiet) as told,
        tempfile.TemporaryDirectory(prefix="dspreview-") as name,
    ):
        found = profile(Extractor(call.settings), ref, Path(name), split_sample, told.show)
    today = datetime.now(UTC).date().isoformat()
    text = lock_text(found, split_sample, before(output_file), reason=reason, day=today)
    if output_file is None:
        write_text(text)
        return errors.EXIT_OK
    write_file(Path(output_file), text.encode(), f"--output {output_file}")
    return errors.EXIT_OK


def before(path: str | None) -> str:
    """The text of a file that will be written over; empty where there is none to be read."""
    try:
        return Path(path).read_text(encoding="utf-8") if path is not None and os.path.isfile(path) else ""
    except (OSError, UnicodeDecodeError):  # writing tells what is wrong
        return ""

"""`dspreview is-valid`: whether datasets give rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.options import FromOption, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.render.progress import working
from dspreview.cli.targets import CallTarget, targets
from dspreview.models import DatasetRef, Json
from dspreview.preview import Preview, whole
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Say whether a dataset gives rows. Exit 0: yes. Exit 1: it exists, and no split gives rows. "
    "If that cannot be determined (unknown, no access, no network), the exit code is another one."
)
@with_common
def is_valid(
    call: Call,
    datasets: Annotated[
        list[str] | None, typer.Argument(metavar="DATASET...", help="Hub ids or local paths.", show_default=False)
    ] = None,
    *,
    from_file: FromOption = None,
) -> int:
    """Answer `is-valid`."""
    wanted = chosen(datasets or [], from_file)
    many = from_file is not None or len(datasets or []) > 1
    with Store(call.settings) as store:
        preview = Preview(store, call.settings, cached=call.cached, warn=call.warn)

        def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
            with working(f"checking {ref.asked}", quiet=call.quiet):
                valid = whole.is_valid(preview, ref, config, split)
            write(call, ref.asked, named, valid=valid, many=many)
            return errors.EXIT_OK if valid else errors.EXIT_NO

        return run_targets(call, wanted, answer, many=many)


def chosen(datasets: list[str], from_file: str | None) -> Iterator[CallTarget]:
    """The datasets of the arguments, or of `--from`. Raises UsageError."""
    if len(datasets) < 2:
        yield from targets(datasets[0] if datasets else None, None, None, from_file)
        return
    if from_file is not None:
        raise errors.UsageError("give either DATASETS or --from, not both")
    for dataset in datasets:
        yield CallTarget(dataset)


def write(call: Call, asked: str, named: dict[str, Json], *, valid: bool, many: bool) -> None:
    """Write one verdict."""
    verdict = "valid" if valid else "not valid"
    text = f"{asked}: {verdict}\n" if many else f"{verdict}\n"
    output.write(call, Answer.of(named | {"valid": valid}, ["valid"], [{"valid": valid}], lambda: text))

"""`dspreview refresh`: recompute what is cached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli import failure
from dspreview.cli.batch import run_targets
from dspreview.cli.call import Call
from dspreview.cli.commands.queue import enqueue
from dspreview.cli.options import ConfigArgument, DatasetArgument, FromOption, SplitArgument, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.cli.render.progress import working
from dspreview.cli.standard_input import WORD
from dspreview.cli.targets import CallTarget, targets
from dspreview.models import DatasetRef, Json
from dspreview.preview import Preview, whole
from dspreview.store import Store

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Recompute a dataset, a config or a split now. One split that fails gives its own exit code; "
    "of several, exit 1 says that some failed."
)
@with_common
def refresh(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    queue: Annotated[bool, typer.Option("--queue", help="Only add it to the queue.")] = False,
    from_file: FromOption = None,
) -> int:
    """Answer `refresh`."""
    if call.cached:
        raise errors.UsageError("refresh computes new data, which --cached forbids; leave --cached out")
    if dataset == WORD:
        raise errors.UsageError("- is read as it comes, and never cached; there is nothing to refresh")
    if queue:
        return enqueue_all(call, targets(dataset, config, split, from_file), many=from_file is not None)
    with Store(call.settings, must_write=True) as store:
        preview = Preview(store, call.settings, warn=call.warn)

        def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
            done: list[dict[str, Json]] = []
            failures: list[errors.PreviewError] = []
            with working(f"refreshing {ref.asked}", quiet=call.quiet):
                for config_name, split_name, error in whole.refresh(preview, ref, config, split):
                    if error is not None:
                        failures.append(error)
                        if split is None:
                            failure.tell(str(error))
                    done.append(
                        {
                            "dataset": ref.asked,
                            "config": config_name,
                            "split": split_name,
                            "status": "ERROR" if error else "VALID",
                            "error": errors.describe(error) if error else None,
                        }
                    )
            if split is not None and failures:
                raise failures[0]
            write(call, done, named, failed=bool(failures))
            return errors.EXIT_NO if failures else errors.EXIT_OK

        return run_targets(call, targets(dataset, config, split, from_file), answer, many=from_file is not None)


def enqueue_all(call: Call, wanted: Iterator[CallTarget], *, many: bool) -> int:
    """Add a job for each target."""

    def answer(ref: DatasetRef, config: str | None, split: str | None, named: dict[str, Json]) -> int:
        if config is not None and split is None:
            raise errors.UsageError("refresh --queue: name CONFIG and SPLIT, or neither")
        enqueue(call, ref.asked, config, split)
        text = f"{ref.asked} waits in the queue\n"
        output.write(call, Answer.of(named | {"status": "ok"}, ["status"], [{"status": "ok"}], lambda: text))
        return errors.EXIT_OK

    return run_targets(call, wanted, answer, many=many)


def write(call: Call, done: list[dict[str, Json]], named: dict[str, Json], *, failed: bool) -> None:
    """Write what became of each split."""
    document = named | {"status": "error" if failed else "ok", "splits": done}
    flat = [item | {"error": item["error"]["message"] if item["error"] else None} for item in done]
    header = ["dataset", "config", "split", "status", "error"]
    output.write(call, Answer.of(document, header, flat, lambda: output.table_of(call, header[1:], flat)))

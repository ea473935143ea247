"""`dspreview stats`: statistics of each column of a split."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, with_common
from dspreview.cli.questions import YesOption, ask_one
from dspreview.cli.render import output
from dspreview.documents.stdout import write_text
from dspreview.models import Json
from dspreview.preview.queries import Queries

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
FLAT = ("nan_count", "null_count", "distinct_count", "min", "max", "mean", "median", "std")
"""What jsonl and csv say of each column."""


@app.command(help="Show statistics of each column of a split: missing values, range, distribution, frequent values.")
@with_common
def stats(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    column: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME", help="Only this column; may be given several times.")
    ] = None,
    yes: YesOption = False,
) -> int:
    """Answer `stats`."""
    if dataset is None:
        raise errors.UsageError("name a DATASET")
    ref = call.ref(dataset)

    def answer(queries: Queries) -> int:
        target, found = queries.stats(ref, config, split, tuple(column or ()))
        named: dict[str, Json] = {"dataset": ref.asked, "config": target.split.config, "split": target.split.split}
        if call.format == "json":
            output.write_document(named | found | {"revision": target.entry.dataset.revision})
        elif call.format == "table":
            from dspreview.cli.render import stats as statsview  # rich, for people only

            write_text(statsview.blocks(target.where, found, call) + "\n")
        else:
            output.write_records(
                call, [flat(one) for one in found["statistics"]], ["column_name", "column_type", *FLAT]
            )
        return errors.EXIT_OK

    return ask_one(call, f"reading {dataset}", answer, yes=yes)


def flat(one: dict[str, Json]) -> dict[str, Json]:
    """A column as one line."""
    found = one["column_statistics"]
    return {"column_name": one["column_name"], "column_type": one["column_type"]} | {
        name: found.get(name) for name in FLAT
    }

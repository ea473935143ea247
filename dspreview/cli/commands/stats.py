"""`dspreview stats`: statistics of each column of a split."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, names_of, with_common
from dspreview.cli.questions import YesOption, ask_one
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
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
        list[str] | None,
        typer.Option(
            "--column",
            metavar="NAME",
            help="Only this column; may be given several times.",
            autocompletion=names_of("columns"),
        ),
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

        def text() -> str:
            from dspreview.cli.render import stats as drawing  # rich, for people only

            return drawing.blocks(target.where, found, call) + "\n"

        document = named | queries.preview.choices | found | {"revision": target.entry.dataset.revision}
        records = [flat(one) for one in found["statistics"]]
        output.write(call, Answer.of(document, ["column_name", "column_type", *FLAT], records, text))
        return errors.EXIT_OK

    return ask_one(call, f"reading {dataset}", answer, yes=yes)


def flat(one: dict[str, Json]) -> dict[str, Json]:
    """A column as one line."""
    found = one["column_statistics"]
    return {"column_name": one["column_name"], "column_type": one["column_type"]} | {
        name: found.get(name) for name in FLAT
    }

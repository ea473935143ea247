"""`dspreview rules`: a first set of rules for a dataset, and the schema of the file."""

from __future__ import annotations

import typer

from dspreview import errors
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, with_common
from dspreview.cli.questions import YesOption, ask_one
from dspreview.documents.stdout import write_text
from dspreview.models import SplitId, dump
from dspreview.preview.queries import Queries

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True,
    help="Rules for the columns of a dataset, which `dspreview check` keeps: suggest some, or print the schema of their file.",
)  # fmt: skip


@app.command(
    help="Print rules that hold of a dataset now, as TOML for dspreview.toml: delete or loosen what need not stay so."
)
@with_common
def suggest(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    yes: YesOption = False,
) -> int:
    """Answer `rules suggest`."""
    from dspreview.check.rules.suggest import suggested

    if dataset is None:
        raise errors.UsageError("name a DATASET")
    ref = call.ref(dataset)

    def answer(queries: Queries) -> int:
        listing = queries.preview.splits(ref)
        every = [SplitId(one.config, place.split) for one in listing.configs for place in one.splits]
        wanted = [names for names in every if config in {None, names.config} and split in {None, names.split}]
        if not wanted:
            raise errors.SplitNotFoundError(f"{ref.asked}: no split {config or ''}/{split or ''}")
        lines = [f"# what holds of {ref.asked} now; keep what must stay so"]
        for names in wanted:
            _, found = queries.stats(ref, *names, ())
            lines += ["", *suggested(names, found)]
        write_text("\n".join(lines).rstrip() + "\n")
        return errors.EXIT_OK

    return ask_one(call, f"reading {dataset}", answer, yes=yes)


@app.command(help="Print the JSON Schema of the rules in a dspreview.toml, for editors.")
@with_common
def schema(call: Call) -> int:
    """Answer `rules schema`."""
    from dspreview.check.rules.book import schema as rules_schema

    del call
    write_text(dump(rules_schema()) + "\n")
    return errors.EXIT_OK

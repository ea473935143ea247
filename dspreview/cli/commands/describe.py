"""`dspreview describe`: a dataset on one screen."""

from __future__ import annotations

from typing import Annotated

import typer

from dspreview import errors
from dspreview.cli.agents import TOKEN, TOKENS
from dspreview.cli.call import Call
from dspreview.cli.options import ConfigArgument, DatasetArgument, SplitArgument, with_common
from dspreview.cli.questions import ask_one
from dspreview.cli.render import output
from dspreview.cli.render.output import Answer
from dspreview.documents.words import bytes_text, counted, harmless, plain_type
from dspreview.errors import command
from dspreview.feature import Feature
from dspreview.models import FeatureTree, Json, dump
from dspreview.preview.description import COUNTED, ColumnFacts, Described, describe
from dspreview.preview.queries import Queries

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
MOST_SPLITS, MOST_COLUMNS = 12, 40
"""What a screen takes; the JSON has all."""
EXAMPLE = 60
NAMED = 10
"""Classes that are named."""
CARD = ("pretty_name", "license", "size_categories", "language", "task_categories")


@app.command(
    name="describe",
    help="Show a dataset on one screen: what it is, its splits, its columns with an example each, and where to go on.",
)
@with_common
def describe_(
    call: Call,
    dataset: DatasetArgument = None,
    config: ConfigArgument = None,
    split: SplitArgument = None,
    *,
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", metavar="N", min=50, help="Print no more than this; 4 bytes count as a token."),
    ] = None,
) -> int:
    """Answer `describe`."""
    if dataset is None:
        raise errors.UsageError("name a DATASET")
    ref = call.ref(dataset)

    def answer(queries: Queries) -> int:
        found = describe(queries, ref, config, split)
        document = as_document(ref.asked, found)
        most = TOKENS if max_tokens is None and call.agent else max_tokens
        budget = None if most is None else most * TOKEN
        if budget is not None and call.format == "json":
            document = within(document, budget)
        records = document["columns"]
        header = list(records[0]) if records else []
        output.write(call, Answer.of(document, header, records, lambda: screen(call, ref.word, found, budget)))
        return errors.EXIT_OK

    return ask_one(call, f"reading {dataset}", answer, yes=False)


def as_document(asked: str, found: Described) -> dict[str, Json]:
    """The answer as JSON."""
    return {
        "dataset": asked,
        "revision": found.revision,
        "taken_for": found.taken_for or None,
        "card": {key: found.card[key] for key in CARD if key in found.card},
        **({"about": found.about} if found.about else {}),
        "splits": found.splits,
        "config": found.shown.config,
        "split": found.shown.split,
        "num_rows": found.num_rows,
        "columns": [
            {"name": one.name, "type": one.feature, "missing": one.missing, "distinct": one.distinct, "min": one.least, "max": one.most, "example": one.example}
            for one in found.columns
        ],
    }  # fmt: skip


def within(document: dict[str, Json], budget: int) -> dict[str, Json]:
    """A document of at most so many bytes: examples go first, then columns, then splits, and how many is said."""
    for key in ("example", "type"):
        if len(dump(document).encode()) > budget:
            document["columns"] = [
                {name: value for name, value in one.items() if name != key} for one in document["columns"]
            ]
    for key in ("columns", "splits"):
        left_out = 0
        while document[key] and len(dump(document).encode()) > budget:
            document[key].pop()
            left_out += 1
            document[f"{key}_left_out"] = left_out
    return document


def screen(call: Call, word: str, found: Described, budget: int | None) -> str:
    """The answer for people, in at most so many bytes."""
    lines = head(word, found)
    lines += ["", *table(call, found)]
    names = [word] if len(found.splits) == 1 else [word, *found.shown]
    if not call.agent:
        lines += ["", f"next: {command('rows', *names)} · {command('stats', *names)} · {command('check', word)}"]
    text = "\n".join(lines) + "\n"
    if budget is None or len(text.encode()) <= budget:
        return text
    more = f"… the rest with: {command('describe', word, '--json')}\n"
    kept: list[str] = []
    for line in lines:
        if len("\n".join([*kept, line, more]).encode()) > budget:
            break
        kept.append(line)
    return "\n".join([*kept, more])


def head(word: str, found: Described) -> list[str]:
    """What it is, and its splits."""
    told = [f"{key.replace('_', ' ')} {words(found.card[key])}" for key in CARD if key in found.card]
    lines = [
        " · ".join(
            [
                harmless(word),
                *([found.taken_for] if found.taken_for else []),
                *map(harmless, told),
                f"revision {found.revision[:7]}",
            ]
        )
    ]
    for one in found.splits[:MOST_SPLITS]:
        facts = [counted(one["num_rows"], "row")] if one["num_rows"] is not None else []
        facts += [bytes_text(one["num_bytes"])] if one["num_bytes"] is not None else []
        lines.append(harmless(f"  {one['config']}/{one['split']}{': ' if facts else ''}{', '.join(facts)}"))
    if len(found.splits) > MOST_SPLITS:
        lines.append(f"  … and {counted(len(found.splits) - MOST_SPLITS, 'more split')}: {command('splits', word)}")
    return lines + [harmless(f"  {about_line(one)}") for one in found.about]


def about_line(one: dict[str, Json]) -> str:
    """What a file says of itself, in a line."""
    facts = [f"{key} {value}" for key, value in one.items() if key not in {"file", "scores"}]
    facts += [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in one.get("scores", {}).items()
    ]
    return f"{one['file']}: {' · '.join(facts)}"


def table(call: Call, found: Described) -> list[str]:
    """The columns."""
    whose = f"{found.shown}"
    records = [record(one, found.num_rows) for one in found.columns[:MOST_COLUMNS]]
    header = ["column", "type", "missing", "values", "example"]
    if all(not one["missing"] and not one["values"] for one in records):
        header = ["column", "type", "example"]
    drawn = output.table_of(call, header, records, whole={"missing", "values"}).rstrip("\n").split("\n")
    left = len(found.columns) - MOST_COLUMNS
    return [f"columns of {harmless(whose)}", *drawn, *([f"… and {counted(left, 'more column')}"] if left > 0 else [])]


def record(one: ColumnFacts, total: int | None) -> dict[str, Json]:
    """A column as a line."""
    missing = ""
    if one.missing:
        share = f" ({100 * one.missing / total:.0f} %)" if total else ""
        missing = f"{one.missing:,}{share}"
    values = (
        f"{one.least} to {one.most}"
        if one.least is not None
        else f"{'' if (total or COUNTED + 1) <= COUNTED else '~'}{one.distinct:,} different"
        if one.distinct
        else ""
    )
    if 0 < len(labels := Feature(one.feature).labels) <= NAMED:
        values = ", ".join(labels)
    return {
        "column": harmless(one.name),
        "type": plain_type(one.feature),
        "missing": missing,
        "values": harmless(values),
        "example": example(one.example, one.feature),
    }


def example(value: Json, feature: FeatureTree) -> str:
    """A value in a few words: a file by its name, a class by its own."""
    labels = Feature(feature).labels
    if isinstance(value, int) and 0 <= value < len(labels):
        return harmless(labels[value])
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict) and "src" in value[0]:
        value = value[0]
    if isinstance(value, dict) and "src" in value:
        return harmless(str(value["src"]).rpartition("/")[2])
    text = value if isinstance(value, str) else "" if value is None else dump(value)
    return harmless(text if len(text) <= EXAMPLE else f"{text[: EXAMPLE - 1]}…")


def words(value: Json) -> str:
    """A value of a README in words."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

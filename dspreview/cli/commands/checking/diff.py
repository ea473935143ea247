"""`dspreview diff`: how two datasets, revisions or folders differ."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dspreview import errors
from dspreview.check.verdict import Verdict, reordered
from dspreview.cli.call import Call
from dspreview.cli.commands.checking.check import AllRowsOption, SampleOption, refuse_cached
from dspreview.cli.options import format_option, with_common
from dspreview.cli.render import output
from dspreview.cli.render.output import DOCUMENT_FORMATS, Answer
from dspreview.cli.render.progress import working
from dspreview.documents import plain
from dspreview.documents.stdout import write_text
from dspreview.feature import Feature
from dspreview.models import Json, dump

MARKDOWN = "markdown"
"""A line for a changelog."""
if TYPE_CHECKING:
    DocumentFormat = str
else:
    DocumentFormat = format_option([*DOCUMENT_FORMATS, MARKDOWN])
app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


@app.command(
    help="Show how two datasets differ: configs, splits, features, rows, statistics. A and B are Hub ids, ids with @REVISION, or local paths. "
    "It reads every row unless --split-sample is given. Exit 0: they are the same. Exit 1: they differ."
)
@with_common
def diff(
    call: Call,
    a: Annotated[str, typer.Argument(metavar="A", help="The first dataset.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The second dataset.")],
    *,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="A column that identifies rows. Reports which rows were added, removed and changed.",
            show_default=False,
        ),
    ] = None,
    verdict: Annotated[
        bool,
        typer.Option(
            "--verdict", help="Exit 1 only if the second breaks what worked with the first: none, additive, breaking."
        ),
    ] = False,
    split_sample: SampleOption = None,
    all_rows: AllRowsOption = False,
    format_: DocumentFormat = "table",
) -> int:
    """Answer `diff`."""
    del format_  # it is in the call
    from dspreview.check.diff import diff as compare
    from dspreview.extract.extractor import Extractor

    if split_sample is not None and (all_rows or key is not None):
        raise errors.UsageError("--split-sample contradicts --all-rows and --key, which read every row; give one")
    one, other = call.ref(a), call.ref(b)
    for ref in (one, other):
        refuse_cached(call, ref)
    with (
        working(f"reading {one.asked}", quiet=call.quiet) as told,
        tempfile.TemporaryDirectory(prefix="dspreview-") as name,
    ):
        found = compare(
            Extractor(call.settings), one, other, Path(name), sample=split_sample, key=key, progress=told.show
        )
    if call.format == MARKDOWN:
        write_text(changelog(found))
    else:
        output.write(call, Answer.of(found, [], [], lambda: "".join(f"{line}\n" for line in lines(found))))
    broken = found["verdict"] == Verdict.BREAKING if verdict else found["differ"]
    return errors.EXIT_NO if broken else errors.EXIT_OK


def changelog(found: dict[str, Json]) -> str:
    """The verdict and its reasons as a line of Markdown."""
    told = "; ".join(found["reasons"]) or ("values changed" if found["differ"] else "no change")
    return plain.markdown(f"- **{found['verdict']}**: {told} ({found['a']} → {found['b']})") + "\n"


def lines(found: dict[str, Json]) -> Iterator[str]:
    """The differences for people."""
    if not found["differ"]:
        yield plain.harmless(f"{found['a']} and {found['b']}: the same")
        return
    yield plain.harmless(f"{found['a']} → {found['b']}: {found['verdict']}")
    for reason in found["reasons"] if found["verdict"] == Verdict.BREAKING else ():
        yield plain.harmless(f"  ! {reason}")
    for sign, word in (("-", "removed"), ("+", "added")):
        for name in found["configs"][word]:
            yield plain.harmless(f"  {sign} config {name}")
        for one in found["splits"][word]:
            yield plain.harmless(f"  {sign} split {one['config']}/{one['split']}")
    for one in found["splits"]["changed"]:
        yield from map(plain.harmless, split_lines(found, one))


def split_lines(found: dict[str, Json], split: dict[str, str]) -> Iterator[str]:
    """What changed in a split."""

    def of(key: str) -> list[dict[str, Json]]:
        return [one for one in found[key] if (one["config"], one["split"]) == (split["config"], split["split"])]

    name = f"{split['config']}/{split['split']}"
    yield f"  {name}: {rows_of(found['rows'][name])}"
    if not of("features") and not of("statistics"):
        yield "      the same rows in another order" if reordered(found, split) else "      values changed"
    for one in of("renamed"):
        yield f"      {one['a']} is called {one['b']} now"
    for column in of("features"):
        yield f"      {column['column']}: {shown(column['a'])} → {shown(column['b'])}"
    for column in of("statistics"):
        yield f"      {column['column']}: {changes(column['a'], column['b'])}"


def rows_of(rows: dict[str, Json]) -> str:
    """What became of the rows, in words."""
    told = f"{rows['a']:,} rows" if rows["a"] == rows["b"] else f"{rows['a']:,} → {rows['b']:,} rows"
    if "added" not in rows:
        return told
    parts = []
    for word in ("added", "removed", "changed"):
        keys = rows.get("examples", {}).get(word, [])
        more = ", …" if rows[word] > len(keys[:3]) else ""
        parts.append(f"{rows[word]:,} {word}" + (f" ({', '.join(keys[:3])}{more})" if keys else ""))
    repeated = f"; {rows['repeated_keys']:,} keys occur more than once" if rows.get("repeated_keys") else ""
    return f"{told}; {', '.join(parts)}{repeated}"


def shown(tree: Json) -> str:
    """A feature in a word or two."""
    if tree is None:
        return "nothing"
    return Feature(tree).value or dump(tree)


def changes(a: dict[str, Json], b: dict[str, Json]) -> str:
    """The statistics that differ."""
    return ", ".join(
        f"{name} {dump(a.get(name))} → {dump(b.get(name))}"
        for name in dict.fromkeys([*a, *b])
        if a.get(name) != b.get(name)
    )

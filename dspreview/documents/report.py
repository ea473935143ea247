"""A dataset as one HTML file that needs nothing else: splits, columns, statistics, rows, and what a check found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dspreview import errors
from dspreview.check.dataset import Report
from dspreview.check.findings import Finding
from dspreview.check.secrets.redaction import Redaction
from dspreview.documents.distribution import HEIGHT, WIDTH, Distribution, from_rows, from_statistics
from dspreview.documents.html import STYLE, page_html, text
from dspreview.documents.rows import Row, rows_of
from dspreview.documents.words import bytes_text, counted, number_text, plain_type
from dspreview.models import DatasetRef, Json, Listing, SplitId
from dspreview.preview import PageAnswer

if TYPE_CHECKING:
    from dspreview.preview.queries import Queries

MOST_SPLITS = 20
"""Splits that are shown with their columns and rows; others are listed."""
MOST_FINDINGS = 500
ROWS = 20
HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'\">"
)
LOOK = (
    "<style>:root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem;"
    "background:Canvas;color:CanvasText}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem}.wide{overflow-x:auto}"
    ".error{color:light-dark(#b00020,#ff8a9a)}.warning{color:light-dark(#8a5a00,#ffc766)}svg rect{fill:light-dark(#3a6ea5,#7fb2e5)}"
    ".dspreview{width:100%}nav a{margin-right:1em}</style>"
)


class SplitPart(NamedTuple):
    """What is shown of a split."""

    names: SplitId
    answer: PageAnswer | None
    rows: list[Row]
    statistics: dict[str, Json]
    """By the names of the columns; empty where there are none."""
    problems: tuple[str, ...] = ()


def report_html(queries: Queries, ref: DatasetRef, report: Report) -> str:
    """The whole document. Raises PreviewError where the dataset has not even splits and nothing was found."""
    try:
        listing = queries.preview.splits(ref)
    except errors.PreviewError:
        if not report.findings:
            raise
        listing = None
    names = [SplitId(one.config, part.split) for one in listing.configs for part in one.splits] if listing else []
    parts = [part_of(queries, ref, one) for one in names[:MOST_SPLITS]]
    body = [
        f"<h1>{text(ref.asked)}</h1>",
        f"<p>{summary(report)}{f' · revision {text(report.revision[:12])}' if report.revision else ''}</p>",
        findings_html(report.findings),
        splits_html(listing, parts) if listing else "",
        *map(split_html, parts),
        f"<p>{counted(len(names) - MOST_SPLITS, 'more split')}</p>" if len(names) > MOST_SPLITS else "",
    ]
    return f"{HEAD}<title>{text(ref.asked)}</title>{LOOK}{STYLE}</head><body>{''.join(body)}</body></html>\n"


def part_of(queries: Queries, ref: DatasetRef, names: SplitId) -> SplitPart:
    """A split, as far as it can be read."""
    problems: list[str] = []
    answer, rows, found = None, list[Row](), dict[str, Json]()
    try:
        answer = queries.preview.page(ref, *names)
        masks = Redaction()  # a report is handed around
        rows = [
            {name: masks.value(value, name) for name, value in row.items()}
            for row in rows_of(queries.store, answer)[:ROWS]
        ]
        told = queries.stats(ref, *names, ())[1]
        found = {one["column_name"]: masks.value(one, one["column_name"]) for one in told["statistics"]}
    except errors.PreviewError as error:
        problems.append(str(error))
    return SplitPart(names, answer, rows, found, tuple(problems))


def summary(report: Report) -> str:
    """The verdict in a line."""
    counts = [
        counted(number, severity) for severity, number in report.summary().items() if number and severity != "info"
    ]
    looked = f"{counted(report.splits_checked, 'split')}, {counted(report.rows_read, 'row')} looked at"
    return f"{', '.join(counts) or 'in order'} ({looked})"


def findings_html(findings: Sequence[Finding]) -> str:
    """What was found, the worst first."""
    if not findings:
        return ""
    rows = [
        f'<tr><td class="{one.severity}">{one.severity}</td><td>{text(one.code)}</td><td>{text(one.place)}</td>'
        f"<td>{text(one.message)}<small>{text(one.remedy)}</small></td></tr>"
        for one in findings[:MOST_FINDINGS]
    ]
    more = f"<p>{counted(len(findings) - MOST_FINDINGS, 'more finding')}</p>" if len(findings) > MOST_FINDINGS else ""
    return f"<h2>Findings</h2>{table(['severity', 'code', 'where', 'what, and what to do'], rows)}{more}"


def table(header: Sequence[str], rows: Sequence[str]) -> str:
    """A table of rows that are HTML."""
    head = "".join(f"<th>{text(name)}</th>" for name in header)
    return f'<div class="wide"><table class="dspreview"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def splits_html(listing: Listing, parts: Sequence[SplitPart]) -> str:
    """All configs and splits."""
    totals = {one.names: one.answer.page.num_rows_total for one in parts if one.answer is not None}
    rows = []
    for config in listing.configs:
        if config.error:
            message = config.error.get("message", "") if isinstance(config.error, dict) else ""
            rows.append(
                f'<tr><td>{text(config.config)}</td><td class="error" colspan="3">{text(str(message))}</td></tr>'
            )
        for one in config.splits:
            total = one.num_examples if one.num_examples is not None else totals.get(SplitId(config.config, one.split))
            size = bytes_text(one.num_bytes) if one.num_bytes is not None else ""
            number = f"{total:,}" if total is not None else ""
            rows.append(
                f'<tr><td>{text(config.config)}</td><td>{text(one.split)}</td><td class="n">{number}</td><td class="n">{size}</td></tr>'
            )
    return f"<h2>Splits</h2>{table(['config', 'split', 'rows', 'size'], rows)}"


def split_html(part: SplitPart) -> str:
    """One split: its columns, then its first rows."""
    title = f"<h2>{text(str(part.names))}</h2>"
    told = "".join(f'<p class="warning">{text(one)}</p>' for one in part.problems)
    if part.answer is None:
        return title + told
    features = json.loads(part.answer.page.features)
    columns = json.loads(part.answer.page.columns)
    rows = [
        column_html(feature, column, part, [row.get(feature["name"]) for row in part.rows])
        for feature, column in zip(features, columns, strict=True)
    ]
    listed = table(["column", "type", "missing", "different", "values"], rows)
    return f'{title}{told}{listed}<div class="wide">{page_html(str(part.names), part.answer, part.rows)}</div>'


def column_html(feature: Json, column: Json, part: SplitPart, values: list[Json]) -> str:
    """A column in a row: how much is missing, how many different values, and how they lie."""
    name, found = str(feature["name"]), part.statistics.get(str(feature["name"]))
    told = found["column_statistics"] if found is not None else {}
    total = part.answer.page.num_rows_total if part.answer is not None else None
    drawn = from_statistics(told, found["column_type"], total or 0) if found is not None else from_rows(values, column)
    missing = told.get("null_count", told.get("nan_count"))
    different = told.get("distinct_count", told.get("n_unique"))
    cells = [
        f"<td>{text(name)}</td><td>{text(plain_type(feature['type']))}</td>",
        *(f'<td class="n">{number_text(one) if one is not None else ""}</td>' for one in (missing, different)),
        f"<td>{bars_html(drawn) if drawn is not None else ''}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def bars_html(drawn: Distribution) -> str:
    """The bars of a distribution, with all of it in words for those who do not see it."""
    bars = "".join(
        f'<rect x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}"><title>{text(bar.title)}</title></rect>'
        for bar in drawn.bars
    )
    picture = (
        f'<svg role="img" aria-label="{text(drawn.told)}" width="{WIDTH}" height="{HEIGHT}">{bars}</svg>'
        if bars
        else ""
    )
    ends: list[Any] = [one for one in (drawn.low, drawn.high) if one]
    return f"{picture}<small>{text(' … '.join(ends))}</small>"

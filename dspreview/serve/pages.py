"""The pages for people: what is cached, the splits of a dataset, rows of a split, one row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dspreview import errors
from dspreview.choice import choose
from dspreview.documents.distribution import Distribution, from_rows, from_statistics
from dspreview.documents.plain import harmless
from dspreview.documents.words import age_text, bytes_text, counted, plain_type, type_text
from dspreview.models import DatasetRef, Json, Kind, Listing, Status
from dspreview.page.row_lines import RowLines
from dspreview.preview import PageAnswer
from dspreview.preview.windows import rows_from
from dspreview.query.table import Request
from dspreview.serve.answers import FARTHEST, FOREIGN, HTTP_STATUS, Parameters, number, parameters_of, required
from dspreview.serve.cells import Painter
from dspreview.serve.columns import bars, facts, frequent, linked
from dspreview.serve.headers import cache_control
from dspreview.serve.shown import Shown, ShownPreview, reference
from dspreview.serve.statement import LONGEST, answered, table_names
from dspreview.serve.static import Static
from dspreview.serve.told import card_lines, field_of, problem_of
from dspreview.serve.views import (
    PageQuery,
    Pager,
    PageTable,
    dataset_link,
    link,
    neighbours,
    neighbours_found,
    splits_text,
)
from dspreview.store import overview
from dspreview.store.database import translated
from dspreview.suggestions import did_you_mean

NEAR = 30
"""Splits that a page links to, beside the one that lists them all."""
LENGTH = 50
"""Rows, or datasets, of a page."""


class Pages:
    """Makes the pages."""

    def __init__(self, shown: Shown, static: Static) -> None:
        self.shown, self.settings, self.options = shown, shown.settings, shown.options
        self.templates = Environment(
            loader=PackageLoader("dspreview.serve"), autoescape=True, undefined=StrictUndefined,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self.templates.filters["shown"] = harmless
        self.templates.globals.update(link=link, static=static.url, counted=counted, bytes_text=bytes_text)

    def routes(self) -> list[Route]:
        """Paths and what answers them."""
        return [Route("/", self.answering(self.index)), Route("/view", self.answering(self.view))]

    def answering(self, answer: Callable[[Parameters], str]) -> Callable[[HttpRequest], Response]:
        """A page, or the page that says why there is none. It runs in a thread."""

        def respond(request: HttpRequest) -> Response:
            headers = {"cache-control": cache_control(self.settings.max_age_short_seconds, public=False).decode()}
            try:
                with translated(self.settings.dspreview_database):
                    return HTMLResponse(answer(parameters_of(request)), headers=headers)
            except errors.PreviewError as error:
                page = self.render("problem.html", title="Not shown", problem=problem_of(error))
                return HTMLResponse(page, HTTP_STATUS.get(error.exit_code, 500), headers=headers)

        return respond

    def render(self, template: str, **values: Any) -> str:
        """A template, filled."""
        return self.templates.get_template(template).render(**values)

    def index(self, asked: Parameters) -> str:
        """The datasets of the cache."""
        words, offset = asked.get("q", "").strip(), number(asked, "offset", FARTHEST, 0)
        with self.shown.preview() as preview:
            restricted = self.options.restricted
            lines, total = overview.datasets(preview.store, words, restricted=restricted, offset=offset, length=LENGTH)
            now = preview.store.clock()
        listed = [
            {
                "name": harmless(line.name), "revision": line.asked_revision, "href": dataset_link(line),
                "status": line.status.lower(), "bytes": bytes_text(line.bytes), "age": age_text(now - line.checked_at),
                "error": harmless(line.error["message"]) if line.error else "",
                "splits": splits_text(line.splits),
            }
            for line in lines
        ]  # fmt: skip
        pager = Pager(offset, len(lines), total, LENGTH, {"q": words} if words else {}, "/")
        return self.render("index.html", title="Datasets", datasets=listed, words=words, total=total, pager=pager)

    def view(self, asked: Parameters) -> str:
        """A dataset, a split of it, or one row."""
        (dataset,) = required(asked, "dataset")
        with self.shown.preview() as preview:
            ref = reference(dataset)
            entry = preview.dataset(ref)
            listing = preview.splits(ref)
            lines = overview.splits(preview.store, entry.id)
            if not asked.get("split"):
                return self.dataset(ref, listing.configs, lines)
            config, split = choose(listing, asked.get("config") or None, asked["split"], ref.asked).names
            nav = {
                "dataset": ref.asked, "config": config, "split": split,
                "configs": list(dict.fromkeys(line.config for line in lines)),
                "splits": (splits := [line.split for line in lines if line.config == config]),
                "near": splits if len(splits) <= NEAR else [name for name in splits[:NEAR] if name != split] + [split],
                "first": {line.config: line.split for line in reversed(lines)},
            }  # fmt: skip
            words, where, orderby = (asked.get(name, "").strip() for name in ("q", "where", "orderby"))
            whose = {"dataset": ref.asked, "config": config, "split": split}
            question = PageQuery(whose, words, where, orderby, asked.get("columns", "").strip())
            if "sql" in asked and self.options.is_local:
                return self.statement(ref, nav, listing, asked["sql"].strip(), run=FOREIGN not in asked)
            if asked.get("column"):
                return self.column(preview, ref, nav, asked["column"], question)
            if asked.get("row"):
                place, found = number(asked, "row", FARTHEST, 0), number(asked, "found", FARTHEST, None)
                return self.row(preview, ref, nav, place, question, found)
            return self.split(preview, ref, nav, question, number(asked, "offset", FARTHEST, 0))

    def dataset(self, ref: DatasetRef, configs: Any, lines: list[overview.SplitLine]) -> str:
        """The configs and splits of a dataset."""
        listed = [
            {
                "config": harmless(line.config), "split": harmless(line.split), "status": line.status.lower() if line.status is not Status.EMPTY else "not read yet",
                "rows": f"{line.num_examples:,}" if line.num_examples is not None else "",
                "bytes": bytes_text(line.num_bytes) if line.num_bytes is not None else "",
                "error": harmless(line.error["message"]) if line.error else "",
                "href": link("/view", dataset=ref.asked, config=line.config, split=line.split),
            }
            for line in lines
        ]  # fmt: skip
        broken = [(harmless(one.config), harmless(one.error["message"])) for one in configs if one.error]
        name = harmless(ref.asked)
        return self.render(
            "dataset.html", title=name, name=name, splits=listed, broken=broken, told=card_lines(ref),
            hub=f"{self.settings.hf_endpoint.rstrip('/')}/datasets/{ref.name}" if ref.kind is Kind.HUB else "",
        )  # fmt: skip

    def split(self, preview: ShownPreview, ref: DatasetRef, nav: dict[str, Any], asked: PageQuery, offset: int) -> str:
        """Rows of a split."""
        names = (nav["config"], nav["split"])
        problem = filter_problem = None
        first = answer = None
        try:
            first = answer = preview.page(ref, *names)
        except errors.PreviewError as error:
            problem = problem_of(error)
        try:
            if asked.some:
                answer = self.asking(preview, ref, names, asked, offset)
                problem = None
            elif first is not None:
                answer = rows_from(first, ref, offset, LENGTH, self.shown.asking(preview, ref, *names))
        except errors.PreviewError as error:
            filter_problem = problem_of(error)
            answer = first if not offset else None
        filtered = asked.some and filter_problem is None
        fixed = asked.parameters if filtered else asked.plain
        values: dict[str, Any] = {
            "title": harmless(f"{ref.asked} {nav['config']}/{nav['split']}"), "nav": nav, "problem": problem,
            "filter_problem": filter_problem, "wrong": field_of(filter_problem), "asked": asked, "offset": offset,
            "sql": self.options.is_local, "convertible": self.options.is_local and ref.kind is Kind.LOCAL,
            "table": None, "told": [], "source": "", "pager": Pager(offset, 0, None, LENGTH, fixed, "/view") if offset else None}  # fmt: skip
        if answer is not None:
            table = PageTable(answer, 0 if filtered else offset, LENGTH, Painter(), asked)
            pictures, source = self.distributions(preview, ref, names, first) if first is not None else ({}, "")
            if filtered and pictures:
                source = f"The small distributions are of the split, not of these rows. {source}".strip()
            total = answer.page.num_rows_total
            pager = Pager(offset, len(table.rows), total, LENGTH, fixed, "/view", found=filtered)
            told = table.told() + (["These rows are not filtered."] if filter_problem and asked.some else [])
            if asked.words and asked.orderby:
                told.append("A search is ordered best first; the order is left out.")
            leading = linked(pictures, first, asked) if first is not None else {}
            values |= {"table": table, "pager": pager, "pictures": leading, "source": source, "told": told}
        return self.render("split.html", **values)

    def asking(
        self, preview: ShownPreview, ref: DatasetRef, names: tuple[str, str], asked: PageQuery, offset: int
    ) -> PageAnswer:
        """The rows that hold some words, or that match. Raises PreviewError."""
        request = Request(asked.where, "" if asked.words else asked.orderby, offset, LENGTH)
        if not asked.words:
            return self.shown.filter(preview, ref, *names, request)
        ask = self.shown.asking(preview, ref, *names)
        return ask(lambda queries: queries.search(ref, *names, asked.words, "any", request))

    def statement(self, ref: DatasetRef, nav: dict[str, Any], listing: Listing, text: str, *, run: bool) -> str:
        """What a SELECT gives; without one, a first statement to change. One that another site leads to is shown, and not run."""
        problem = table = None
        names = table_names(listing)
        if text and run:
            try:
                with self.shown.turns:
                    table = answered(self.options, self.settings, ref, text)
            except errors.PreviewError as error:
                problem = problem_of(error)
        own = names.get((nav["config"], nav["split"]), nav["split"])
        more = ", …" if len(names) > NEAR else ""
        return self.render(
            "sql.html", title=harmless(f"SQL over {ref.asked}"), nav=nav, statement=text or f"SELECT * FROM {own} LIMIT 20", problem=problem,
            table=table, tables=harmless(", ".join([*names.values()][:NEAR]) + more), longest=LONGEST,
        )  # fmt: skip

    def column(self, preview: ShownPreview, ref: DatasetRef, nav: dict[str, Any], name: str, asked: PageQuery) -> str:
        """One column: its statistics, and its most frequent values."""
        names, note = (nav["config"], nav["split"]), None
        page = preview.page(ref, *names).page
        types = {one["name"]: one["type"] for one in json.loads(page.features)}
        if name not in types:
            raise errors.UsageError(f"no column {name!r}{did_you_mean(name, types)}")
        found: dict[str, Json] = {"column_type": "", "column_statistics": {}}
        stored = self.shown.statistics(preview, ref, names)
        try:
            if stored is None:
                stored = self.shown.query(preview, ref, lambda queries: queries.stats(ref, *names, (name,))[1], names)
            found = next((one for one in stored["statistics"] if one["column_name"] == name), found)
        except errors.PreviewError as error:
            note = problem_of(error)
        told, kind, rows = found["column_statistics"], found["column_type"], (stored or {}).get("num_examples", 0)
        drawn = from_statistics(told, kind, rows) if told else None
        return self.render(
            "column.html", title=harmless(f"{name} of {ref.asked} {nav['config']}/{nav['split']}"), nav=nav, asked=asked, note=note,
            name=harmless(name), type=plain_type(types[name]), exactly=type_text(types[name]), rows=rows, facts=facts(told),
            frequent=frequent(told, name, kind, asked), drawn=drawn, bars=bars(drawn, name, kind, asked) if drawn is not None else [],
        )  # fmt: skip

    def row(
        self,
        preview: ShownPreview,
        ref: DatasetRef,
        nav: dict[str, Any],
        place: int,
        asked: PageQuery,
        found: int | None,
    ) -> str:
        """One row, all of it; `found` is its place among the rows that were found."""
        names = (nav["config"], nav["split"])
        answer, note = preview.page(ref, *names), None
        try:
            answer = rows_from(answer, ref, place, 1, self.shown.asking(preview, ref, *names), whole=True)
        except errors.PreviewError as error:
            note = problem_of(error)
        table = PageTable(answer, place, 1, Painter(large=True))
        total = answer.page.num_rows_total
        title = harmless(f"{ref.asked} {nav['config']}/{nav['split']}, row {place}")
        near = neighbours(asked, place, total)
        if asked.some:
            near = (
                {}
                if found is None
                else neighbours_found(asked, found, lambda at: self.asking(preview, ref, names, asked, at))
            )
        return self.render(
            "row.html", title=title, nav=nav, place=place, total=total, table=table, note=note, asked=asked, near=near
        )

    def distributions(
        self, preview: ShownPreview, ref: DatasetRef, names: tuple[str, str], first: PageAnswer
    ) -> tuple[dict[str, Distribution], str]:
        """A picture of each column that has one; and what rows they are of, where these are not all."""
        statistics, rows = self.shown.statistics(preview, ref, names), list[Json]()
        if statistics is not None:
            drawn = {
                one["column_name"]: from_statistics(
                    one["column_statistics"], one["column_type"], statistics["num_examples"]
                )
                for one in statistics["statistics"]
            }
        else:
            rows = list(RowLines.parse(first.page.rows))
            cut = {name for row in rows for name in row["truncated_cells"]}
            drawn = {
                column["name"]: from_rows([row["row"].get(column["name"]) for row in rows], column)
                for column in json.loads(first.page.columns)
                if column["name"] not in cut  # who measures a part of a text measures nothing
            }
        some = statistics is None and len(rows) != first.page.num_rows_total
        command = errors.command("stats", ref.word, *names)
        source = (
            f"The small distributions show the first {counted(len(rows), 'row')}; {command} makes them of all."
            if some
            else ""
        )
        return {name: one for name, one in drawn.items() if one is not None}, harmless(source)

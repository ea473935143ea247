"""The endpoints of the early service and of the hosted viewer's /filter, on the functions that the commands use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dspreview import errors
from dspreview.documents.lists import hub_status_document, jobs_document, queue_document, report_text, valid_document
from dspreview.documents.page import Selection, page_document
from dspreview.documents.splits import splits_document
from dspreview.models import PAGE_LENGTH, Json, dump
from dspreview.preview import whole
from dspreview.preview.windows import rows_from
from dspreview.query.table import Request
from dspreview.serve.answers import FARTHEST, Answering, HttpAnswer, Parameters, number, required
from dspreview.serve.headers import cache_control
from dspreview.serve.shown import Shown, reference
from dspreview.store import Store, hublist, report
from dspreview.store.job import STATUSES

HUB_PIECE = 1_000
OPEN_STATUSES = ("WAITING", "STARTED")


class Endpoints:
    """Each answers from the cache alone."""

    def __init__(self, shown: Shown) -> None:
        self.shown, self.settings, self.options = shown, shown.settings, shown.options
        self.answering = Answering(shown.settings)

    def routes(self) -> list[Route]:
        """Paths and what answers them."""
        long, short = self.settings.max_age_long_seconds, self.settings.max_age_short_seconds
        return [
            Route("/healthcheck", healthcheck(short)),
            Route("/splits", self.answering(self.splits, long)),
            Route("/rows", self.answering(self.rows, long)),
            Route("/filter", self.answering(self.filter, long)),
            Route("/is-valid", self.answering(self.is_valid, long)),
            Route("/valid", self.answering(self.valid, long)),
            Route("/cache", self.answering(self.cache, short)),
            Route("/cache-reports", self.answering(self.cache_reports, short)),
            Route("/queue", self.answering(self.queue, short)),
            Route("/queue-dump", self.answering(self.queue_dump, short)),
            Route("/queue-dump-waiting-started", self.answering(self.queue_dump_open, short)),
            Route("/hf_datasets", self.answering(self.hub_datasets, long)),
            Route("/hf-datasets-count-by-cache-status", self.answering(self.hub_status, long)),
        ]

    def splits(self, asked: Parameters) -> HttpAnswer:
        """The configs and splits of a dataset."""
        (dataset,) = required(asked, "dataset")
        with self.shown.preview() as preview:
            ref = reference(dataset)
            listing = preview.splits(ref)
            return HttpAnswer.about(listing.dataset, dump(splits_document(ref.asked, listing.configs)))

    def rows(self, asked: Parameters) -> HttpAnswer:
        """The first rows of a split, or those from `offset` on."""
        dataset, config, split = required(asked, "dataset", "config", "split")
        offset, length = number(asked, "offset", FARTHEST, 0), number(asked, "length", PAGE_LENGTH, None)
        with self.shown.preview() as preview:
            ref = reference(dataset)
            entry = preview.dataset(ref)
            found = preview.page(ref, config, split)
            selection = Selection(None, offset, length)
            size = min(PAGE_LENGTH if length is None else length, self.settings.rows_max_number)
            found = rows_from(found, ref, offset or 0, size, self.shown.asking(preview, ref, config, split))
            text = page_document(found, selection, {}, max_bytes=self.settings.rows_max_bytes)
            return HttpAnswer.about(entry.dataset, text)

    def filter(self, asked: Parameters) -> HttpAnswer:
        """The rows that match, in an order."""
        dataset, config, split = required(asked, "dataset", "config", "split")
        offset, length = number(asked, "offset", FARTHEST, 0), number(asked, "length", PAGE_LENGTH, PAGE_LENGTH)
        request = Request(
            asked.get("where", ""), asked.get("orderby", ""), offset or 0, PAGE_LENGTH if length is None else length
        )
        with self.shown.preview() as preview:
            ref = reference(dataset)
            found = self.shown.filter(preview, ref, config, split, request)
            text = page_document(found, Selection(None, 0, PAGE_LENGTH), {}, max_bytes=self.settings.rows_max_bytes)
            return HttpAnswer.about(preview.dataset(ref).dataset, text)

    def is_valid(self, asked: Parameters) -> HttpAnswer:
        """Whether a dataset gives rows; an unknown one does not."""
        (dataset,) = required(asked, "dataset")
        try:
            with self.shown.preview() as preview:
                valid = whole.is_valid(preview, reference(dataset))
        except (errors.NotFoundError, errors.AccessError):
            valid = False
        return HttpAnswer(dump({"valid": valid}))

    def valid(self, _: Parameters) -> HttpAnswer:
        """The datasets that give rows."""
        with self.shown.preview() as preview:
            hidden, document = self.shown.hidden(preview.store), valid_document(preview.store)
            return HttpAnswer(dump(document | {"valid": [name for name in document["valid"] if name not in hidden]}))

    def cache(self, _: Parameters) -> HttpAnswer:
        """How many datasets and splits there are of each status."""
        with self.shown.preview() as preview:
            hidden = self.shown.hidden(preview.store)
            counts = report.count_besides(preview.store, hidden) if hidden else report.count(preview.store)
        return HttpAnswer(dump({name: counts[name] for name in ("datasets", "splits", "created_at")}))

    def cache_reports(self, _: Parameters) -> HttpAnswer:
        """Each dataset and split with its status and error."""
        with self.opened():  # a store that cannot be opened is told before the answer begins
            return HttpAnswer(report_text(self.opened, self.shown.hidden))

    @contextmanager
    def opened(self) -> Iterator[Store]:
        """The store, open. Raises StoreError."""
        with self.shown.preview() as preview:
            yield preview.store

    def queue(self, _: Parameters) -> HttpAnswer:
        """How many jobs there are."""
        with self.shown.preview() as preview:
            if self.shown.hidden(preview.store):
                return HttpAnswer(dump(lengths(self.shown_jobs(preview.store, STATUSES))))
            return HttpAnswer(dump(queue_document(preview.store)))

    def queue_dump(self, _: Parameters) -> HttpAnswer:
        """The jobs."""
        return self.jobs(STATUSES)

    def queue_dump_open(self, _: Parameters) -> HttpAnswer:
        """The jobs that wait or run."""
        return self.jobs(OPEN_STATUSES)

    def jobs(self, statuses: tuple[str, ...]) -> HttpAnswer:
        """Jobs of some statuses."""
        with self.shown.preview() as preview:
            return HttpAnswer(dump(self.shown_jobs(preview.store, statuses)))

    def shown_jobs(self, store: Store, statuses: tuple[str, ...]) -> dict[str, Json]:
        """The same, without those of datasets that are not shown."""
        hidden = self.shown.hidden(store)
        jobs = [job for job in store.queue.jobs(statuses) if job.key.dataset not in hidden]
        return jobs_document(store, jobs, statuses)

    def hub_datasets(self, _: Parameters) -> HttpAnswer:
        """The Hub's datasets as they were last listed."""
        with self.shown.preview() as preview:
            if not hublist.names(preview.store):
                raise errors.NotCachedError(
                    "the list of the Hub's datasets is not in the cache; run: dspreview hub list"
                )
        return HttpAnswer(self.hub_lines())

    def hub_lines(self) -> Iterator[str]:
        """Half a million datasets are a long text: a piece at a time, each from an opening of its own, in whatever thread."""
        yield '{"datasets":['
        after = ""
        while True:
            with self.shown.preview() as preview:
                found = hublist.read(preview.store, after, HUB_PIECE)
            if not found:
                break
            yield ("," if after else "") + ",".join(facts for _, facts in found)
            after = found[-1][0]
        yield "]}"

    def hub_status(self, _: Parameters) -> HttpAnswer:
        """How many of the Hub's datasets are valid here."""
        with self.shown.preview() as preview:
            hidden = self.shown.hidden(preview.store)
            names = [name for name in hublist.names(preview.store) if name not in hidden]
            if not names:
                raise errors.NotCachedError(
                    "the list of the Hub's datasets is not in the cache; run: dspreview hub list"
                )
            return HttpAnswer(dump(hub_status_document(preview.store, names)))


def lengths(document: dict[str, Json]) -> dict[str, Json]:
    """How many there are of each kind and status."""
    return {
        kind: {name: len(items) for name, items in lists.items()} if isinstance(lists, dict) else lists
        for kind, lists in document.items()
    }


def healthcheck(max_age: int) -> Callable[[HttpRequest], Any]:
    """The server lives."""

    async def respond(request: HttpRequest) -> Response:
        del request
        headers = {"cache-control": cache_control(max_age).decode(), "access-control-allow-origin": "*"}
        return PlainTextResponse("ok", headers=headers)

    return respond

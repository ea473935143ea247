"""The endpoints of the early service and of the hosted viewer's /filter, on the functions that the commands use."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from dspreview import errors
from dspreview.documents.lists import hub_status_document, jobs_document, queue_document, valid_document
from dspreview.documents.page import Selection, page_document
from dspreview.documents.splits import splits_document
from dspreview.jobs.notice import apply, hub_id, read_notice
from dspreview.models import PAGE_LENGTH, Json, Kind, Resolved, dump
from dspreview.preview import whole
from dspreview.query.table import Request
from dspreview.serve.headers import cache_control
from dspreview.serve.shown import Shown, reference, unknown
from dspreview.store import Store, hublist, report
from dspreview.store.database import translated
from dspreview.store.job import STATUSES

MAX_BODY = 1_000_000
FARTHEST = 2**62
OPEN_STATUSES = ("WAITING", "STARTED")
HTTP_STATUS = {2: 400, 3: 404, 4: 400, 5: 404, 6: 400}
"""The status of each exit code; all others are failures of ours."""

Parameters = dict[str, str]


class Endpoints:
    """Each answers from the cache alone."""

    def __init__(self, shown: Shown) -> None:
        self.shown, self.settings, self.options = shown, shown.settings, shown.options

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
            Route("/webhook", self.changing(self.webhook), methods=["POST"]),
            Route("/refresh-split", self.changing(self.refresh_split), methods=["POST"]),
        ]

    def answering(self, answer: Callable[[Parameters], Answer], max_age: int) -> Callable[[HttpRequest], Response]:
        """An endpoint: its answer, or its failure, as a response. It runs in a thread."""

        def respond(request: HttpRequest) -> Response:
            try:
                with translated(self.settings.dspreview_database):
                    found = answer(dict(request.query_params))
            except errors.PreviewError as error:
                return failed(error, self.settings.max_age_short_seconds)
            headers = {"cache-control": cache_control(max_age, public=found.public).decode()}
            if found.public:
                headers["access-control-allow-origin"] = "*"
            if isinstance(found.body, str):
                return Response(found.body, media_type="application/json", headers=headers)
            return StreamingResponse(found.body, media_type="application/json", headers=headers)

        return respond

    def changing(self, change: Callable[[Json], None]) -> Callable[[HttpRequest], Any]:
        """An endpoint that writes, for those who know the secret."""

        async def respond(request: HttpRequest) -> Response:
            try:
                self.check_writer(request)
                payload = await read_body(request)
                await run_in_threadpool(change, payload)
            except errors.PreviewError as error:
                return failed(error, 0)
            return Response(
                dump({"status": "ok"}), media_type="application/json", headers={"cache-control": "no-store"}
            )

        return respond

    def check_writer(self, request: HttpRequest) -> None:
        """Raise PreviewError unless changes are taken, and from this client."""
        if not self.options.writable:
            raise errors.NotFoundError("this server only reads; start it with --writable")
        given = request.headers.get("x-webhook-secret", "")
        if not hmac.compare_digest(given.encode(), self.options.secret.encode()):
            raise errors.UsageError("the header X-Webhook-Secret is missing, or is not WEBHOOK_SECRET")

    def splits(self, asked: Parameters) -> Answer:
        """The configs and splits of a dataset."""
        (dataset,) = required(asked, "dataset")
        with self.shown.preview() as preview:
            ref = reference(dataset)
            listing = preview.splits(ref)
            return Answer.about(listing.dataset, dump(splits_document(ref.asked, listing.configs)))

    def rows(self, asked: Parameters) -> Answer:
        """The first rows of a split, or those from `offset` on."""
        dataset, config, split = required(asked, "dataset", "config", "split")
        offset, length = number(asked, "offset", FARTHEST, 0), number(asked, "length", PAGE_LENGTH, None)
        with self.shown.preview() as preview:
            ref = reference(dataset)
            entry = preview.dataset(ref)
            found = preview.page(ref, config, split)
            selection = Selection(None, offset, length)
            if offset >= found.page.num_rows and offset < (found.page.num_rows_total or FARTHEST):
                found = self.shown.window(
                    preview, ref, config, split, offset, PAGE_LENGTH if length is None else length
                )
            text = page_document(found, selection, {}, max_bytes=self.settings.rows_max_bytes)
            return Answer.about(entry.dataset, text)

    def filter(self, asked: Parameters) -> Answer:
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
            return Answer.about(preview.dataset(ref).dataset, text)

    def is_valid(self, asked: Parameters) -> Answer:
        """Whether a dataset gives rows; an unknown one does not."""
        (dataset,) = required(asked, "dataset")
        try:
            with self.shown.preview() as preview:
                valid = whole.is_valid(preview, reference(dataset))
        except (errors.NotFoundError, errors.AccessError):
            valid = False
        return Answer(dump({"valid": valid}))

    def valid(self, _: Parameters) -> Answer:
        """The datasets that give rows."""
        with self.shown.preview() as preview:
            hidden, document = self.shown.hidden(preview.store), valid_document(preview.store)
            return Answer(dump(document | {"valid": [name for name in document["valid"] if name not in hidden]}))

    def cache(self, _: Parameters) -> Answer:
        """How many datasets and splits there are of each status."""
        with self.shown.preview() as preview:
            counts = report.count(preview.store)
        return Answer(dump({name: counts[name] for name in ("datasets", "splits", "created_at")}))

    def cache_reports(self, _: Parameters) -> Answer:
        """Each dataset and split with its status and error."""
        with self.shown.preview() as preview:
            hidden, document = self.shown.hidden(preview.store), report.report(preview.store)
        for kind in ("datasets", "splits"):
            document[kind] = {
                status: [item for item in items if item["dataset"] not in hidden]
                for status, items in document[kind].items()
            }
        return Answer(dump(document))

    def queue(self, _: Parameters) -> Answer:
        """How many jobs there are."""
        with self.shown.preview() as preview:
            return Answer(dump(queue_document(preview.store)))

    def queue_dump(self, _: Parameters) -> Answer:
        """The jobs."""
        return self.jobs(STATUSES)

    def queue_dump_open(self, _: Parameters) -> Answer:
        """The jobs that wait or run."""
        return self.jobs(OPEN_STATUSES)

    def jobs(self, statuses: tuple[str, ...]) -> Answer:
        """Jobs of some statuses."""
        with self.shown.preview() as preview:
            hidden = self.shown.hidden(preview.store)
            jobs = [job for job in preview.store.queue.jobs(statuses) if job.key.dataset not in hidden]
            return Answer(dump(jobs_document(preview.store, jobs, statuses)))

    def hub_datasets(self, _: Parameters) -> Answer:
        """The Hub's datasets as they were last listed."""
        with self.shown.preview() as preview:
            if not hublist.names(preview.store):
                raise errors.NotCachedError(
                    "the list of the Hub's datasets is not in the cache; run: dspreview hub list"
                )
        return Answer(self.hub_lines())

    def hub_lines(self) -> Iterator[str]:
        """Half a million datasets are a long text: a piece at a time."""
        yield '{"datasets":['
        with self.shown.preview() as preview:
            for place, item in enumerate(hublist.read(preview.store)):
                yield ("," if place else "") + dump(item)
        yield "]}"

    def hub_status(self, _: Parameters) -> Answer:
        """How many of the Hub's datasets are valid here."""
        with self.shown.preview() as preview:
            names = hublist.names(preview.store)
            if not names:
                raise errors.NotCachedError(
                    "the list of the Hub's datasets is not in the cache; run: dspreview hub list"
                )
            return Answer(dump(hub_status_document(preview.store, names)))

    def webhook(self, payload: Json) -> None:
        """Apply a change notice."""
        changes, _ = read_notice(payload)
        with Store(self.settings, must_write=True) as store, translated(self.settings.dspreview_database):
            apply(store, changes)

    def refresh_split(self, payload: str) -> None:
        """Put the job of a split into the queue."""
        try:
            asked = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise errors.UsageError(f"the payload is no JSON: {error}") from None
        names = [asked.get(name) if isinstance(asked, dict) else None for name in ("dataset", "config", "split")]
        if not all(isinstance(name, str) and name.strip() for name in names):
            raise errors.UsageError('the payload is not {"dataset", "config", "split"}, each a name')
        ref = reference(str(names[0]))
        with Store(self.settings, must_write=True) as store, translated(self.settings.dspreview_database):
            if ref.kind is Kind.LOCAL and store.cache.find_dataset(ref) is None:
                raise unknown(ref.asked)  # no path of this machine is read because somebody far away names it
            if ref.kind is Kind.HUB:
                hub_id(ref.name, "dataset")
            store.enqueue(ref, str(names[1]), str(names[2]))


class Answer:
    """The JSON of an answer, and whether everybody may read it."""

    def __init__(self, body: str | Iterator[str], *, public: bool = False) -> None:
        self.body, self.public = body, public

    @classmethod
    def about(cls, dataset: Resolved, body: str) -> Answer:
        """An answer about one dataset: what is public on the Hub is public here."""
        return cls(body, public=dataset.kind is Kind.HUB and not (dataset.private or dataset.gated))


def healthcheck(max_age: int) -> Callable[[HttpRequest], Any]:
    """The server lives."""

    async def respond(request: HttpRequest) -> Response:
        del request
        headers = {"cache-control": cache_control(max_age).decode(), "access-control-allow-origin": "*"}
        return PlainTextResponse("ok", headers=headers)

    return respond


def failed(error: errors.PreviewError, max_age: int) -> Response:
    """A failure with one of the early service's statuses, and the six keys."""
    status = HTTP_STATUS.get(error.exit_code, 500)
    body = errors.describe(error) | {"status_code": status}
    headers = {"cache-control": cache_control(max_age, public=False).decode()}
    return Response(dump(body), status, media_type="application/json", headers=headers)


def required(asked: Parameters, *names: str) -> list[str]:
    """Parameters that must be there. Raises UsageError."""
    missing = [name for name in names if not asked.get(name, "").strip()]
    if missing:
        several = ", ".join(f"'{name}'" for name in missing)
        verb = "are" if len(missing) > 1 else "is"
        raise errors.UsageError(f"Parameter{'s' if len(missing) > 1 else ''} {several} {verb} required")
    return [asked[name] for name in names]


def number(asked: Parameters, name: str, most: int, default: int | None) -> Any:
    """A parameter that is a whole number from 0 to `most`. Raises UsageError."""
    text = asked.get(name, "").strip()
    if not text:
        return default
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not 0 <= found <= most:
        raise errors.UsageError(f"Parameter '{name}': {text[:100]!r} is no whole number from 0 to {most}")
    return found


async def read_body(request: HttpRequest) -> str:
    """The text of a request. Raises UsageError where it is too long or no text."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BODY:
            raise errors.UsageError(f"the payload is longer than {MAX_BODY:,} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise errors.UsageError("the payload is no text in UTF-8") from None

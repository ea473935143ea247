"""The two endpoints that write, for those who know the secret."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from dspreview import errors
from dspreview.models import Kind, dump
from dspreview.serve.answers import failed
from dspreview.serve.shown import Shown, reference, unknown
from dspreview.work.notice import apply, hub_id, read_notice

MAX_BODY = 1_000_000
MAX_NAME = 1_000
"""Characters of a name that is put into the queue."""


class Changes:
    """Webhooks and refreshes; their work waits in the queue."""

    def __init__(self, shown: Shown) -> None:
        self.shown, self.options = shown, shown.options

    def routes(self) -> list[Route]:
        """Paths and what answers them."""
        return [
            Route("/webhook", self.changing(self.webhook), methods=["POST"]),
            Route("/refresh-split", self.changing(self.refresh_split), methods=["POST"]),
        ]

    def changing(self, change: Callable[[str], None]) -> Callable[[HttpRequest], Any]:
        """An endpoint that writes, for those who know the secret."""

        async def respond(request: HttpRequest) -> Response:
            try:
                self.check_writer(request)
                payload = await read_body(request)
                await run_in_threadpool(change, payload)
            except errors.PreviewError as error:
                return failed(error, 0)
            except ClientDisconnect:  # nobody is there to be told
                return Response(status_code=400)
            return Response(
                dump({"status": "ok"}), media_type="application/json", headers={"cache-control": "no-store"}
            )

        return respond

    def check_writer(self, request: HttpRequest) -> None:
        """Raise PreviewError unless changes are taken, and from this client."""
        if not self.options.writable:
            raise errors.NotFoundError("this server only reads; start it with --writable")
        given = request.headers.get("x-webhook-secret", "")
        if not hmac.compare_digest(given.encode("latin-1"), self.options.secret.encode()):
            raise errors.UsageError("the header X-Webhook-Secret is missing, or is not WEBHOOK_SECRET")

    def webhook(self, payload: str) -> None:
        """Apply a change notice."""
        changes, _ = read_notice(payload)
        with self.shown.changing() as store:
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
        for name in map(str, names):
            if len(name) > MAX_NAME or not name.isprintable() or any("\ud800" <= sign <= "\udfff" for sign in name):
                raise errors.UsageError(f"{name[:100]!a} is no name of a dataset, config or split")
        ref = reference(str(names[0]))
        with self.shown.changing() as store:
            if ref.kind is not Kind.HUB and store.cache.find_dataset(ref) is None:
                raise unknown(
                    ref.asked
                )  # no path of this machine and no address is read because somebody far away names it
            if ref.kind is Kind.HUB:
                hub_id(ref.name, "dataset")
            store.enqueue(ref, str(names[1]), str(names[2]))


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

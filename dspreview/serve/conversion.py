"""A split that pages and filters need as Parquet, converted on request: by the command, whose progress the page shows as it comes."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dspreview import errors
from dspreview.documents.plain import harmless
from dspreview.models import DatasetRef, Kind
from dspreview.serve.answers import failed
from dspreview.serve.changes import read_body
from dspreview.serve.options import is_own
from dspreview.serve.pages import Pages
from dspreview.serve.shown import reference
from dspreview.serve.views import link
from dspreview.store.database import translated

HERE = "<!-- here -->"
LINE = "\r\x1b[K"
"""What the command writes before each line about its progress."""
KEPT = ("dataset", "config", "split", "q", "where", "orderby", "columns", "offset")
"""Parameters of the page that is gone back to."""


class Conversions:
    """Converts splits of datasets on this machine, for who sits at it."""

    def __init__(self, pages: Pages) -> None:
        self.pages, self.options, self.settings = pages, pages.options, pages.settings

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/convert", self.respond, methods=["POST"])]

    async def respond(self, request: HttpRequest) -> Response:
        """A page that grows while the split is converted, and then goes back."""
        try:
            self.refuse_strangers(request)
            given = {name: found[-1] for name, found in parse_qs(await read_body(request)).items()}
            ref = await run_in_threadpool(self.dataset, given.get("dataset", ""))
            names = given.get("config", ""), given.get("split", "")
            if not all(names):
                raise errors.UsageError("name a config and a split")
        except errors.PreviewError as error:
            return failed(error, 0)
        except ClientDisconnect:  # nobody is there to be told
            return Response(status_code=400)
        # another address than before: the browser keeps the page that says what is missing for some seconds
        back = link("/view", **{name: given[name] for name in KEPT if name in given}, converted="1")
        headers = {"cache-control": "no-store", "content-encoding": "identity"}  # packed, it would come at its end
        return StreamingResponse(self.told(ref, names, back), media_type="text/html", headers=headers)

    def refuse_strangers(self, request: HttpRequest) -> None:
        """Raise UsageError unless the page itself asks."""
        if not self.options.is_local or not is_own(request.headers):
            raise errors.UsageError("this page converts for who sits at this machine; elsewhere run the command")

    def dataset(self, name: str) -> DatasetRef:
        """The dataset that is meant, where it is shown, and lies on this machine. Raises PreviewError."""
        with translated(self.settings.dspreview_database), self.pages.shown.preview() as preview:
            ref = reference(name)
            preview.dataset(ref)
        if ref.kind is not Kind.LOCAL:
            raise errors.UsageError(f"{ref.asked} is not on this machine; run: {errors.command('stats', ref.word)}")
        return ref

    def told(self, ref: DatasetRef, names: tuple[str, str], back: str) -> Iterator[str]:
        """The page, piece by piece."""
        title = harmless(f"Converting {ref.asked} {'/'.join(names)}")
        head, _, foot = self.pages.render("convert.html", title=title, here=HERE).partition(HERE)
        yield head
        words = ["filter", "--length", "1", "--json", "--offline", "--no-folder-settings", "--", ref.word, *names]
        with tempfile.TemporaryFile() as out:
            ours, theirs = pty.openpty()  # its progress is for terminals
            try:
                env = self.options.environment() | {"COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}
                env.pop("DSPREVIEW_NO_PROGRESS", None)
                running = subprocess.Popen(
                    [sys.executable, "-m", "dspreview", *words], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=theirs
                )  # fmt: skip
                os.close(theirs)
                for line in progress(ours, running):
                    yield f'<p class="tick">{escape(harmless(line))}</p>\n'
            finally:
                os.close(ours)
            out.seek(0)
            failure = failure_in(running.wait(), out.read())
        if failure:
            yield f'<div class="problem" role="alert"><p>{escape(harmless(failure))}</p></div>'
        else:
            yield f'<meta http-equiv="refresh" content="0;url={escape(back)}">'
        yield f'<p><a href="{escape(back)}">Back to the rows</a></p>{foot}'


def progress(terminal: int, running: subprocess.Popen[bytes]) -> Iterator[str]:
    """What a command says of its progress, each line once, until it ends."""
    last = ""
    while running.poll() is None:
        if not select.select([terminal], [], [], 0.5)[0]:
            continue
        try:
            text = os.read(terminal, 1 << 16).decode("utf-8", "replace")
        except OSError:  # it has ended
            break
        line = text.rpartition(LINE)[2].strip()
        if LINE in text and line and line[1:] != last:
            last = line[1:]
            yield last.strip()


def failure_in(code: int, out: bytes) -> str:
    """Why a command failed; empty where it did not."""
    if code == errors.EXIT_OK:
        return ""
    try:
        told: Any = json.loads(out)
        return str(told["message"])
    except (ValueError, TypeError, KeyError):
        return f"the command ended with {code}, and said nothing"

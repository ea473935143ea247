"""The rows that a page shows some of, as a file to take along: what `export` writes, from what is on this machine."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING

from starlette.background import BackgroundTask
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dspreview import errors
from dspreview.documents.page import names_in
from dspreview.query.table import Request
from dspreview.serve.answers import failed, required
from dspreview.serve.headers import cache_control
from dspreview.serve.shown import Shown, reference
from dspreview.store.database import translated

if TYPE_CHECKING:
    from dspreview.preview.queries import Queries

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
"""What is offered, and what a browser is told that it is."""


class Downloads:
    """Writes a file for each question, and removes it when it has been sent."""

    def __init__(self, shown: Shown) -> None:
        self.shown, self.settings = shown, shown.settings

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/download", self.respond)]

    def respond(self, request: HttpRequest) -> Response:
        """The file, or why there is none. It runs in a thread."""
        folder = tempfile.mkdtemp(prefix="dspreview-")
        try:
            with translated(self.settings.dspreview_database):
                path, name, kind = self.written(dict(request.query_params), folder)
        except errors.PreviewError as error:
            shutil.rmtree(folder, ignore_errors=True)
            return failed(error, self.settings.max_age_short_seconds)
        except BaseException:  # raised again: whatever it is, no file of rows stays behind
            shutil.rmtree(folder, ignore_errors=True)
            raise
        remove = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
        headers = {"cache-control": cache_control(0, public=False).decode()}
        return FileResponse(path, media_type=kind, filename=name, headers=headers, background=remove)

    def written(self, asked: dict[str, str], folder: str) -> tuple[str, str, str]:
        """The file in a folder, its name for a person, and its type. Raises PreviewError."""
        from dspreview.export.files import export  # duckdb and pyarrow, when the first one asks

        dataset, config, split, wanted = required(asked, "dataset", "config", "split", "format")
        if wanted not in FORMATS:
            raise errors.UsageError(f"Parameter 'format': {wanted[:40]!r} is none of {', '.join(FORMATS)}")
        request = Request(asked.get("where", "").strip(), asked.get("orderby", "").strip())
        chosen = asked.get("columns", "").strip()
        columns = tuple(names_in(chosen)) if chosen else None
        path = f"{folder}/rows.{wanted}"
        with self.shown.preview() as preview:
            ref = reference(dataset)

            def ask(queries: Queries) -> None:
                export(queries, ref, config, split, path, request, columns=columns)

            self.shown.query(preview, ref, ask, (config, split))
        stem = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in f"{config}-{split}")
        return path, f"{stem[:80]}.{wanted}", FORMATS[wanted]

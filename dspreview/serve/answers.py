"""What endpoints take and give: parameters, answers, failures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from dspreview import errors
from dspreview.documents.stdout import visible
from dspreview.models import Kind, Resolved, dump
from dspreview.serve.headers import cache_control
from dspreview.serve.options import is_own
from dspreview.settings import Settings
from dspreview.store.database import translated

FARTHEST = 2**62
"""An offset beyond all splits."""
HTTP_STATUS = {2: 400, 3: 404, 4: 400, 5: 404, 6: 400, 8: 400}
"""The status of each exit code; all others are failures of ours."""

Parameters = dict[str, str]
FOREIGN = "foreign"
"""Stands among the parameters where another site led here."""


def parameters_of(request: HttpRequest) -> Parameters:
    """The parameters of an address; columns that were ticked are a list with commas, and what another site asks is marked."""
    given = {name: value for name, value in request.query_params.items() if name != FOREIGN}
    if not is_own(request.headers):
        given[FOREIGN] = "1"
    ticked = request.query_params.getlist("show")
    return given | ({"columns": ",".join(ticked)} if ticked else {})


class HttpAnswer:
    """The JSON of an answer, and whether everybody may read it."""

    def __init__(self, body: str | Iterator[str], *, public: bool = False, revision: str = "") -> None:
        """`revision` is that of the dataset that it is about."""
        self.body, self.public, self.revision = body, public, revision

    @classmethod
    def about(cls, dataset: Resolved, body: str) -> HttpAnswer:
        """An answer about one dataset: what is public on the Hub is public here."""
        public = dataset.kind is Kind.HUB and not (dataset.private or dataset.gated)
        return cls(body, public=public, revision=dataset.revision)


class Answering:
    """Makes endpoints: a function that answers, or its failure, as a response. Each runs in a thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, answer: Callable[[Parameters], HttpAnswer], max_age: int) -> Callable[[HttpRequest], Response]:
        """An endpoint whose answers are good for so many seconds."""

        def respond(request: HttpRequest) -> Response:
            try:
                with translated(self.settings.dspreview_database):
                    found = answer(dict(request.query_params))
            except errors.PreviewError as error:
                return failed(error, self.settings.max_age_short_seconds)
            headers = {"cache-control": cache_control(max_age, public=found.public).decode()}
            if found.revision:
                headers["x-revision"] = found.revision
            if found.public:
                headers |= {
                    "access-control-allow-origin": "*",
                    "access-control-expose-headers": "X-Revision, X-Error-Code",
                }
            if isinstance(found.body, str):
                return Response(visible(found.body), media_type="application/json", headers=headers)
            return StreamingResponse(map(visible, found.body), media_type="application/json", headers=headers)

        return respond


def failed(error: errors.PreviewError, max_age: int) -> Response:
    """A failure with one of the early service's statuses, and the six keys."""
    status = HTTP_STATUS.get(error.exit_code, 500)
    body = errors.describe(error) | {"status_code": status}
    headers = {"cache-control": cache_control(max_age, public=False).decode(), "x-error-code": str(body["exception"])}
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

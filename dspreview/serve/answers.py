"""What endpoints take and give: parameters, answers, failures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from dspreview import errors
from dspreview.models import Kind, Resolved, dump
from dspreview.serve.headers import cache_control

FARTHEST = 2**62
"""An offset beyond all splits."""
HTTP_STATUS = {2: 400, 3: 404, 4: 400, 5: 404, 6: 400, 8: 400}
"""The status of each exit code; all others are failures of ours."""

Parameters = dict[str, str]


class HttpAnswer:
    """The JSON of an answer, and whether everybody may read it."""

    def __init__(self, body: str | Iterator[str], *, public: bool = False) -> None:
        self.body, self.public = body, public

    @classmethod
    def about(cls, dataset: Resolved, body: str) -> HttpAnswer:
        """An answer about one dataset: what is public on the Hub is public here."""
        return cls(body, public=dataset.kind is Kind.HUB and not (dataset.private or dataset.gated))


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

"""What we ask the Hub: one description per dataset, and whether it is there. Whatever makes its clients talk is set here."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

from dspreview import local
from dspreview.errors import GatedError, HubError, PreviewError, PrivateError, SettingsError
from dspreview.extract.hub.failures import first_line, retry_after, translate
from dspreview.extract.hub.fence import Fence, within
from dspreview.models import DatasetRef, Json, Kind, Resolved
from dspreview.settings import Settings

T = TypeVar("T")
RETRY_PAUSE = 1.0
RETRY_AFTER_PATIENCE = 5.0
"""Seconds of Retry-After that are waited for; a Hub that asks for more is reported instead."""

QUIET = {
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_XET": "1",
    "HF_HUB_VERBOSITY": "critical",
    "DATASETS_VERBOSITY": "critical",
}
"""Both libraries read these once, at import: no counters, no noise, and no token but the one we hand them."""


@dataclass(frozen=True, slots=True)
class Description:
    """What one request tells of a dataset."""

    dataset: Resolved
    card: dict[str, Json]
    """The YAML of its README; empty without one."""
    files: frozenset[str] = frozenset()
    """The names of its files."""


def prepare(settings: Settings) -> None:
    """Make both libraries quiet, bounded in time and fenced. To be called before they are imported."""
    os.environ.update(QUIET)
    os.environ["HF_ENDPOINT"] = settings.hf_endpoint
    if settings.hf_hub_offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    make_client(settings.hf_endpoint, float(settings.hub_timeout_seconds))


@lru_cache(maxsize=1)
def make_client(endpoint: str, seconds: float) -> None:
    """Let both libraries use our client, made once: reading the certificates takes 20 ms."""
    from huggingface_hub.utils import _http

    from dspreview.extract.hub.client import RETRIED, Client  # httpx2

    fence = Fence(endpoint)
    fence.install()

    def client() -> Client:
        return Client(fence, seconds, _http.hf_request_event_hook)

    try:
        client().close()
    except (ValueError, OSError, ImportError) as error:
        names = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE"
        raise SettingsError(f"the network cannot be set up: {first_line(error)}; look at {names}") from error
    _http.set_client_factory(client)
    # five retries and Retry-After obeyed for minutes are for downloads of hours, not for a preview
    for backoff in (_http.http_backoff, _http.http_stream_backoff):
        inspect.unwrap(backoff).__kwdefaults__.update(
            max_retries=1,
            retry_on_status_codes=(500, 502, 503, 504),
            retry_on_exceptions=RETRIED,
        )


def describe(ref: DatasetRef, settings: Settings, at: Resolved | None = None) -> Description:
    """A dataset as it is now, or `at` a revision that was found before. Raises PreviewError."""
    if ref.kind is Kind.LOCAL:
        return Description(at or local.resolve(ref), {})
    return ask_hub(ref, settings, at=at)


def ask_hub(
    ref: DatasetRef, settings: Settings, *, timeout: float | None = None, at: Resolved | None = None
) -> Description:
    """Ask the Hub once: id, revision, gated, private, card.

    Raises NotFoundError, AccessError, HubError.

    Args:
        timeout: seconds that bound each network step, without a retry.
        at: the id and revision found before, which are used again.

    """
    name = at.name if at else ref.name
    revision = at.revision if at else ref.revision
    if revision is None and "/" not in ref.name and settings.datasets_revision != "main":
        revision = settings.datasets_revision
    path = name if revision is None else f"{name}/revision/{quote(revision, safe='')}"
    asked = {"expand": ["sha", "private", "gated", "disabled", "cardData", "siblings"]}

    def ask() -> tuple[Resolved, Description]:
        told = get_json(f"api/datasets/{path}", settings, params=asked, timeout=timeout).json()
        if told.get("disabled"):
            raise GatedError(f"{ref.asked} is disabled on the Hub; nobody can read it")
        flags = (bool(told.get("private")), bool(told.get("gated")))
        found = Resolved(Kind.HUB, str(told["id"]), str(told["sha"]), ref.revision or "", *flags)
        files = frozenset(str(file["rfilename"]) for file in told.get("siblings") or ())
        card = told.get("cardData")
        return found, Description(found, card if isinstance(card, dict) else {}, files)

    try:
        resolved, description = retried(ask) if timeout is None else ask()
    except PreviewError:
        raise
    except Exception as error:  # whatever the Hub's answer broke in its client is the Hub's failure
        raise hub_failure(error, ref.asked, settings) from error
    if resolved.private and not settings.datasets_enable_private:
        raise PrivateError(f"{ref.asked} is private; set DATASETS_ENABLE_PRIVATE=true to read private datasets")
    return description


def get_json(path: str, settings: Settings, *, params: Any = None, timeout: float | None = None) -> Any:
    """The Hub's answer to one question: what `HfApi` would ask, whose import takes 60 ms. Raises what the client raises.

    Args:
        path: below the Hub, or a whole address that the Hub has given.

    """
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import get_session, hf_raise_for_status

    url = path if path.startswith(settings.hf_endpoint) else f"{settings.hf_endpoint}/{path}"
    headers = build_hf_headers(token=settings.hf_token or False, library_name="dspreview")
    answer = get_session().get(url, headers=headers, params=params, timeout=timeout or settings.hub_timeout_seconds)
    hf_raise_for_status(answer)
    return answer


def read_readme(dataset: Resolved, settings: Settings) -> str:
    """The README of a repository. Raises PreviewError."""
    path = f"datasets/{dataset.name}/resolve/{quote(dataset.revision, safe='')}/README.md"
    try:
        return str(retried(lambda: get_json(path, settings)).text)
    except Exception as error:  # whatever the Hub's answer broke in its client is the Hub's failure
        raise hub_failure(error, dataset.name, settings) from error


def hub_failure(error: Exception, asked: str, settings: Settings) -> PreviewError:
    """What broke a question to the Hub."""
    told = translate(error, asked, settings)
    if isinstance(told, PreviewError):
        return told
    return HubError(f"{asked}: {settings.hf_endpoint} did not answer like a Hub: {first_line(error)[:200]}")


def list_blobs(dataset: Resolved, asked: str, settings: Settings) -> dict[str, str]:
    """The files of a repository or on the web, each with what changes with its content. Raises PreviewError."""
    if dataset.kind is Kind.WEB:
        return {local.web_name(dataset.name): dataset.revision}

    def ask() -> dict[str, str]:
        blobs: dict[str, str] = {}
        page: str | None = f"api/datasets/{dataset.name}/tree/{quote(dataset.revision, safe='')}"
        asked: Any = {"recursive": True}
        while page is not None:
            answer = get_json(page, settings, params=asked)
            blobs |= {str(file["path"]): str(file["oid"]) for file in answer.json() if file["type"] == "file"}
            page, asked = answer.links.get("next", {}).get("url"), None
        return blobs

    try:
        return retried(ask)
    except Exception as error:  # whatever the Hub's answer broke in its client is the Hub's failure
        raise hub_failure(error, asked, settings) from error


def describe_within(ref: DatasetRef, settings: Settings, seconds: float) -> Resolved:
    """The dataset as the Hub has it now, in `seconds` all in all. Raises PreviewError."""
    found = within(seconds, lambda: ask_hub(ref, settings, timeout=seconds))
    if found is None:
        raise HubError(f"{ref.asked}: {settings.hf_endpoint} did not answer in {seconds:g} s")
    return found.dataset


def ping(settings: Settings) -> None:
    """One small request. Raises HubError where nothing answers."""
    from huggingface_hub.utils._http import get_session

    try:
        answer = get_session().get(f"{settings.hf_endpoint}/api/datasets", params={"limit": 1})
        status = answer.status_code
    except Exception as error:  # told as the state of a check
        raise translate(error, "a question", settings) from error
    if status != 200:
        raise HubError(f"{settings.hf_endpoint} answered {status}")


def retried(ask: Callable[[], T]) -> T:
    """One more try after a short pause where the Hub was briefly away."""
    try:
        return ask()
    except Exception as error:  # raised again unless a retry may help
        wait = pause_before_retry(error)
        if wait is None:
            raise
    time.sleep(wait)
    return ask()


def pause_before_retry(error: Exception) -> float | None:
    """Seconds to wait before the one retry, or None where a retry is useless."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    if isinstance(error, HfHubHTTPError):
        if error.response.status_code == 429:
            asked = retry_after(error)
            return asked if asked is not None and asked <= RETRY_AFTER_PATIENCE else None
        return RETRY_PAUSE if error.response.status_code >= 500 else None
    return RETRY_PAUSE if isinstance(error, httpx2.TransportError) else None

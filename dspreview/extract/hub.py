"""The Hub: one description request per dataset, bounded in time, and its exceptions as ours.

Everything that makes `huggingface_hub` and `datasets` talk goes through the client made here.
"""

from __future__ import annotations

import inspect
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from dspreview.errors import (
    DatasetError,
    DatasetNotFoundError,
    GatedError,
    HubError,
    OfflineError,
    PreviewError,
    PrivateError,
    RateLimitedError,
    RevisionNotFoundError,
    SettingsError,
    TokenError,
)
from dspreview.extract.network import Fence
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
    import httpx2
    from huggingface_hub.utils import _http

    fence = Fence(settings.hf_endpoint)
    fence.install()
    timeout = float(settings.hub_timeout_seconds)

    def clamp(request: httpx2.Request) -> None:
        asked = request.extensions.get("timeout") or {}
        steps = ("connect", "read", "write", "pool")
        request.extensions["timeout"] = {step: min(asked.get(step) or timeout, timeout) for step in steps}
        request.headers.pop("X-HF-Download-Counter", None)

    def client() -> httpx2.Client:
        return httpx2.Client(
            event_hooks={
                "request": [_http.hf_request_event_hook, clamp, fence.before_request],
                "response": [fence.after_response],
            },
            follow_redirects=True,
        )

    try:
        client().close()
    except (ValueError, OSError, ImportError, httpx2.InvalidURL) as error:
        names = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, SSL_CERT_FILE"
        raise SettingsError(f"the network cannot be set up: {first_line(error)}; look at {names}") from error
    _http.set_client_factory(client)
    # five retries and Retry-After obeyed for minutes are for downloads of hours, not for a preview
    for backoff in (_http.http_backoff, _http.http_stream_backoff):
        inspect.unwrap(backoff).__kwdefaults__.update(
            max_retries=1,
            retry_on_status_codes=(500, 502, 503, 504),
            retry_on_exceptions=(httpx2.ConnectError, httpx2.RemoteProtocolError),
        )


def describe(
    ref: DatasetRef, settings: Settings, *, timeout: float | None = None, at: Resolved | None = None
) -> Description:
    """Ask the Hub once: id, revision, gated, private, card.

    Raises NotFoundError, AccessError, HubError.

    Args:
        timeout: seconds that bound each network step, without a retry.
        at: the id and revision found before, which are used again.

    """
    from huggingface_hub import HfApi

    name = at.name if at else ref.name
    revision = at.revision if at else ref.revision
    if revision is None and "/" not in ref.name and settings.datasets_revision != "main":
        revision = settings.datasets_revision
    api = HfApi(endpoint=settings.hf_endpoint, token=settings.hf_token or False, library_name="dspreview")

    def ask() -> Any:
        return api.dataset_info(
            name,
            revision=revision,
            timeout=timeout or settings.hub_timeout_seconds,
            expand=["sha", "private", "gated", "disabled", "cardData", "siblings"],
        )

    try:
        info = retried(lambda: bounded(ask, settings)) if timeout is None else ask()
    except Exception as error:  # whatever the Hub's answer broke in its client is the Hub's failure
        told = translate(error, ref.asked, settings)
        if not isinstance(told, PreviewError):
            told = HubError(f"{ref.asked}: {settings.hf_endpoint} did not answer like a Hub: {first_line(error)[:200]}")
        raise told from error
    if getattr(info, "disabled", None):
        raise GatedError(f"{ref.asked} is disabled on the Hub; nobody can read it")
    resolved = Resolved(Kind.HUB, info.id, info.sha, ref.revision or "", bool(info.private), bool(info.gated))
    if resolved.private and not settings.datasets_enable_private:
        raise PrivateError(f"{ref.asked} is private; set DATASETS_ENABLE_PRIVATE=true to read private datasets")
    card = info.card_data.to_dict() if info.card_data is not None else {}
    files = frozenset(file.rfilename for file in info.siblings or ())
    return Description(resolved, card, files)


def describe_within(ref: DatasetRef, settings: Settings, seconds: float) -> Resolved:
    """The dataset as the Hub has it now, in `seconds` all in all. Raises PreviewError."""
    found = within(seconds, lambda: describe(ref, settings, timeout=seconds))
    if found is None:
        raise HubError(f"{ref.asked}: {settings.hf_endpoint} did not answer in {seconds:g} s")
    return found.dataset


def bounded(ask: Callable[[], T], settings: Settings) -> T:
    """The answer to a request, its whole body too, within the time that one silent step may take."""
    found = within(settings.hub_timeout_seconds + 1.0, ask)
    if found is None:
        raise TimeoutError
    return found


def within(seconds: float, ask: Callable[[], T]) -> T | None:
    """The answer, or None after so many seconds: a time-out bounds each step, a thread left behind bounds their sum."""
    answers: list[T | Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # raised again where it is waited for
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers and isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0] if answers else None  # type: ignore[return-value]


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


def retry_after(error: Any) -> float | None:
    """The seconds of a Retry-After header."""
    text = error.response.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None


def translate(error: BaseException, dataset: str, settings: Settings) -> Exception:
    """The Hub's or the network's exception as one of ours; what is neither comes back as it is."""
    import httpx2
    from huggingface_hub import errors as hub

    endpoint = settings.hf_endpoint
    for link in chain(error):
        match link:
            case hub.OfflineModeIsEnabled():
                return OfflineError(
                    f"{dataset} is not in the cache, and the network is off (--offline or HF_HUB_OFFLINE)"
                )
            case hub.GatedRepoError():
                return GatedError(gated_message(dataset, settings))
            case hub.DisabledRepoError():
                return GatedError(f"{dataset} is disabled on the Hub; nobody can read it")
            case hub.RevisionNotFoundError():
                return RevisionNotFoundError(f"{dataset}: no such revision on {endpoint}")
            case hub.RepositoryNotFoundError():
                return DatasetNotFoundError(missing_message(dataset, settings))
            case hub.HFValidationError():
                return DatasetNotFoundError(f"{dataset!r} is no dataset id: {link}".splitlines()[0])
            case hub.RemoteEntryNotFoundError():
                return DatasetError(f"{dataset}: a file that it names is not there: {first_line(link)}")
            case hub.HfHubHTTPError():
                return status_error(link, dataset, settings)
            case httpx2.TimeoutException() | TimeoutError():
                return HubError(
                    f"{dataset}: {endpoint} was silent for {settings.hub_timeout_seconds} s (HUB_TIMEOUT_SECONDS); try again later"
                )
            case httpx2.TooManyRedirects() | httpx2.DecodingError() | httpx2.InvalidURL() | json.JSONDecodeError() if (
                is_from_client(link)
            ):
                return HubError(f"{dataset}: {endpoint} did not answer like a Hub: {first_line(link)[:200]}")
            case OSError() if "Consistency check failed" in str(link) or "X-Repo-Commit" in str(link):
                return HubError(f"{dataset}: {endpoint} sent a file that is not what it announced; try again later")
            case httpx2.TransportError():
                return HubError(f"{dataset}: {endpoint} cannot be reached: {first_line(link)}; check the network")
            case _:
                continue
    return error if isinstance(error, Exception) else DatasetError(str(error))


def is_from_client(error: BaseException) -> bool:
    """Whether the client of the Hub raised an exception, and not a reader of data."""
    trace = error.__traceback__
    while trace is not None:
        if f"{os.sep}huggingface_hub{os.sep}" in trace.tb_frame.f_code.co_filename:
            return True
        trace = trace.tb_next
    return False


def chain(error: BaseException) -> list[BaseException]:
    """An exception and what it came from, the first cause last."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links


def first_line(error: BaseException) -> str:
    """The first line of an exception's message, or its name."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def status_error(error: Any, dataset: str, settings: Settings) -> Exception:
    """A status that says nothing of the dataset itself."""
    status = error.response.status_code
    if status == 429:
        asked = error.response.headers.get("Retry-After")
        wait = f"; try again in {asked} s" if asked else "; try again later"
        limited = RateLimitedError(f"{dataset}: {settings.hf_endpoint} limits the rate of requests (429){wait}")
        limited.retry_after = retry_after(error)
        return limited
    if status == 401:
        return TokenError(f"{dataset}: the Hub refuses the token; check HF_TOKEN or run `hf auth login`")
    if status == 403:
        return GatedError(gated_message(dataset, settings))
    if status >= 500:
        return HubError(f"{dataset}: {settings.hf_endpoint} answered {status}; try again later")
    return HubError(f"{dataset}: {settings.hf_endpoint} answered {status}; try again later")


def gated_message(dataset: str, settings: Settings) -> str:
    """What to do about a gated dataset."""
    page = f"{settings.hf_endpoint}/datasets/{dataset.partition('@')[0]}"
    if settings.hf_token:
        return f"{dataset} is gated and this token has no access; ask for it at {page}"
    return f"{dataset} is gated; ask for access at {page} and set HF_TOKEN"


def missing_message(dataset: str, settings: Settings) -> str:
    """A private dataset looks like a missing one; say so."""
    if settings.hf_token:
        return f"{dataset}: no such dataset on {settings.hf_endpoint}, or this token may not see it"
    return f"{dataset}: no such dataset on {settings.hf_endpoint}; if it is private, set HF_TOKEN"

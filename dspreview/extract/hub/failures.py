"""The Hub's failures: its clients' exceptions and its statuses as errors of ours."""

from __future__ import annotations

import json
import math
import os
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from dspreview.errors import (
    DatasetError,
    DatasetNotFoundError,
    GatedError,
    HubError,
    HubSilentError,
    OfflineError,
    RateLimitedError,
    RevisionNotFoundError,
    TokenError,
)
from dspreview.settings import Settings

WINDOW = re.compile(r";\s*t=(\d{1,5})\b")
"""The seconds in a RateLimit header, `"api";r=0;t=55`, which the Hub sends in place of Retry-After."""
SECONDS = re.compile(r"[0-9]+")
LONGEST_WAIT = 1e9


def translate(error: BaseException, dataset: str, settings: Settings) -> Exception:  # noqa: C901, PLR0911, PLR0912 - one case a line, each simple
    """The Hub's or the network's exception as one of ours; what is neither comes back as it is."""
    import httpx2
    from huggingface_hub import errors as hub

    from dspreview.extract.hub.client import StuckError

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
            case StuckError():
                return HubSilentError(
                    f"{dataset}: {endpoint} answers too slowly to wait for ({first_line(link)}); try again later"
                )
            case httpx2.TimeoutException() | TimeoutError():
                return HubSilentError(
                    f"{dataset}: {endpoint} was silent for {settings.hub_timeout_seconds} s (HUB_TIMEOUT_SECONDS); try again later"
                )
            case httpx2.TooManyRedirects() | httpx2.DecodingError() | httpx2.InvalidURL() | json.JSONDecodeError() if (
                is_from_client(link)
            ):
                return HubError(f"{dataset}: {endpoint} did not answer like a Hub: {first_line(link)[:200]}")
            case hub.HfUriError():
                break  # told by whoever knows the dataset
            case TypeError() | LookupError() | AttributeError() | ValueError() if is_raised_by_client(link):
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


def is_raised_by_client(error: BaseException) -> bool:
    """Whether an exception comes out of the client of the Hub itself: an answer of another shape than it knows."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and f"{os.sep}huggingface_hub{os.sep}" in trace.tb_frame.f_code.co_filename


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
        asked = retry_after(error)
        wait = "later" if asked is None else f"in {math.ceil(asked)} s"
        limited = RateLimitedError(
            f"{dataset}: {settings.hf_endpoint} limits the rate of requests (429); try again {wait}"
        )
        limited.retry_after = asked
        return limited
    if status == 401:
        return TokenError(f"{dataset}: the Hub refuses the token; check HF_TOKEN or run `hf auth login`")
    if status == 403:
        return GatedError(gated_message(dataset, settings))
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


def retry_after(error: Any) -> float | None:
    """The seconds of a Retry-After header, which may also be a date, or until the window of a RateLimit header ends."""
    text = error.response.headers.get("Retry-After", "").strip()
    if SECONDS.fullmatch(text):
        return min(float(text[:12]), LONGEST_WAIT)
    if not text and (window := WINDOW.search(error.response.headers.get("RateLimit", ""))):
        return float(window[1])
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):  # what its parser raises on what is no date
        return None
    return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_WAIT) if until.tzinfo else None

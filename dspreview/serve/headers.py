"""Headers that every answer carries, and those that say how long it holds."""

from __future__ import annotations

from dspreview.serve.options import ServeOptions, host_of, is_loopback

Headers = list[tuple[bytes, bytes]]

PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ASSET_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)
"""For a file that is opened by itself: the browser's own view of a picture has inline styles, scripts never run."""
COMMON: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
EXPOSED = b"accept-ranges, content-range, content-length, etag, last-modified"


def cache_control(seconds: int, *, public: bool = True) -> bytes:
    """For how long an answer may be kept."""
    if seconds <= 0:
        return b"no-store"
    return f"{'public' if public else 'private'}, max-age={seconds}".encode()


def cross_origin(options: ServeOptions, origin: str | None, *, public: bool) -> Headers:
    """Who else's scripts may read an answer.

    Everybody what is public on the Hub; other data only scripts of this machine, or of the sites that were named: else any
    page that its owner visits could read the datasets on this machine.
    """
    headers: Headers = [(b"vary", b"Origin")]
    if public or "*" in options.origins:
        allowed = "*"
    elif origin is not None and (origin in options.origins or is_loopback(host_of(origin))):
        allowed = origin
    else:
        return headers
    return [*headers, (b"access-control-allow-origin", allowed.encode("latin-1", "replace")),
            (b"access-control-expose-headers", EXPOSED)]  # fmt: skip

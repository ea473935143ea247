"""How the server was started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dspreview.models import Resolved
from dspreview.settings import Settings, resolve

LOCK_SECONDS = 2
"""How long an answer waits for a locked database: it only reads, and what it would keep may be lost."""


class ServeOptions(NamedTuple):
    """What each process of the server needs to know."""

    values: dict[str, Any]
    """The settings, by name."""
    host: str
    parent: int
    """The process that started the others: they end with it."""
    restricted: bool = True
    """Whether private and gated datasets are shown."""
    writable: bool = False
    secret: str = ""
    origins: tuple[str, ...] = ()
    """Sites whose scripts may read what is not public anyway; `*` is all."""

    @classmethod
    def make(cls, settings: Settings, host: str, **options: Any) -> ServeOptions:
        """From the settings of a call; nobody is asked over the network."""
        return cls({name: getattr(settings, name.lower()) for name in settings.sources}, host, os.getpid(), **options)

    def settings(self) -> Settings:
        """The settings of the server's processes: those of the call, without a network, and little patience with a lock."""
        patience = min(LOCK_SECONDS, int(self.values["STORE_TIMEOUT_SECONDS"]))
        return resolve(self.values | {"HF_HUB_OFFLINE": True, "STORE_TIMEOUT_SECONDS": patience}, {}, folder=False)

    def environment(self) -> dict[str, str]:
        """What a command that this server starts runs with: the same settings, and not the secret."""
        told = {name: str(value) for name, value in self.values.items() if isinstance(value, (bool, int, float, str))}
        return {name: value for name, value in os.environ.items() if name != "WEBHOOK_SECRET"} | told

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    def shows(self, dataset: Resolved) -> bool:
        """Whether a dataset may be shown at all."""
        return self.restricted or not (dataset.private or dataset.gated)


def is_own(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of this server, or from no page: another site's could make this machine work.

    Browsers say whose page it is (`Sec-Fetch-Site`); the origin of ours is null, for its referrer policy tells nobody where it was.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site in {"same-origin", "none"}
    return origin is None or is_loopback(host_of(origin))


@lru_cache(maxsize=1_000)
def is_loopback(host: str) -> bool:
    """Whether a host name is this machine for itself: one of its addresses, or the one name that is reserved for it."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


@lru_cache(maxsize=1_000)
def host_of(text: str) -> str:
    """The host of a `Host` header or of an origin, without its port; empty where it is none."""
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""

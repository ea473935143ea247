"""No request leaves for any host but the Hub's, those it redirects to, and what a dataset's own files point to;
and of these never for a private address. And none is waited for without end.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")


NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.IPv6Network("64:ff9b:1::/48")
COMPATIBLE = ipaddress.IPv6Network("::/96")
VIEWER = "datasets-server."
"""Before the Hub's own host name it makes that of its viewer, which knows the Parquet exports."""


class Fence:
    """Watches every connection of this process, whichever library opens it.

    Addresses of this machine or of a private network are refused unless the Hub (or a proxy) itself lies
    there, or the Hub redirected to them: a README must not make us ask a cloud's metadata service.
    """

    installed: Fence | None = None
    guest: ClassVar[bool] = False
    """Whether the process is somebody else's: then only what happens within a call of ours is watched."""
    besides: ClassVar[set[str]] = set()
    """Addresses of this process's own that may be asked besides the Hub, whenever a fence is set up."""

    def __init__(self, endpoint: str) -> None:
        self.hub_host = urlsplit(endpoint).hostname or ""
        self.own_hosts = frozenset({self.hub_host, f"{VIEWER}{self.hub_host}"})
        """The Hub's own names."""
        self.hub_hosts = set(self.own_hosts)
        """Those, and where the Hub itself has redirected to."""
        self.named: set[tuple[str, int]] = set()
        """Hosts and ports that may lie anywhere; looked up only when a private address is about to be asked."""
        self.trusted: set[tuple[str, int]] = set()
        self.trust(endpoint)
        for url in Fence.besides:
            self.trust(url)
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            if os.environ.get(name):
                self.trust(os.environ[name])

    def install(self) -> None:
        """Start watching, once per process: an audit hook cannot be taken off."""
        if Fence.installed is None:
            sys.addaudithook(watch)
        Fence.installed = self

    @classmethod
    def let(cls, url: str) -> None:
        """Let connections to what this process itself needs pass, a scheduler say; looked up anew."""
        cls.besides.add(url)
        if cls.installed is not None:
            cls.installed.trust(url)

    def trust(self, url: str) -> None:
        """Let connections to the host and port of `url` pass, whatever address it has."""
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            return
        if parts.hostname:
            self.named.add((parts.hostname, port))

    def look_up(self) -> None:
        """Find the private addresses of the trusted hosts."""
        while self.named:
            host, port = self.named.pop()
            try:
                found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError):
                continue
            self.trusted.update((str(address[0]), port) for *_, address in found if is_private(str(address[0])))

    def before_request(self, request: Any) -> None:
        """The token goes to the Hub's host only, never along a redirect or to another URL; and where a proxy stands
        between, it must not be asked for what we may not ask ourselves.
        """
        if request.url.host not in self.hub_hosts and self.is_private_name(request.url.host):
            raise PrivateAddressError(
                f"{request.url.host} is an address of this machine or a private network; dspreview does not connect to it"
            )
        if request.url.host != self.hub_host:
            request.headers.pop("Authorization", None)

    def after_response(self, response: Any) -> None:
        """Where the Hub itself redirects to, we may follow; other hosts, and a Hub on the internet, lead us nowhere private."""
        if response.is_redirect and response.headers.get("Location") and response.url.host in self.own_hosts:
            target = response.url.join(response.headers["Location"])
            if self.is_private_name(self.hub_host) or not self.is_private_name(target.host):
                self.hub_hosts.add(target.host)
                self.trust(str(target))

    def is_private_name(self, host: str) -> bool:
        """Whether a host name stands for an address of this machine or of a private network."""
        name = host.rstrip(".").lower()
        if is_private(name) or name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return False  # a proxy may know it, and we do not
        return any(is_private(str(address[0])) for *_, address in found)

    def refuses(self, host: str, port: int) -> bool:
        """Whether a connection to this address must not be made."""
        if not is_private(host):
            return False
        self.look_up()
        return (host, port) not in self.trusted


class PrivateAddressError(PermissionError):
    """A dataset points to an address of this machine or of a private network."""


def is_private(host: str) -> bool:
    """Whether an IP address belongs to this machine, a private network or a link."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if address in NAT64_LOCAL:
        return True
    inner = carried(address)
    return any(not one.is_global for one in inner) if inner else not address.is_global


def carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for: mapped, compatible, through 6to4, Teredo or NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64 or address in COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


WITHIN = threading.local()
"""How many calls of ours this thread is in, where the process is somebody else's."""


@contextmanager
def watched() -> Iterator[None]:
    """Let the fence watch this thread meanwhile, where it watches no others."""
    WITHIN.calls = getattr(WITHIN, "calls", 0) + 1
    try:
        yield
    finally:
        WITHIN.calls -= 1


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """The audit hook: sees the address of each connection just before it is made."""
    if event != "socket.connect" or Fence.installed is None or (Fence.guest and not getattr(WITHIN, "calls", 0)):
        return
    address = arguments[1]
    if isinstance(address, tuple) and len(address) >= 2 and Fence.installed.refuses(str(address[0]), int(address[1])):
        raise PrivateAddressError(
            f"{address[0]} is an address of this machine or a private network; dspreview does not connect to it"
        )


def within(seconds: float, ask: Callable[[], T]) -> T | None:
    """The answer, or None after so many seconds: a time-out bounds each step, a thread left behind bounds their sum."""
    answers: list[T | Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers and isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0] if answers else None  # type: ignore[return-value]

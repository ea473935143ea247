"""The server's sockets and processes."""

from __future__ import annotations

import errno
import logging
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any, NamedTuple, cast

from uvicorn import Config
from uvicorn.supervisors.multiprocess import Multiprocess

from dspreview.errors import SettingsError
from dspreview.serve.application import Application
from dspreview.serve.options import ServeOptions
from dspreview.serve.protocol import PatientProtocol

BACKLOG = 2_048
FILES = 65_536
ANYWHERE = "0.0.0.0"  # noqa: S104 - only compared with
SHUTDOWN_SECONDS = 3
"""How long answers under way are waited for at the end."""


class Factory(NamedTuple):
    """Makes the application in each process of the server."""

    options: ServeOptions

    def __call__(self) -> Application:
        """The application."""
        return Application(self.options)


class Servers(Multiprocess):
    """Uvicorn's processes, which are replaced when they die; and how it ended."""

    interrupted = False

    def init_processes(self) -> None:
        """Start them; Ctrl-C at a terminal reaches all processes, and is this one's to tell the others."""
        with interrupts_blocked():
            super().init_processes()

    def keep_subprocess_alive(self) -> None:
        """Replace those that died, likewise."""
        with interrupts_blocked():
            super().keep_subprocess_alive()

    def handle_hup(self) -> None:
        """The terminal was closed: nobody is there to serve any more."""
        self.handle_term()

    def handle_int(self) -> None:
        """Ctrl-C."""
        self.interrupted = True
        super().handle_int()


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Hold Ctrl-C back; processes that are started meanwhile never see it."""
    resource_tracker.ensure_running()  # starting it would let Ctrl-C in again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def listen(host: str, port: int) -> list[socket.socket]:
    """Sockets that clients can already connect to, one for each address of the host. Raises SettingsError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"APP_HOSTNAME: {host!r} is no name or address of this machine: {error}") from error
    sockets: list[socket.socket] = []
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            sockets.append(bind(family, kind, protocol, (address[0], port, *address[2:])))
        except OSError as error:
            if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT} and len(found) > 1:
                continue  # a machine without IPv6 has its address all the same
            close(sockets)
            raise refusal(host, port, error) from error
        port = sockets[0].getsockname()[1]
    if not sockets:
        raise SettingsError(f"APP_HOSTNAME: {host!r} is no address of this machine; name another with --host")
    return sockets


def bind(family: int, kind: int, protocol: int, address: tuple[str | int, ...]) -> socket.socket:
    """A listening socket. Raises OSError."""
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.bind(address)
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


def refusal(host: str, port: int, error: OSError) -> SettingsError:
    """Why nothing listens there."""
    if error.errno == errno.EADDRINUSE:
        return SettingsError(f"APP_PORT: port {port} of {host} is taken; name another with --port, or 0 for any")
    if error.errno in {errno.EACCES, errno.EPERM}:
        return SettingsError(f"APP_PORT: port {port} is not for this user; name one over 1023 with --port")
    return SettingsError(
        f"APP_HOSTNAME: cannot listen on {host} port {port}: {error.strerror}; name another with --host"
    )


def close(sockets: list[socket.socket]) -> None:
    """Close all of them."""
    for one in sockets:
        one.close()


def address_of(host: str, sockets: list[socket.socket]) -> str:
    """Where a browser finds the server."""
    name = {ANYWHERE: "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{sockets[0].getsockname()[1]}/"


def serve(options: ServeOptions, sockets: list[socket.socket], processes: int, *, verbose: bool) -> bool:
    """Serve until a signal ends it; whether that was Ctrl-C."""
    config = Config(
        cast("Any", Factory(options)),
        factory=True,
        workers=processes,
        http=PatientProtocol,
        lifespan="on",
        ws="none",
        log_config=log_config(verbose=verbose),
        access_log=verbose,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=BACKLOG,
    )
    allow_files()
    supervisor = Servers(config, sockets)
    supervisor.run()
    close(sockets)
    logging.shutdown()
    return supervisor.interrupted


def allow_files() -> None:
    """As many open files, connections among them, as this user may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(hard, FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def log_config(*, verbose: bool) -> dict[str, object]:
    """Requests on stderr where they were asked for; else only that a process could not start: bad requests are no news."""
    level = "INFO" if verbose else "CRITICAL"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "dspreview: %(message)s"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {"uvicorn": {"handlers": ["stderr"], "level": level, "propagate": False}},
    }

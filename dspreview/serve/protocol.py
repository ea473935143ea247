"""HTTP connections that are let go when their client is slow beyond all patience."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUEST_SECONDS = 30.0
"""How long a client may take to say what it wants."""
TAKING_SECONDS = 60.0
"""How long it may leave a full buffer alone."""


class PatientProtocol(HttpToolsProtocol):
    """Uvicorn's own, with an end to silence in either direction."""

    def connection_made(self, transport: Any) -> None:
        """Somebody connects: the request has to come."""
        self.asking: asyncio.TimerHandle | None = None
        self.taking: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self.wait_for_request()

    def wait_for_request(self) -> None:
        """Let the connection go unless a request is complete in time."""
        if self.asking is None:
            self.asking = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def on_message_begin(self) -> None:
        """A further request begins on the same connection."""
        self.wait_for_request()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It has come."""
        cancel(self.asking)
        self.asking = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client takes less than we send."""
        if self.taking is None:
            self.taking = self.loop.call_later(TAKING_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has taken some."""
        cancel(self.taking)
        self.taking = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        cancel(self.asking)
        cancel(self.taking)
        super().connection_lost(exc)


def cancel(timer: asyncio.TimerHandle | None) -> None:
    """Stop a timer."""
    if timer is not None:
        timer.cancel()

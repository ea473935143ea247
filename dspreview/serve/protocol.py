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
        self.begun = True
        self.asking: asyncio.TimerHandle | None = None
        self.taking: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self.wait_for_request()

    def wait_for_request(self) -> None:
        """Let the connection go unless a request is complete in time."""
        if self.begun and self.asking is None:
            self.asking = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one: most come in one piece, and need no clock."""
        super().data_received(data)
        self.wait_for_request()

    def on_message_begin(self) -> None:
        """A request begins."""
        self.begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It has come."""
        self.begun = False
        if self.asking is not None:
            self.asking.cancel()
            self.asking = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """The client takes less than we send."""
        if self.taking is None:
            self.taking = self.loop.call_later(TAKING_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        """It has taken some."""
        if self.taking is not None:
            self.taking.cancel()
            self.taking = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.begun = False
        for timer in (self.asking, self.taking):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

"""HTTP as uvicorn speaks it, with bounds on what comes before a body: headers in size and time."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 32_768
"""Bytes of a request line and its headers."""
HEAD_SECONDS = 10.0
"""How long they may take to arrive, from the first byte of the connection or of the request."""


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not begin properly."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._deadline is None:
                self._await_head()
            self._head += len(data)
        super().data_received(data)
        # What has come of a body in the same piece is not counted: the head was complete then.
        if self._in_head and self._head > LARGEST_HEAD and not self.transport.is_closing():
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        # The next request of the connection begins with its own first byte.
        self._in_head, self._head = True, 0

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._late)

    def _late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer to an earlier request of this connection is not cut off for a later one.
            self._await_head()
        else:
            self._refuse(b"408 Request Timeout")

    def _head_came(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, status: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\n\r\n")
            self.transport.close()


__all__ = ["HEAD_SECONDS", "LARGEST_HEAD", "BoundedProtocol"]

"""Answers as bytes: asked from an ASGI application, then written to the wire."""

from __future__ import annotations

import asyncio
import http
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import attrs
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Scope

from .front import Received

_OWN = (b"content-length", b"transfer-encoding", b"connection")
_REASONS = {status.value: status.phrase for status in http.HTTPStatus}


@attrs.frozen(kw_only=True)
class Reply:
    """A complete answer, not yet on the wire. Length and connection headers are left out."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def head(self, length: int | None = None) -> bytes:
        """Status line and headers, announcing this length instead of the body's own."""
        lines = [b"HTTP/1.1 %d %s" % (self.status, _REASONS.get(self.status, "").encode())]
        lines += [b"%s: %s" % header for header in self.headers]
        if self.status >= 200 and self.status != 204:
            lines.append(b"content-length: %d" % (len(self.body) if length is None else length))
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def wire(self, method: str) -> bytes:
        """The whole answer to a request with this method."""
        return self.head() if method == "HEAD" else self.head() + self.body

    def with_headers(self, headers: Mapping[str, str]) -> Reply:
        """The same answer with these headers added."""
        more = tuple((k.lower().encode(), v.encode("latin-1")) for k, v in headers.items())
        return attrs.evolve(self, headers=self.headers + more)

    def has(self, name: bytes) -> bool:
        """Whether there is such a header; the name is in lower case."""
        return any(key == name for key, _ in self.headers)

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return any(k == b"content-type" and b"json" in v for k, v in self.headers)


def from_response(response: Response) -> Reply:
    """The reply that a Starlette response makes."""
    kept = tuple((k.lower(), v) for k, v in response.raw_headers if k.lower() not in _OWN)
    return Reply(status=response.status_code, headers=kept, body=bytes(response.body))


def asgi_scope(received: Received, port: int) -> Scope:
    """The ASGI scope of this request."""
    path, _, query = received.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": received.method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": received.headers,
        "client": received.peer,
        "server": ("127.0.0.1", port),
    }


async def ask(app: ASGIApp, scope: Scope, body: bytes) -> Reply:
    """What the application answers; its whole body is collected first."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    started: dict[str, Any] = {}
    chunks: list[bytes] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    kept = tuple((k.lower(), v) for k, v in started["headers"] if k.lower() not in _OWN)
    return Reply(status=started["status"], headers=kept, body=b"".join(chunks))

"""What senders are answered: short, and without detail."""

from __future__ import annotations

from math import ceil

from attrs import frozen
from starlette.types import Send

Headers = tuple[tuple[bytes, bytes], ...]

_ALWAYS: Headers = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)


@frozen(kw_only=True)
class Answer:
    """One answer."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    content_type: bytes = b"text/plain; charset=utf-8"

    async def send(self, send: Send) -> None:
        """Send it."""
        length = (b"content-length", str(len(self.body)).encode())
        kind = ((b"content-type", self.content_type),) if self.body else ()
        headers = [length, *kind, *_ALWAYS, *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


# After an answer before the end of a body the rest of it is not worth reading.
CLOSE = (b"connection", b"close")

ACCEPTED = Answer(status=202)
HEALTHY = Answer(status=200, body=b"ok\n")
INVALID = Answer(status=400, body=b"the delivery makes no sense\n")
REFUSED = Answer(status=401, body=b"the delivery is not signed as it should be\n")
UNKNOWN = Answer(status=404, body=b"there is no such webhook\n")
SLOW = Answer(status=408, body=b"the body took too long\n", headers=(CLOSE,))
TOO_LARGE = Answer(status=413, body=b"the body is too large\n", headers=(CLOSE,))
HEADERS_TOO_LARGE = Answer(status=431, body=b"the headers are too large\n", headers=(CLOSE,))


def only(methods: bytes) -> Answer:
    """Return the answer to a method that makes no sense here."""
    return Answer(status=405, headers=((b"allow", methods),))


def limited(seconds: float) -> Answer:
    """Return the answer to a source that sends too often."""
    wait = str(max(1, ceil(seconds))).encode()
    return Answer(
        status=429, body=b"too many deliveries\n", headers=((b"retry-after", wait), CLOSE)
    )


UNAVAILABLE = Answer(
    status=503, body=b"the delivery was not stored\n", headers=((b"retry-after", b"5"), CLOSE)
)


__all__ = [
    "ACCEPTED",
    "CLOSE",
    "HEADERS_TOO_LARGE",
    "HEALTHY",
    "INVALID",
    "REFUSED",
    "SLOW",
    "TOO_LARGE",
    "UNAVAILABLE",
    "UNKNOWN",
    "Answer",
    "limited",
    "only",
]

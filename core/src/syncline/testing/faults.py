"""Every way in which an HTTP server, or the way to it, can misbehave: a table.

`FaultyServer` (see `faulty`) and `FaultyProxy` (see `proxy`) carry them out.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from enum import Enum, auto
from functools import cache

from attrs import frozen


class End(Enum):
    """What becomes of the connection after the bytes of an answer."""

    KEEP = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()
    DRIP = auto()
    """A blank every 10 ms, for ever."""


@frozen(kw_only=True)
class Sound:
    """The answer that would have been given if all were well."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),)
    """Without Content-Length and whatever else is about the connection."""
    body: bytes = b""

    def wire(
        self, body: bytes | None = None, *headers: str, length: int | str | None = None
    ) -> bytes:
        """Return it as it goes over the wire, or with another body or further header lines.

        `length` is what Content-Length claims; the empty string leaves it out.
        """
        sent = self.body if body is None else body
        claimed = length
        if length is None:
            # RFC 9110, 8.6: these two never have a body, and 204 no length either.
            claimed = len(sent) if sent or self.status not in (204, 304) else ""
        lines = [f"HTTP/1.1 {self.status} Status", *(f"{n}: {v}" for n, v in self.headers)]
        lines += [f"Content-Length: {claimed}"] if claimed != "" else []
        return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + sent


Wire = Callable[[Sound], bytes]
"""From the sound answer to all bytes that are sent instead."""


@frozen(kw_only=True)
class Kind:
    """One way of misbehaving."""

    says: str
    """A sentence for people."""
    wire: Wire = lambda sound: b""
    end: End = End.KEEP
    applies: int = 1
    """How often a write has its effect all the same."""
    late: bool = False
    """True when it has its effect only a moment after the answer."""
    slow: bool = False
    """True when the answer takes a moment."""


def reply(
    status: int = 200,
    body: bytes = b"",
    *headers: str,
    kind: str = "application/json",
    length: int | None = None,
) -> bytes:
    """Return an answer as it goes over the wire; `length` is what Content-Length claims."""
    types = (("Content-Type", kind),) if body else ()
    return Sound(status=status, headers=types, body=body).wire(None, *headers, length=length)


def _chunked(sound: Sound, *parts: bytes) -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)
    return sound.wire(body, "Transfer-Encoding: chunked", length="")


def _zipped(sound: Sound, data: bytes) -> bytes:
    return sound.wire(data, "Content-Encoding: gzip")


@cache
def _bomb() -> bytes:
    """Return some 64 KiB that decompress to 64 MiB of blanks."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(squeeze.compress(b" " * 2**20) for _ in range(64)) + squeeze.flush()


def _in(seconds: float) -> str:
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return format_datetime(moment, usegmt=True)


_PAGE = b"<!doctype html><title>Sorry</title><p>We will be back in a minute."
_OTHER = "Location: http://127.0.0.1:9/elsewhere"

_BODIES: Mapping[str, Kind] = {
    "cut-json": Kind(
        says="The JSON is cut in the middle; Content-Length agrees.",
        wire=lambda sound: sound.wire(sound.body[: len(sound.body) // 2]),
    ),
    "empty-200": Kind(says="200 with an empty body.", wire=lambda sound: reply(200)),
    "html-200": Kind(
        says="200 with an HTML page where JSON is due.",
        wire=lambda sound: reply(200, _PAGE, kind="text/html"),
    ),
    "html-as-json": Kind(
        says="200 with an HTML page that claims to be JSON.",
        wire=lambda sound: reply(200, _PAGE),
    ),
    "not-a-number": Kind(
        says="JSON with NaN in it, which is none.", wire=lambda sound: reply(200, b'{"n": NaN}')
    ),
    "not-utf-8": Kind(
        says="JSON in no Unicode encoding.", wire=lambda sound: reply(200, b'{"n": "\xff\xfe"}')
    ),
    "deep-json": Kind(
        says="JSON nested 100,000 deep.",
        wire=lambda sound: reply(200, b"[" * 100_000 + b"]" * 100_000),
    ),
    "long-number": Kind(
        says="JSON with a number of 10,000 digits.",
        wire=lambda sound: reply(200, b'{"n": %b}' % (b"9" * 10_000)),
    ),
    "gzip-bomb": Kind(
        says="64 KiB of gzip that hold 64 MiB.", wire=lambda sound: _zipped(sound, _bomb())
    ),
    "gzip-cut": Kind(
        says="A gzip body that ends early; Content-Length agrees.",
        wire=lambda sound: _zipped(sound, gzip.compress(sound.body)[:-12]),
    ),
    "gzip-lie": Kind(
        says="Content-Encoding says gzip; it is none.",
        wire=lambda sound: _zipped(sound, sound.body),
    ),
    "unknown-encoding": Kind(
        says="A content encoding that was not offered.",
        wire=lambda sound: sound.wire(None, "Content-Encoding: br"),
    ),
}

_CONNECTIONS: Mapping[str, Kind] = {
    "reset-before": Kind(
        says="The connection is reset before the request has any effect.",
        end=End.RESET,
        applies=0,
    ),
    "reset-after": Kind(says="It has its effect, then the connection is reset.", end=End.RESET),
    "close-before": Kind(
        says="The connection is closed before the request has any effect.",
        end=End.CLOSE,
        applies=0,
    ),
    "close-after": Kind(says="It has its effect, then the connection is closed.", end=End.CLOSE),
    "short-body": Kind(
        says="The body is shorter than Content-Length, then the connection is closed.",
        wire=lambda sound: sound.wire(sound.body[:-3], length=len(sound.body)),
        end=End.CLOSE,
    ),
    "long-body": Kind(
        says="The body is longer than Content-Length.",
        wire=lambda sound: sound.wire(length=max(0, len(sound.body) - 3)),
    ),
    "answered-twice": Kind(
        says="The whole answer comes twice on one connection.",
        wire=lambda sound: sound.wire() * 2,
    ),
    "bad-chunk": Kind(
        says="A chunk's size is no number.",
        wire=lambda sound: _chunked(sound, sound.body[:-2]) + b"zz\r\n}}\r\n0\r\n\r\n",
    ),
    "short-chunk": Kind(
        says="The last chunk is shorter than its size, then the connection is closed.",
        wire=lambda sound: _chunked(sound, sound.body)[:-4],
        end=End.CLOSE,
    ),
    "no-last-chunk": Kind(
        says="The chunks end without the closing one.",
        wire=lambda sound: _chunked(sound, sound.body),
        end=End.CLOSE,
    ),
    "big-header": Kind(
        says="A header of 256 KiB.",
        wire=lambda sound: sound.wire(None, "X-Padding: " + "x" * 256 * 1024),
    ),
    "not-http": Kind(
        says="Something that is not HTTP.", wire=lambda sound: b"SSH-2.0-OpenSSH\r\n\r\n"
    ),
    "drip-body": Kind(
        says="The body drips: each byte is in time, the whole never comes.",
        wire=lambda sound: sound.wire(length=2**20),
        end=End.DRIP,
    ),
    "silence": Kind(says="It has its effect, and no answer ever comes.", end=End.HANG),
}

_STATUSES: Mapping[str, Kind] = {
    "html-502": Kind(
        says="502 from a proxy, with an HTML page; the request never arrived.",
        wire=lambda sound: reply(502, _PAGE, kind="text/html"),
        applies=0,
    ),
    "applied-502": Kind(says="502 from a proxy, after the effect.", wire=lambda sound: reply(502)),
    "applied-504": Kind(
        says="504 from a proxy, after the effect.",
        wire=lambda sound: reply(504, _PAGE, kind="text/html"),
    ),
    "json-500": Kind(
        says="500 with a JSON error.",
        wire=lambda sound: reply(500, b'{"code": "internal.server.error"}'),
        applies=0,
    ),
    "empty-503": Kind(says="503, empty.", wire=lambda sound: reply(503), applies=0),
    "503-retry-after": Kind(
        says="503 with Retry-After.",
        wire=lambda sound: reply(503, b"", "Retry-After: 2"),
        applies=0,
    ),
    "408": Kind(says="408, nothing was done.", wire=lambda sound: reply(408), applies=0),
    "423": Kind(says="423, it is locked.", wire=lambda sound: reply(423), applies=0),
    "425": Kind(says="425, too early.", wire=lambda sound: reply(425), applies=0),
    "401": Kind(
        says="401: the token has expired.",
        wire=lambda sound: reply(401, b'{"code": "bad.credentials"}'),
        applies=0,
    ),
    "redirect-elsewhere": Kind(
        says="307 to another host.", wire=lambda sound: reply(307, b"", _OTHER), applies=0
    ),
    "early-hints": Kind(
        says="103 Early Hints before the answer, which is allowed.",
        wire=lambda sound: b"HTTP/1.1 103 Early Hints\r\n\r\n" + sound.wire(),
    ),
}

_DELIVERY: Mapping[str, Kind] = {
    "slow": Kind(says="The answer takes a moment.", wire=lambda sound: sound.wire(), slow=True),
    "delivered-twice": Kind(
        says="The request is delivered twice; the second answer comes back.",
        wire=lambda sound: sound.wire(),
        applies=2,
    ),
    "delivered-late": Kind(
        says="The connection is reset, and the request has its effect a moment later.",
        end=End.RESET,
        late=True,
    ),
}

RETRY_AFTER: Mapping[str, Callable[[], str | None]] = {
    "seconds": lambda: "2",
    "zero": lambda: "0",
    "fraction": lambda: "1.5",
    "date": lambda: _in(2),
    "past-date": lambda: _in(-3600),
    "garbage": lambda: "soon",
    "negative": lambda: "-5",
    "huge": lambda: "9" * 5000,
    "a-day": lambda: "86400",
    "list": lambda: "2, 4",
    "absent": lambda: None,
}
"""The forms in which a 429 says how long to wait."""


def _throttle(form: Callable[[], str | None]) -> Wire:
    def wire(sound: Sound) -> bytes:
        told = form()
        headers = [] if told is None else [f"Retry-After: {told}"]
        return reply(429, b'{"code": "too.many.requests"}', *headers)

    return wire


FAULTS: Mapping[str, Kind] = {
    **_CONNECTIONS,
    **_BODIES,
    **_STATUSES,
    **_DELIVERY,
    **{
        f"429-{name}": Kind(says=f"429, Retry-After: {name}.", wire=_throttle(form), applies=0)
        for name, form in RETRY_AFTER.items()
    },
}
"""Every fault, by name."""


__all__ = ["FAULTS", "RETRY_AFTER", "End", "Kind", "Sound", "Wire", "reply"]

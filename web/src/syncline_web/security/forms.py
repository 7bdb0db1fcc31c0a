"""The bodies of requests: bounded in size and time, and proved to come from a form of ours."""

from __future__ import annotations

import asyncio
import hmac
import re

from starlette.types import Message, Receive, Scope

from .requests import header

MOST = 16_000_000
"""Bytes of a form: the longest body of an article, percent-encoded, and a little more."""
MOST_OF_STRANGERS = 16_384
"""Bytes of a form from somebody who is not in: a token and an address."""
SECONDS = 60.0
"""How long a form may take to arrive."""

_FIELD = re.compile(rb"(?:^|&)csrf=([A-Za-z0-9_-]{20,128})(?=&|$)")


class TooLarge(Exception):
    """The form is longer than any that a page could have sent."""


class TooSlow(Exception):
    """The form did not arrive in time."""


class Gone(Exception):
    """Nobody waits for the answer any more."""


async def read(scope: Scope, receive: Receive, most: int) -> bytes:
    """Return the body of a request.

    Raises:
        TooLarge, TooSlow, Gone: it is not to be had.
    """
    told = header(scope, b"content-length") or "0"
    if not told.isdigit() or len(told) > 12 or int(told) > most:
        raise TooLarge
    try:
        async with asyncio.timeout(SECONDS):
            return await _whole(receive, most)
    except TimeoutError:
        raise TooSlow from None


async def _whole(receive: Receive, most: int) -> bytes:
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """Return what hands the body that has been read to the next one who wants it."""
    unread = True

    async def once() -> Message:
        nonlocal unread
        if unread:
            unread = False
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return once


def is_form(scope: Scope, body: bytes) -> bool:
    """Tell whether a body is a form as pages send them; an empty one is."""
    kind = (header(scope, b"content-type") or "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded" or not body


def proves(scope: Scope, body: bytes, csrf: str) -> bool:
    """Tell whether a form sends back what this person's forms were given."""
    found = _FIELD.search(body)
    sent = found[1] if found else (header(scope, b"x-csrf-token") or "").encode("latin-1")
    return hmac.compare_digest(sent, csrf.encode("ascii"))


__all__ = [
    "MOST",
    "MOST_OF_STRANGERS",
    "Gone",
    "TooLarge",
    "TooSlow",
    "again",
    "is_form",
    "proves",
    "read",
]

"""Reads the body of a delivery: as it arrives, up to a size, within a time."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope

from .limits import Limits
from .room import Place, Room, TooLarge


class Gone(Exception):
    """The sender hung up: there is nobody to answer."""


class TooSlow(Exception):
    """The body did not arrive in time, or made room for others."""


async def read(scope: Scope, receive: Receive, room: Room, limits: Limits) -> bytes:
    """Return the raw body.

    Raises:
        TooLarge, TooSlow, Gone
        Full: there is no room for it.
    """
    if announced(scope) > limits.body:
        raise TooLarge
    try:
        async with asyncio.timeout(limits.slow) as deadline:
            with room.place(deadline) as place:
                return await _all(receive, place, limits.body)
    except TimeoutError:
        raise TooSlow from None


async def _all(receive: Receive, place: Place, most: int) -> bytes:
    # One buffer: a list of tiny pieces would take many times the room that is accounted for.
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part: bytes = message.get("body", b"")
        place.take(len(part), most)
        body += part
        if not message.get("more_body", False):
            return bytes(body)


def announced(scope: Scope) -> int:
    """Return the length that a request announces; 0 where it does not, or makes no sense."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 19:
            return int(value)
    return 0


__all__ = ["Gone", "TooSlow", "announced", "read"]

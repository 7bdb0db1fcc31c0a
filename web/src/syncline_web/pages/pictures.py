"""The files of a body: pictures as `data:` addresses, everything else as a download.

A frame with a body in it has no origin of its own, so that its requests carry no cookie: pictures
travel inside of the document.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from syncline.errors import SynclineError

logger = logging.getLogger(__name__)

MOST_BYTES: Final = 4_000_000
"""Of one picture; a longer one is named instead of shown."""
MOST_TOGETHER: Final = 12_000_000
"""Bytes of all pictures of one frame."""
_AT_ONCE: Final = 4
_PATIENCE: Final = 15.0

_KINDS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)

Fetch = Callable[[str], Awaitable[bytes]]
"""Returns the bytes of a file by its sha256."""


def media_type(content: bytes) -> str | None:
    """Return the type of a picture that every browser shows passively; None for all else.

    It goes by the bytes, never by what somebody said of them. SVG is a program, and not among them.
    """
    for start, kind in _KINDS:
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return None


async def pictures(wanted: Sequence[str], fetch: Fetch) -> dict[str, str]:
    """Return the pictures that can be shown, by sha256, as `data:` addresses."""
    room = asyncio.Semaphore(_AT_ONCE)
    left = MOST_TOGETHER

    async def one(sha256: str) -> tuple[str, str | None]:
        nonlocal left
        async with room:
            if left <= 0:
                return sha256, None
            content = await read(sha256, fetch)
        if content is None or len(content) > min(MOST_BYTES, left):
            return sha256, None
        left -= len(content)
        return sha256, data_uri(content)

    found = await asyncio.gather(*(one(sha256) for sha256 in wanted))
    return {sha256: uri for sha256, uri in found if uri is not None}


async def read(sha256: str, fetch: Fetch) -> bytes | None:
    """Return a file whose bytes are what its name says; None where that cannot be had."""
    try:
        async with asyncio.timeout(_PATIENCE):
            content = await fetch(sha256)
    except (SynclineError, TimeoutError) as error:
        logger.info("a file of a body cannot be shown", extra={"reason": type(error).__name__})
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def data_uri(content: bytes) -> str | None:
    """Return the address of a picture; None for what is none."""
    kind = media_type(content)
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if kind else None


__all__ = ["MOST_BYTES", "MOST_TOGETHER", "data_uri", "media_type", "pictures", "read"]

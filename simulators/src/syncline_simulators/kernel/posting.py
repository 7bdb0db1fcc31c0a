"""Sending an event to somebody on this machine, as a vendor does: once, without a second try."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT = 10
"""Seconds that an answer may take."""


async def post(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Send it and forget about it: nobody answers for its arrival."""
    parts = urlsplit(url)
    sent = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", *(f"{k}: {v}" for k, v in sent.items()), "", ""]
    try:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    except OSError:
        return
    try:
        writer.write("\r\n".join(lines).encode("latin-1") + body)
        await asyncio.wait_for(reader.read(), TIMEOUT)
    except (OSError, TimeoutError):
        return
    finally:
        writer.close()

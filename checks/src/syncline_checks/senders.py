"""Senders of signed webhooks at a steady rate, which never send one twice."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Sequence

from attrs import define, field, frozen

CONNECTIONS = 48
TIMEOUT = 10.0
"""Seconds after which a sender gives up."""


@frozen
class Sent:
    """One delivery and its answer; a status of 0 is none."""

    id: str
    status: int
    seconds: float
    """From when it was due, so that a sender that had to wait is no excuse."""


def signed(id_: str, secret: str, *, pad: int = 400) -> bytes:
    """Return the whole request of a delivery that names one item."""
    told = {"changes": [{"id": id_}], "pad": "x" * pad}
    body = json.dumps(told).encode()
    second = str(int(time.time()))
    text = f"{id_}.{second}.".encode() + body
    digest = base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()
    head = (
        "POST /webhooks/wiki HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nwebhook-id: {id_}\r\nwebhook-timestamp: {second}\r\n"
        f"webhook-signature: v1,{digest}\r\n\r\n"
    )
    return head.encode() + body


@define(kw_only=True)
class Load:
    """A rate of deliveries over some time."""

    port: int
    secret: str
    rate: float
    seconds: float
    prefix: str = ""
    """Before the number that is a delivery's id."""
    _sent: list[Sent] = field(factory=list, init=False)

    async def send(self) -> list[Sent]:
        """Send them all; return each with its answer."""
        due: asyncio.Queue[tuple[str, float] | None] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(due)) for _ in range(CONNECTIONS)]
        begin = time.perf_counter()
        for number in range(int(self.rate * self.seconds)):
            at = begin + number / self.rate
            if (wait := at - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            due.put_nowait((f"{self.prefix}{number}", at))
        for _ in workers:
            due.put_nowait(None)
        await asyncio.gather(*workers)
        return self._sent

    async def _work(self, due: asyncio.Queue[tuple[str, float] | None]) -> None:
        connection: Connection | None = None
        while (one := await due.get()) is not None:
            id_, at = one
            status = 0
            with contextlib.suppress(OSError, TimeoutError, EOFError, ValueError):
                async with asyncio.timeout(TIMEOUT):
                    connection = connection or await Connection.open(self.port)
                    status = await connection.exchange(signed(id_, self.secret))
            self._sent.append(Sent(id_, status, time.perf_counter() - at))
            if connection is not None and (not status or connection.over):
                connection.close()
                connection = None
        if connection is not None:
            connection.close()


@define
class Connection:
    """A kept-alive connection that reads answers strictly enough."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    over: bool = False

    @classmethod
    async def open(cls, port: int) -> Connection:
        """Connect to this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def exchange(self, raw: bytes) -> int:
        """Send a request and return the status of the answer.

        Raises:
            EOFError, ValueError, OSError: there is no usable answer.
        """
        self.writer.write(raw)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
        await self.reader.readexactly(int(length or b"0"))
        self.over = b"connection: close" in head
        return int(head.split(None, 2)[1])

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of an ordered list lies; 0 of an empty one."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


__all__ = ["Connection", "Load", "Sent", "percentile", "signed"]

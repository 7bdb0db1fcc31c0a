"""A proxy in front of any HTTP server on this machine that makes the way to it unreliable.

    async with FaultyProxy(simulator_url, at_random(seed=7, share=0.2)) as proxy:
        ...                                  # use proxy.url in place of the simulator's
        assert ... proxy.ledger              # each request, its fault, and how often it had effect

It carries out every fault of `syncline.testing.faults.FAULTS`: "applied, but the answer was lost",
answers that are cut, garbled or not the server's own, 429 with each form of Retry-After, requests
that are delivered twice or late. A schedule with a seed repeats itself exactly.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from random import Random
from typing import TypeAlias
from urllib.parse import urlsplit

from attrs import define

from .faults import FAULTS, End, Kind, Sound
from .faulty import Listener, Received

Schedule: TypeAlias = Callable[[Received], str | None]
"""From a request to the name of its fault; None lets it pass."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_MOMENT = 0.05
"""Seconds."""
_WELL = Kind(says="All is well.", wire=lambda sound: sound.wire())


def at_random(
    seed: int,
    share: float = 0.2,
    kinds: Collection[str] = FAULTS.keys(),
    only: Callable[[Received], bool] = lambda request: True,
) -> Schedule:
    """Return a schedule in which `share` of the requests that `only` admits meet a fault.

    The n-th admitted request meets the same fault in every run with the same seed.
    """
    rng, names = Random(seed), sorted(kinds)

    def fault(request: Received) -> str | None:
        if not only(request):
            return None
        name, strikes = rng.choice(names), rng.random() < share
        return name if strikes else None

    return fault


def in_turn(*names: str | None) -> Schedule:
    """Return a schedule that deals out `names`, one for each request, and then nothing."""
    left = iter(names)
    return lambda request: next(left, None)


@define
class Entry:
    """What became of one request."""

    request: Received
    fault: str | None
    applied: int = 0
    """How often the server carried it out so far."""
    status: int | None = None
    """What the server answered, whatever the client got."""


class FaultyProxy(Listener):
    """Forwards every request to `upstream`, by way of the faults of a schedule.

    Silence and dripping last `hang` seconds, then the connection is closed.
    """

    def __init__(self, upstream: str, schedule: Schedule, *, hang: float = 0.2) -> None:
        super().__init__(hang=hang)
        self.ledger: list[Entry] = []
        self.schedule = schedule
        """May be replaced at any time, to end the trouble for example."""
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._late: set[asyncio.Task[None]] = set()

    async def answer(self, request: Received) -> tuple[bytes, End]:
        entry = Entry(request, self.schedule(request))
        self.ledger.append(entry)
        kind = FAULTS[entry.fault] if entry.fault else _WELL
        if kind.late:
            task = asyncio.create_task(self._deliver_late(entry))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return b"", kind.end
        sound = Sound(status=503)
        for _ in range(kind.applies):
            sound = await self._forward(entry)
        if kind.slow:
            await asyncio.sleep(_MOMENT)
        return kind.wire(sound), kind.end

    async def settled(self) -> None:
        """Return when no late delivery is under way any more."""
        await asyncio.gather(*self._late)

    async def __aexit__(self, *error: object) -> None:
        await self.settled()
        await super().__aexit__(*error)

    async def _forward(self, entry: Entry) -> Sound:
        sound = await _ask(self._host, self._port, entry.request)
        entry.applied += 1
        entry.status = sound.status
        return sound

    async def _deliver_late(self, entry: Entry) -> None:
        await asyncio.sleep(_MOMENT)
        # A server that has gone away meanwhile never gets it, which is as good as later still.
        with suppress(OSError):
            await self._forward(entry)


async def _ask(host: str, port: int, request: Received) -> Sound:
    """Return the server's whole answer, over a connection of its own."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    try:
        writer.write(_wire(request))
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ")[1])
        headers = [(n, v.strip()) for n, _, v in (line.partition(":") for line in head[1:] if line)]
        bodiless = request.method == "HEAD" or status in (204, 304)
        body = b"" if bodiless else await _body(reader, {n.lower(): v for n, v in headers})
    finally:
        writer.close()
    kept = tuple((n, v) for n, v in headers if n.lower() not in _HOP_BY_HOP)
    return Sound(status=status, headers=kept, body=body)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return b"".join([chunk async for chunk in _chunks(reader)])
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read(-1)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int((await reader.readline()).split(b";")[0], 16):
        yield await reader.readexactly(size)
        await reader.readline()


def _wire(request: Received) -> bytes:
    kept = {n: v for n, v in request.headers.items() if n not in _HOP_BY_HOP}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        kept["content-length"] = str(len(request.body))
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{n}: {v}" for n, v in kept.items())]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode("latin-1") + request.body


__all__ = ["Entry", "FaultyProxy", "Schedule", "at_random", "in_turn"]

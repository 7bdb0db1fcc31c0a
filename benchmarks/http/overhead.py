"""P14: CPU of the HTTP layer (auth, pace, retry, metrics, size cap) against bare httpx.

    python benchmarks/http/overhead.py [--requests 400] [--pairs 7]

Both sides GET 5 KB of JSON over one kept-alive connection each, ten in flight, from a server in
another process, and decode it. Runs are interleaved; bare httpx runs twice in each round (A and
A'), whose ratio is the noise. Exits 1 when the median ratio is over 1.25.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from pacing import Api

from syncline.clock import SystemClock
from syncline.http import BearerAuth, Client, Pace
from syncline.ports import Secret

IN_FLIGHT = 10


async def cpu(requests: int, one: Callable[[], Awaitable[Any]]) -> float:
    """Return the CPU microseconds of this process for each request."""

    async def worker() -> None:
        for _ in range(requests // IN_FLIGHT):
            await one()

    await one()
    start = time.process_time()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    return (time.process_time() - start) / requests * 1e6


async def bare(url: str, requests: int) -> float:
    headers = {"Authorization": "Bearer a-bearer-token"}
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT)
    async with httpx.AsyncClient(base_url=url, headers=headers, limits=limits) as client:

        async def one() -> Any:
            return (await client.get("/items", params={"limit": 45})).json()

        return await cpu(requests, one)


async def layered(url: str, requests: int) -> float:
    auth = BearerAuth(Secret("a-bearer-token"))
    pace = Pace(1e6, burst=1e6)
    async with Client(url, clock=SystemClock(), auth=auth, pace=pace) as client:

        async def one() -> Any:
            return (await client.request("GET", "/items", params={"limit": 45})).json()

        return await cpu(requests, one)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=400)
    parser.add_argument("--pairs", type=int, default=7)
    options = parser.parse_args()
    api = Api(0, 0)
    floor: list[float] = []
    again: list[float] = []
    ours: list[float] = []
    try:
        for _ in range(options.pairs):
            for runs, side in ((floor, bare), (ours, layered), (again, bare)):
                runs.append(asyncio.run(side(api.url, options.requests)))
    finally:
        api.close()
    ratio = statistics.median(o / ((f + a) / 2) for o, f, a in zip(ours, floor, again, strict=True))
    noise = statistics.median(a / f for a, f in zip(again, floor, strict=True))
    print(
        f"bare httpx {statistics.median(floor):.0f} us, syncline {statistics.median(ours):.0f} us"
    )
    print(f"ratio {ratio:.2f} (goal 1.25), A/A {noise:.2f}")
    return int(ratio > 1.25)


if __name__ == "__main__":
    sys.exit(main())

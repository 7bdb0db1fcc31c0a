"""P3: how much of a server's rate twenty workers get, and how many 429s they cause.

    python benchmarks/http/pacing.py [--seconds 10] [--rounds 3]

Servers, in another process: a token bucket (burst = rate / 10), and a window of a second that
starts with the first request after the last one ended; 429 with Retry-After: 1. Policies run
interleaved, round by round; `syncline` runs twice as A and A', whose difference is the noise.
Reported: the share of the allowed rate in the steady state (the first second is left out: it also
holds the server's initial burst), and 429s for each success, as medians. Exits 1 when a goal of
95 % and 1 % is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx

from syncline.clock import SystemClock
from syncline.http import Client, Pace

WORKERS = 20
LATENCY = 0.02


class Api:
    """The server process."""

    def __init__(self, rate: float, latency: float = LATENCY, kind: str = "bucket") -> None:
        server = Path(__file__).parent / "server.py"
        self._process = subprocess.Popen(
            [sys.executable, str(server), str(rate), str(latency), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = f"http://127.0.0.1:{self._line()}"

    def counts(self) -> dict[str, int]:
        """Return what was answered since the last call."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        counts: dict[str, int] = json.loads(self._line())
        return counts

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


async def syncline(url: str, rate: float, until: float) -> None:
    pace = Pace(rate, burst=max(1.0, rate / 10))
    async with Client(url, clock=SystemClock(), pace=pace) as client:
        await _work(until, lambda: client.request("GET", "/items"))


async def obeying(url: str, rate: float, until: float) -> None:
    """Each worker obeys Retry-After on its own: what most integrations do."""
    async with httpx.AsyncClient(base_url=url) as client:

        async def one() -> None:
            while time.monotonic() < until:
                response = await client.get("/items")
                if response.status_code != 429:
                    return
                await asyncio.sleep(float(response.headers["retry-after"]))

        await _work(until, one)


async def sleeping(url: str, rate: float, until: float) -> None:
    """One worker that sleeps between requests: the other thing most integrations do."""
    async with httpx.AsyncClient(base_url=url) as client:

        async def one() -> None:
            await client.get("/items")
            await asyncio.sleep(1 / rate)

        while time.monotonic() < until:
            await one()


async def _work(until: float, one: Callable[[], Awaitable[Any]]) -> None:
    async def worker() -> None:
        while time.monotonic() < until:
            await one()

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


POLICIES = {
    "syncline A": syncline,
    "syncline A'": syncline,
    "Retry-After": obeying,
    "sleep": sleeping,
}


async def measure(policy: str, rate: float, kind: str, seconds: float) -> tuple[float, float]:
    """Return the share of the rate and the 429s for each success."""
    api = Api(rate, kind=kind)
    try:
        start = time.monotonic()
        work = asyncio.create_task(POLICIES[policy](api.url, rate, start + 1 + seconds))
        await asyncio.sleep(1)
        api.counts()
        start = time.monotonic()
        await asyncio.sleep(seconds - 0.2)
        counts, elapsed = api.counts(), time.monotonic() - start
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    finally:
        api.close()
    return counts["ok"] / (elapsed * rate), counts["refused"] / max(1, counts["ok"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    missed = False
    for kind, rate in (("bucket", 20), ("bucket", 100), ("window", 20), ("window", 100)):
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in POLICIES}
        for _ in range(options.rounds):
            for name in POLICIES:
                results[name].append(asyncio.run(measure(name, rate, kind, options.seconds)))
        for name, runs in results.items():
            shares = sorted(run[0] for run in runs)
            share, refused = statistics.median(shares), statistics.median(r[1] for r in runs)
            spread = f"({shares[0]:.1%}-{shares[-1]:.1%})"
            line = f"{kind} {rate:4}/s  {name:12} {share:6.1%} {spread:15}"
            print(f"{line} {refused:.3f} 429s per success", flush=True)
            missed |= name.startswith("syncline") and (share < 0.95 or refused > 0.01)
    print("goal (95 % and 0.010) " + ("MISSED" if missed else "met"))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

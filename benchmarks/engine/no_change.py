"""P1: a pass over articles of which none has changed, against the bare list calls.

Both sides are listed from a server in another process, 250 heads a call; the floor makes the same
calls for both sides at once and decodes them.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from syncline.clock import SystemClock
from syncline.engine import Session
from syncline.http import Client, Pace
from syncline.mapping import Mapping
from syncline.model import Side
from syncline.state import SqliteState

from ..measuring import Options, Outcome, Pairs, Result
from .articles import JOB, NAMES, seed
from .paged import PagedStore, bare_pages, serving

_PER_PAGE = 250
Work = Callable[[], Awaitable[None]]


def run(options: Options) -> Iterator[Result]:
    """Judge requests, wall time at 50 ms, and CPU."""
    count = 2_500 if options.quick else 10_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state.db"
        state = SqliteState.open(path)
        seed(state, count)
        with serving(count, _PER_PAGE, 0, 0.05) as slow:
            wall, requests, _ = _pairs(slow, state, count, options.rounds)
        with serving(count, _PER_PAGE, 0, 0) as fast:
            _, _, cpu = _pairs(fast, state, count, options.rounds)
        state.close()
    lists = 2 * -(-count // _PER_PAGE)
    yield Outcome(
        goal="P1",
        what=f"no-change pass over {count:,} pages: requests beyond {lists} list calls",
        samples=tuple(float(made - lists) for made in requests),
        limit=2,
        exact=True,
        unit="requests",
    )
    yield Outcome(
        goal="P1",
        what="no-change pass: wall / bare list calls at 50 ms",
        samples=wall.ratios,
        control=wall.control,
        limit=1.15,
        beside=wall.medians(1, "s", "bare"),
    )
    yield Outcome(
        goal="P1",
        what="no-change pass: CPU / bare list calls",
        samples=cpu.ratios,
        control=cpu.control,
        limit=2.5,
        beside=cpu.medians(1e6 / count, "us a page", "bare"),
    )


def _pairs(url: str, state: SqliteState, count: int, rounds: int) -> tuple[Pairs, list[int], Pairs]:
    requests: list[int] = []

    async def ours() -> None:
        requests.append(await _pass(url, state, count))

    found = [[_timed(work) for work in (_bare(url), ours, _bare(url))] for _ in range(rounds)]
    by_clock = [
        Pairs(
            floors=tuple(row[0][kind] for row in found),
            ours=tuple(row[1][kind] for row in found),
            again=tuple(row[2][kind] for row in found),
        )
        for kind in (0, 1)
    ]
    return by_clock[0], requests, by_clock[1]


def _timed(work: Work) -> tuple[float, float]:
    """Return wall and CPU seconds."""

    async def once() -> None:
        await work()

    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(once())
    return time.perf_counter() - wall, time.process_time() - cpu


def _bare(url: str) -> Work:
    async def one() -> None:
        async for _ in bare_pages(url):
            pass

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in Side:
                group.create_task(one())

    return both


async def _pass(url: str, state: SqliteState, count: int) -> int:
    clients = {side: Client(url, clock=SystemClock(), pace=Pace(1e6, burst=1e6)) for side in Side}
    stores = {side: PagedStore(side, count, clients[side]) for side in Side}
    session = Session(
        job=JOB,
        left=stores[Side.LEFT],
        right=stores[Side.RIGHT],
        left_name=NAMES[Side.LEFT],
        right_name=NAMES[Side.RIGHT],
        state=state,
        clock=SystemClock(),
        mapping=Mapping(),
    )
    report = await session.sync()
    for client in clients.values():
        await client.aclose()
    if report.items or report.incomplete:
        raise RuntimeError(f"the pass did something: {report.counts}")
    return sum(store.requests + store.reads for store in stores.values())

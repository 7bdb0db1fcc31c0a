"""P10: 10,000 pages of 5 KB from a paged API into the local state.

The floor is bare httpx and sqlite3, which keep the same bytes compressed in the same way; the peer
is dlt with its REST source and SQLite, in an environment of its own. Each is a whole process.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from syncline.clock import SystemClock
from syncline.http import Client, Pace
from syncline.model import Document
from syncline.state import SqliteState
from syncline.state.records import SaveValue

from ..measuring import Options, Outcome, Result, Skipped, pairs, peak_mb, process, script
from ..peers import PeerMissing, peer
from .paged import bare_pages, pages, serving

_PER_PAGE = 100
_SIZE = 5_000


def run(options: Options) -> Iterator[Result]:
    """Judge CPU against the floor and dlt, and memory against dlt."""
    count = 2_000 if options.quick else 10_000
    peaks: dict[str, float] = {}

    with serving(count, _PER_PAGE, _SIZE, 0) as url, tempfile.TemporaryDirectory() as folder:

        def one(how: str) -> float:
            used = script(__name__, how, url, folder, count)
            found = json.loads(used.output.splitlines()[-1])
            peaks[how] = found["peak"]
            return used.cpu

        one("ours")  # which compiles what it imports, once
        found = pairs(lambda: one("floor"), lambda: one("ours"), options.rounds)
        yield Outcome(
            goal="P10",
            what=f"extract {count:,} pages of 5 KB: CPU / httpx + sqlite3",
            samples=found.ratios,
            control=found.control,
            limit=1.6,
            beside=found.medians(1, "s"),
        )
        yield from _against_dlt(url, Path(folder), count, found.ours, peaks, options)


def _against_dlt(
    url: str,
    folder: Path,
    count: int,
    ours: tuple[float, ...],
    peaks: dict[str, float],
    options: Options,
) -> Iterator[Result]:
    what = f"extract {count:,} pages: {{}} / dlt into SQLite"
    try:
        python = peer("dlt", "dlt[sqlalchemy]") / "python"
    except PeerMissing as error:
        for figure in ("CPU", "peak memory"):
            yield Skipped(goal="P10", what=what.format(figure), reason=str(error))
        return
    program = Path(__file__).with_name("peer_dlt.py")
    rounds = min(len(ours), 2 if options.quick else 3)
    runs = [process([python, program, url, folder / f"dlt-{n}", str(count)]) for n in range(rounds)]
    memory = [float(run.output.split()[-1]) for run in runs]
    yield Outcome(
        goal="P10",
        what=what.format("CPU"),
        samples=tuple(mine / run.cpu for mine, run in zip(ours, runs, strict=False)),
        limit=0.3,
        beside=f"dlt {runs[0].cpu:.2f} s",
    )
    yield Outcome(
        goal="P10",
        what=what.format("peak memory"),
        samples=tuple(peaks["ours"] / most for most in memory),
        limit=0.4,
        beside=f"dlt {memory[0]:.0f} MB, ours {peaks['ours']:.0f} MB",
    )


async def _floor(url: str, path: Path) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("pragma journal_mode=wal; create table pages (id text primary key, body blob)")
    async for page in bare_pages(url):
        rows = [(item["id"], zlib.compress(json.dumps(item).encode(), 3)) for item in page]
        db.execute("begin immediate")
        db.executemany("insert into pages values (?,?)", rows)
        db.execute("commit")
    db.close()


async def _ours(url: str, path: Path) -> None:
    state = SqliteState.open(path)
    async with Client(url, clock=SystemClock(), pace=Pace(1e6, burst=1e6)) as client:
        async for page in pages(client):
            values = [Document(title=item["title"], body=item["body"]) for item in page]
            state.commit([SaveValue(value) for value in values], None)
    state.close()


def main() -> None:
    """Extract once, in this process, and print the peak of its memory."""
    how, url, folder, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    path = Path(folder) / f"{how}-{time.monotonic_ns()}.db"
    asyncio.run({"floor": _floor, "ours": _ours}[how](url, path))
    table = {"floor": "pages", "ours": "vals"}[how]
    with sqlite3.connect(path) as db:
        (kept,) = db.execute(f"select count(*) from {table}").fetchone()  # noqa: S608 -- ours
    if kept != count:
        raise RuntimeError(f"{kept} of {count} pages were kept")
    print(json.dumps({"peak": peak_mb()}))


if __name__ == "__main__":
    main()

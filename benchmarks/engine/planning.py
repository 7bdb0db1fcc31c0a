"""P2: planning many linked articles of which one in a hundred has changed.

Each size runs in a process of its own over a state file that another process has made; the stores
make their articles when asked, and what listing them takes by itself is measured beside.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from syncline.clock import SystemClock
from syncline.engine import Session
from syncline.mapping import Mapping
from syncline.model import Side
from syncline.state import SqliteState

from ..measuring import Options, Outcome, Result, peak_mb, script
from .articles import JOB, NAMES, Shelf, seed

SMALL = 15_000


def run(options: Options) -> Iterator[Result]:
    """Judge CPU and memory at 15,000, and how they grow."""
    factor = 4 if options.quick else 10
    with tempfile.TemporaryDirectory() as folder:
        small = _measure(Path(folder), SMALL, options.rounds)
        large = _measure(Path(folder), SMALL * factor, max(2, options.rounds // 2))
    cpu = tuple(found["cpu"] for found in small)
    lists = small[0]["listing"]
    yield Outcome(
        goal="P2",
        what=f"planning {SMALL:,} linked articles, 1 % changed: CPU",
        samples=cpu,
        limit=1.0,
        unit="s",
        beside=f"listing alone {lists:.2f} s, {small[0]['items']:.0f} items planned",
    )
    yield Outcome(
        goal="P2",
        what=f"planning {SMALL:,}: peak memory of the process",
        samples=tuple(found["peak"] for found in small),
        limit=150,
        unit="MB",
        beside=f"{small[0]['start']:.0f} MB after start-up",
    )
    per_item = [found["cpu"] / factor for found in large]
    base = sorted(cpu)[len(cpu) // 2]
    yield Outcome(
        goal="P2",
        what=f"CPU an article at {SMALL * factor:,} / at {SMALL:,}",
        samples=tuple(found / base for found in per_item),
        control=tuple(found / base for found in cpu),
        limit=1.2,
    )
    yield Outcome(
        goal="P2",
        what=f"planning {SMALL * factor:,}: peak memory over start-up",
        samples=tuple(found["peak"] - found["start"] for found in large),
        limit=150,
        unit="MB",
        beside=f"{large[0]['items']:.0f} items planned, their diffs held",
    )


def _measure(folder: Path, count: int, rounds: int) -> list[dict[str, float]]:
    path = folder / f"{count}.db"
    script(__name__, "seed", path, count)
    runs = [script(__name__, "plan", path, count) for _ in range(rounds)]
    return [json.loads(run.output.splitlines()[-1]) for run in runs]


def session(path: str, count: int) -> Session:
    """Return a session over cheap stores and the state in `path`."""
    return Session(
        job=JOB,
        left=Shelf(Side.LEFT, count, edits=True),
        right=Shelf(Side.RIGHT, count, edits=False),
        left_name=NAMES[Side.LEFT],
        right_name=NAMES[Side.RIGHT],
        state=SqliteState.open(path),
        clock=SystemClock(),
        mapping=Mapping(),
    )


async def plan(path: str, count: int) -> dict[str, float]:
    """Plan once in this process and return what it took."""
    job = session(path, count)
    start = peak_mb()
    began = time.process_time()
    made = await job.plan()
    cpu, peak = time.process_time() - began, peak_mb()
    began = time.process_time()
    for side in Side:
        async for _ in Shelf(side, count, edits=True).heads():
            pass
    listing = time.process_time() - began
    expected = (count + 99) // 100
    if len(made.items) != expected or any(i.decision != "write" for i in made.items):
        raise RuntimeError(f"{len(made.items)} items were planned, expected {expected} writes")
    return {
        "cpu": cpu,
        "listing": listing,
        "start": start,
        "peak": peak,
        "items": float(len(made.items)),
    }


def main() -> None:
    verb, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if verb == "seed":
        seed(SqliteState.open(path), count)
    else:
        print(json.dumps(asyncio.run(plan(path, count))))


if __name__ == "__main__":
    main()

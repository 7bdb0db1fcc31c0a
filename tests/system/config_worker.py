"""One of several processes that hear of changes and work one configuration job.

`config_worker.py FILE SHARE OF GO` hears half of its share of the events, works on until the file
GO is there, hears the rest, and works until nothing waits.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from syncline.config import read
from syncline.engine.opening.jobs import AnySession, open_job
from syncline.model import Change, Ref, Side

JOB = "capacity"
EVENTS = 600


async def main(path: Path, share: int, of: int, go: Callable[[], bool]) -> None:
    """Hear of objects, sometimes twice, and work beside the others."""
    config = read(path)
    mine = events(sorted({each.ref for rule in config.rules[JOB] for each in rule.inputs}))[
        share::of
    ]
    async with open_job(config, JOB) as session, asyncio.timeout(180):
        await hear(session, mine[::2])
        while not go():
            await session.work()
            await asyncio.sleep(0.3)
        await hear(session, mine[1::2])
        while session.state.backlog(JOB).count:
            await session.work()
            await asyncio.sleep(0.3)


def events(refs: Sequence[Ref]) -> list[Ref]:
    """Return as many events for each object, shuffled, the same in every process."""
    made = [refs[number % len(refs)] for number in range(EVENTS)]
    random.Random(EVENTS).shuffle(made)
    return made


async def hear(session: AnySession, refs: Sequence[Ref]) -> None:
    """Hear of these objects, and work now and then meanwhile."""
    chance = random.Random(session.job)
    for ref in refs:
        for _ in range(chance.choice((1, 1, 2))):
            session.hint([Change(ref=ref)], side=Side.LEFT)
        if chance.random() < 0.02:
            await session.work()


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]).exists)
    )

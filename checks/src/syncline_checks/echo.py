"""`syncline-check echo`: what Syncline wrote comes back as events, over and over (R5)."""

from __future__ import annotations

import argparse
import asyncio

from syncline.engine import Session
from syncline.mapping import Mapping
from syncline.model import Change, Side
from syncline.state import SqliteState
from syncline.testing import FakeClock, MemoryStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check echo`."""
    parser.add_argument("--cycles", type=int, default=1000, help="how often everything comes back")


def run(args: argparse.Namespace) -> int:
    """Print how many writes the echoes caused; 1 when there was one."""
    writes, hints = asyncio.run(echoes(args.cycles))
    print(f"{args.cycles} cycles, {hints} echoes: {writes} writes")
    return 1 if writes else 0


async def echoes(cycles: int) -> tuple[int, int]:
    """Return how many writes and how many echoes there were after the two sides had agreed."""
    clock = FakeClock()
    left, right = MemoryStore("wiki", clock), MemoryStore("kb", clock)
    session = Session(
        job="echo",
        left=left,
        right=right,
        left_name="wiki",
        right_name="kb",
        state=SqliteState.memory(),
        clock=clock,
        mapping=Mapping(),
    )
    for number in range(5):
        left.write(f"Left {number}", f"<p>{number}</p>")
        right.write(f"Right {number}", f"<p>{number}</p>")
    await session.sync()
    for ref in list(left.live())[:3]:
        left.edit(ref, body="<p>edited</p>")
    await session.sync()
    before, hints = len(left.mutations) + len(right.mutations), 0
    for _ in range(cycles):
        for side, store in ((Side.LEFT, left), (Side.RIGHT, right)):
            changes = [Change(ref=ref, subtree=True) for ref in store.live()]
            session.hint(changes, side=side)
            hints += len(changes)
        await session.work()
    await session.sync()
    return len(left.mutations) + len(right.mutations) - before, hints

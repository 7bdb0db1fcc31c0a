"""What happens in the midst of a pass: people act, hints are worked, conflicts are settled.

Each of these is a task of its own in the same process, and begins at some call of the pass. Every
call takes a turn or two longer than it needs, by chance: so the tasks overtake each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from ..engine import Session
from ..errors import Unavailable
from ..model import Change, Ref, Side
from .acts import ACTS, act
from .attempt import Crash
from .choices import resolve, undo
from .world import World

_ACTS: Final = tuple(ACTS)
_CALLS: Final = 40
"""Deeds begin within so many calls of a pass."""
_LATEST_DEATH: Final = 150

Deed = Callable[[World, Side, int], Awaitable[object]]


async def meanwhile(world: World, side: Side, number: int) -> None:
    """Let a few things happen while a full pass goes on."""
    world.restart()
    await _pass(world, Random(number))


async def die_in_the_midst(world: World, side: Side, number: int) -> None:
    """Let the process die while several things go on in it."""
    world.restart(dies_at=1 + number % _LATEST_DEATH)
    if await _pass(world, Random(number)):
        world.restart()


async def _pass(world: World, rng: Random) -> bool:
    midst = _Midst(world, rng)
    for store in world.stores.values():
        store.meanwhile = midst.call
    try:
        return await world.run(midst.run)
    finally:
        for store in world.stores.values():
            store.meanwhile = None


class _Midst:
    """One pass, and what goes on beside it."""

    def __init__(self, world: World, rng: Random) -> None:
        self._world = world
        self._rng = rng
        self._calls = 0
        self._tasks: list[asyncio.Task[object]] = []
        self._deeds = {rng.randrange(_CALLS): rng.choice(_DEEDS) for _ in range(3)}

    async def call(self, op: str, ref: Ref | None) -> None:
        """Begin what is due at this call, and let it go on for a while."""
        deed = self._deeds.pop(self._calls, None)
        self._calls += 1
        if deed is not None:
            side, number = self._rng.choice([*Side]), self._rng.randrange(100_000)
            self._tasks.append(asyncio.ensure_future(deed(self._world, side, number)))
        for _ in range(self._rng.choice((0, 0, 1, 2, 7))):
            await asyncio.sleep(0)

    async def run(self, session: Session) -> None:
        """Make the pass and wait for everything that began meanwhile."""
        ends: list[object] = [*await asyncio.gather(session.sync(), return_exceptions=True)]
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            ends += await asyncio.gather(*tasks, return_exceptions=True)
        errors = [end for end in ends if isinstance(end, BaseException)]
        errors.sort(key=lambda error: isinstance(error, Crash))
        if errors:
            raise errors[0]


async def _act(world: World, side: Side, number: int) -> None:
    """A person does something, and a hint about it and about others is worked at once."""
    act(world, _ACTS[number % len(_ACTS)], side, number // 7)
    await _hint(world, side, number)


async def _hint(world: World, side: Side, number: int) -> None:
    rng = Random(number)
    for one in (side, side.other):
        articles = [ref for ref in world.store(one).articles if rng.random() < 0.6]
        rng.shuffle(articles)
        hints = [Change(ref=ref, subtree=rng.random() < 0.3) for ref in articles]
        world.session.hint(hints, side=one)
    await world.session.work()


async def _poll(world: World, side: Side, number: int) -> None:
    await world.session.poll()


async def _resolve(world: World, side: Side, number: int) -> None:
    await resolve(world, side, number, _at_once(world))


async def _undo(world: World, side: Side, number: int) -> None:
    await undo(world, side, number, _at_once(world))


async def _plan(world: World, side: Side, number: int) -> None:
    try:
        plan = await world.session.plan()
    except Unavailable:
        return
    await world.session.apply(plan)


def _at_once(world: World) -> Callable[[Callable[[Session], Awaitable[object]]], Awaitable[object]]:
    async def run(work: Callable[[Session], Awaitable[object]]) -> object:
        return await work(world.session)

    return run


_DEEDS: Final[tuple[Deed, ...]] = (_act, _act, _act, _hint, _poll, _resolve, _undo, _plan)

__all__ = ["die_in_the_midst", "meanwhile"]

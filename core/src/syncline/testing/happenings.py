"""What the engine, its operators and its surroundings do in a history, by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from random import Random
from types import MappingProxyType
from typing import Final

from ..engine import Session
from ..errors import Forbidden, LeaseLost, OutcomeUnknown, Rejected, Unavailable
from ..mapping import Filter, Titles, compiled
from ..mapping import Mapping as Rules
from ..model import Change, Ref, Side
from .accidents import Effect
from .acts import ACTS, act
from .boundary import Boundary, survives
from .choices import resolve, settle_pairs, undo
from .invariants import Violation
from .midst import die_in_the_midst, meanwhile
from .world import World

EDITS: Final = ("write", "edit", "rewrite", "add", "drop", "rename", "label", "unlabel", "link")
"""What people do most of the time."""
RARE: Final = tuple(name for name in ACTS if name not in EDITS)


RULES: Final = (
    Rules(),
    Rules(titles=Titles(prefix="KB: ")),
    Rules(titles=Titles(prefix="Help ", suffix=" (2)")),
    Rules(exclude=Filter(when=compiled("title.startsWith('Renamed')"))),
    Rules(include=Filter(labels=frozenset({"public"}))),
)
"""The mappings that jobs change between."""


def writes(world: World) -> tuple[int, int]:
    """Return how many writes each side has seen."""
    return len(world.left.mutations), len(world.right.mutations)


async def _sync(world: World, side: Side, number: int) -> None:
    await world.run(lambda session: session.sync())


async def _poll(world: World, side: Side, number: int) -> None:
    await world.run(lambda session: session.poll())


async def _work(world: World, side: Side, number: int) -> None:
    """Deliver hints about some items, out of order, and about one that never was."""
    store, rng = world.store(side), Random(number)
    some = [ref for ref in store.articles if rng.random() < 0.5]
    some.append(Ref(store.connection, "forged"))
    rng.shuffle(some)
    world.session.hint([Change(ref=ref, subtree=rng.random() < 0.3) for ref in some], side=side)
    await world.run(lambda session: session.work())


async def _die_syncing(world: World, side: Side, number: int) -> None:
    await _die(world, number, lambda session: session.sync())


async def _die_polling(world: World, side: Side, number: int) -> None:
    await _die(world, number, lambda session: session.poll())


async def _die(world: World, number: int, work: Callable[[Session], Awaitable[object]]) -> None:
    world.restart(dies_at=1 + number % 60)
    if await world.run(work):
        world.restart()


async def _act_during(world: World, side: Side, number: int) -> None:
    """Let a person act between two calls of a pass."""
    name = (*EDITS, *RARE)[number % len((*EDITS, *RARE))]
    world.restart()
    world.boundary.acts[1 + number % 40] = lambda: act(world, name, side, number // 40)
    await world.run(lambda session: session.sync())
    world.boundary.acts.clear()


async def _two_workers(world: World, side: Side, number: int) -> None:
    """Let another process take over in the midst of a pass; the first one then goes on."""
    world.restart()
    first, watched, calls, at = world.session, world.boundary, 0, 1 + number % 30
    until: int | None = None

    async def meanwhile(op: str, ref: Ref | None) -> None:
        nonlocal calls, until
        calls += 1
        if calls == at:
            until = len(watched.names)
            world.take_lease(first)
            other = world.worker(Boundary())
            await survives(other.sync())

    for store in world.stores.values():
        store.meanwhile = meanwhile
    try:
        await world.run(_losing_the_lease)
    finally:
        for store in world.stores.values():
            store.meanwhile = None
    late = [] if until is None else watched.names[until:]
    if any(name.startswith("after commit") for name in late):
        raise Violation(14, "a process has committed that had lost its lease")


async def _losing_the_lease(session: Session) -> None:
    try:
        await session.sync()
    except LeaseLost:
        return
    except BaseExceptionGroup as group:
        others = group.split(LeaseLost)[1]
        if others is not None:
            raise


async def _plan_apply(world: World, side: Side, number: int) -> None:
    written = writes(world)
    world.begin()
    plan = await world.session.plan()
    if writes(world) != written:
        raise Violation(24, "a dry run has written")
    if number % 3 == 0:
        act(world, "edit", side, number)
    await world.run(lambda session: session.apply(plan))


async def _fail(world: World, side: Side, number: int) -> None:
    """Let the next calls of some kind fail, in one of the ways in which calls do."""
    ops = ("fetch", "create", "update", "draft", "publish", "mark", "delete", "find", "reread")
    kinds = (
        (Unavailable("503"), Effect.NONE),
        (Rejected("422"), Effect.NONE),
        (Forbidden("403"), Effect.NONE),
        (OutcomeUnknown("no answer"), Effect.NONE),
        (OutcomeUnknown("no answer"), Effect.APPLIED),
        (OutcomeUnknown("no answer"), Effect.LATE),
    )
    op, number = ops[number % len(ops)], number // len(ops)
    error, effect = kinds[number % len(kinds)]
    if effect is not Effect.NONE and op in ("fetch", "find", "reread"):
        effect = Effect.NONE
    world.store(side).fail(op, error, effect=effect, times=1 + number % 3, skip=number % 2)


async def _break_listing(world: World, side: Side, number: int) -> None:
    world.store(side).fail("heads", Unavailable("503"), skip=number % 5, times=1 + number % 2)


async def _short_listing(world: World, side: Side, number: int) -> None:
    """Let listings end early and claim to be complete, or be whole again.

    Where marks come late or never, such a lie hides what a dead process has left behind.
    """
    store, traits = world.store(side), world.setup_of(side)
    if traits.marks_late or not traits.origin:
        return
    store.short_listing = None if store.short_listing is not None else number % 4


async def _lag(world: World, side: Side, number: int) -> None:
    """Let the vendor's index lag, for less long than a lost create is looked for."""
    limit = world.setup.limits.recreate_after.total_seconds()
    world.store(side).lag(lasts=limit * 0.9)


async def _catch_up(world: World, side: Side, number: int) -> None:
    world.store(side).catch_up()


async def _flaky(world: World, side: Side, number: int) -> None:
    world.store(side).flaky_versions ^= True


async def _forget_feed(world: World, side: Side, number: int) -> None:
    world.store(side).forget_feed()


async def _repeat_hints(world: World, side: Side, number: int) -> None:
    """Let the change feed tell things twice and in another order."""
    rng = Random(number)
    world.store(side).hints = lambda changes: rng.sample([*changes, *changes], 2 * len(changes))


async def _late(world: World, side: Side, number: int) -> None:
    land(world)


def land(world: World) -> None:
    """Let every write arrive whose answer was given up."""
    world.landing = True
    try:
        for store in world.stores.values():
            store.land()
        world.checker.observe()
    finally:
        world.landing = False
    world.look()


async def _wait(world: World, side: Side, number: int) -> None:
    world.later(minutes=(1, 10, 60, 600, 1500)[number % 5])


async def _remap(world: World, side: Side, number: int) -> None:
    """Give the job other rules, as somebody does who edits its configuration."""
    world.change_rules(RULES[number % len(RULES)])


async def _jump(world: World, side: Side, number: int) -> None:
    """Set the clock, forwards or back."""
    world.clock.jump(timedelta(hours=number % 9 - 4))


STEPS: Final[Mapping[str, Callable[[World, Side, int], Awaitable[None]]]] = MappingProxyType(
    {
        "sync": _sync,
        "poll": _poll,
        "work": _work,
        "die_syncing": _die_syncing,
        "die_polling": _die_polling,
        "act_during": _act_during,
        "two_workers": _two_workers,
        "meanwhile": meanwhile,
        "die_in_the_midst": die_in_the_midst,
        "plan_apply": _plan_apply,
        "resolve": resolve,
        "undo": undo,
        "settle_pairs": settle_pairs,
        "fail": _fail,
        "break_listing": _break_listing,
        "short_listing": _short_listing,
        "lag": _lag,
        "catch_up": _catch_up,
        "flaky": _flaky,
        "forget_feed": _forget_feed,
        "repeat_hints": _repeat_hints,
        "land": _late,
        "wait": _wait,
        "jump": _jump,
        "remap": _remap,
    }
)
"""By name: everything that happens in a history besides what people write."""

__all__ = ["EDITS", "RARE", "STEPS", "land", "writes"]

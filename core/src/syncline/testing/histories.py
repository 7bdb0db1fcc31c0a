"""Random histories of two systems: made from a seed, run, judged, and cut down when they fail.

failure = check(generate(seed))
if failure is not None:
    print(shrink(failure))
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from random import Random
from types import MappingProxyType
from typing import Final

import attrs

from ..decision import Deletes, Direction, OnConflict, Otherwise, Policy, Reason
from ..engine import Session
from ..errors import Forbidden, LeaseLost, OutcomeUnknown, Refused, Rejected, Stale, Unavailable
from ..model import Change, Ref, Side, Status
from ..ports import Capability
from ..state.port import StateStore
from .accidents import Effect
from .acts import ACTS, act
from .boundary import Boundary, survives
from .invariants import JOB, Violation
from .words import is_birth, words_of
from .world import Seams, Setup, Traits, World

Step = tuple[str, Side, int]
"""What happens, on which side, and a number that the act makes of what it likes."""


@attrs.frozen(kw_only=True)
class History:
    """What two systems start from, and everything that then happens."""

    seed: int
    setup: Setup
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        parts = ("left", "right", "policy")
        lines = [f"seed {self.seed}", *(f"  {n}: {_told(getattr(self.setup, n))}" for n in parts)]
        lines += [f"  {name}({side.value}, {number})" for name, side, number in self.steps]
        return "\n".join(lines)


def _told(value: Traits | Policy) -> str:
    """Return what of a setup's part is not as usual."""
    usual = type(value)()
    names = (field.name for field in attrs.fields(type(value)))
    changed = {n: getattr(value, n) for n in names if getattr(value, n) != getattr(usual, n)}
    return ", ".join(f"{name}={value}" for name, value in changed.items()) or "as usual"


@attrs.frozen(kw_only=True)
class Failure:
    """A history that breaks a promise."""

    history: History
    error: BaseException

    def __str__(self) -> str:
        return f"{self.error}\n{self.history}"


# -- making ----------------------------------------------------------------------------------

_EDITS: Final = ("write", "edit", "rewrite", "add", "drop", "rename", "label", "unlabel", "link")
_RARE: Final = tuple(name for name in ACTS if name not in _EDITS)
_PASSES: Final = ("sync", "poll", "work", "die_syncing", "die_polling", "act_during", "two_workers")
_MISC: Final = (
    *("plan_apply", "resolve", "undo", "settle_pairs", "fail", "break_listing", "short_listing"),
    *("lag", "catch_up", "flaky", "land", "wait", "jump", "repeat_hints", "forget_feed"),
)


def generate(seed: int, *, longest: int = 30) -> History:
    """Return the history of a seed: always the same one.

    Each history knows only some of what can happen, and that happens often: rare things then meet
    each other more often than if everything could happen in every history.
    """
    rng = Random(seed)
    setup = _setup(rng)
    kinds = [_some(rng, group) for group in (_EDITS, _RARE, _PASSES, _MISC)]
    kinds[2].append("sync")
    weights = [rng.choice((2, 4)), rng.choice((1, 3)), 4, rng.choice((1, 2))]
    steps: list[Step] = [
        ("write", rng.choice([*Side]), rng.randrange(1000)) for _ in range(rng.randint(1, 6))
    ]
    for _ in range(rng.randint(1, longest)):
        name = rng.choice(rng.choices(kinds, weights=weights)[0])
        steps.append((name, rng.choice([*Side]), rng.randrange(100_000)))
    return History(seed=seed, setup=setup, steps=tuple(steps))


def _some(rng: Random, names: Sequence[str]) -> list[str]:
    return rng.sample(names, rng.randint(1, min(4, len(names))))


def _setup(rng: Random) -> Setup:
    if rng.random() < 0.3:
        return Setup()
    policy = Policy(
        direction=rng.choice([Direction.TWO_WAY] * 6 + [*Direction][1:]),
        on_conflict=rng.choice([*OnConflict]),
        otherwise=rng.choice([*Otherwise]),
        deletes=rng.choice([*Deletes]),
    )
    return Setup(left=_traits(rng, poor=False), right=_traits(rng, poor=True), policy=policy)


def _traits(rng: Random, *, poor: bool) -> Traits:
    return Traits(
        drafts=rng.random() < 0.3,
        conditional=rng.random() < 0.8,
        origin=rng.random() < 0.8,
        marks_late=rng.random() < 0.3,
        lists_gone=rng.random() < 0.2,
        remembers_purged=rng.random() < 0.3,
        labels_unversioned=rng.random() < 0.2,
        removal=rng.choice((Status.TRASHED, Status.TRASHED, Status.ARCHIVED, Status.PURGED)),
        keeps_history=rng.random() < 0.3,
        poor=poor and rng.random() < 0.6,
        quirky=rng.random() < 0.1,
    )


# -- running ---------------------------------------------------------------------------------


def check(
    history: History,
    *,
    seams: Seams | None = None,
    state: Callable[[], StateStore] | None = None,
) -> Failure | None:
    """Run a history; return how it failed, None when every promise was kept."""
    try:
        asyncio.run(run(history, seams=seams, state=state))
    except Exception as error:
        return Failure(history=history, error=error)
    return None


async def run(
    history: History,
    *,
    seams: Seams | None = None,
    state: Callable[[], StateStore] | None = None,
) -> World:
    """Run a history to rest.

    Raises:
        Violation: a promise was broken.
    """
    world = World(history.setup, seams=seams, state=state)
    for step in history.steps:
        await perform(world, step)
    await settle(world)
    return world


async def perform(world: World, step: Step) -> None:
    """Let one step happen, and check what holds after every step."""
    name, side, number = step
    if name in ACTS:
        act(world, name, side, number)
    else:
        await STEPS[name](world, side, number)
    world.checker.after_step()


async def settle(world: World) -> None:
    """End all faults, let the engine work, and check that both sides have come to rest."""
    for store in world.stores.values():
        store.recover()
        store.catch_up()
        store.flaky_versions, store.short_listing = False, None
        store.hints = lambda changes: changes
    _land(world)
    for _ in range(2):
        world.later(hours=7)
        await _clean_cycle(world)
    for _ in range(3):
        # Removals over the limit wait for their day; everything else has had its two cycles.
        world.later(hours=25)
        await _clean_cycle(world)
    world.checker.at_rest()
    await _check_fixpoint(world)


async def _clean_cycle(world: World) -> None:
    if not await world.run(lambda session: session.sync()):
        raise AssertionError("nothing dies in a clean cycle")
    world.checker.after_cycle()


async def _check_fixpoint(world: World) -> None:
    writes, before = _writes(world), _remembered(world)
    world.later(minutes=10)
    await _clean_cycle(world)
    if _writes(world) != writes:
        raise Violation(17, f"one more pass wrote: {_last_writes(world, writes)}")
    after = _remembered(world)
    if after != before:
        changed = [key for key in before if before[key] != after[key]]
        raise Violation(17, f"one more pass changed what is remembered: {changed}")


def _writes(world: World) -> tuple[int, int]:
    return len(world.left.mutations), len(world.right.mutations)


def _last_writes(world: World, before: tuple[int, int]) -> list[str]:
    new = world.left.mutations[before[0] :] + world.right.mutations[before[1] :]
    return [f"{mutation.kind} {mutation.ref}" for mutation in new]


def _remembered(world: World) -> dict[str, object]:
    state = world.state
    return {
        "links": [attrs.evolve(link, synced_at=None) for link in state.links(JOB)],
        "intents": [intent.id for intent in state.intents(JOB)],
        "conflicts": [c.id for c in state.conflicts(JOB)],
        "quarantine": [str(q.ref) for q in state.quarantine(JOB)],
        "skipped": [str(s.ref) for s in state.all_skipped(JOB)],
        "proposals": [(str(p.left), str(p.right)) for p in state.proposals(JOB)],
    }


# -- what the engine, its operators and its surroundings do --------------------------------------


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
    name = (*_EDITS, *_RARE)[number % len((*_EDITS, *_RARE))]
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
    writes = _writes(world)
    world.begin()
    plan = await world.session.plan()
    if _writes(world) != writes:
        raise Violation(24, "a dry run has written")
    if number % 3 == 0:
        act(world, "edit", side, number)
    await world.run(lambda session: session.apply(plan))


async def _resolve(world: World, side: Side, number: int) -> None:
    """Settle a conflict as a person does who has read it."""
    views = world.session.conflicts()
    if not views:
        return
    view = views[number % len(views)]
    choices = [choice for choice in view.choices if choice != "edit"]
    take = choices[number % len(choices)]
    for value in (view.left, view.right, view.base, view.proposed):
        world.ledger.thrown_away(value)
        # Whether an article is made anew beside one that is out of sight is the person's choice.
        world.checker.split |= set(filter(is_birth, words_of(value)))
        if view.record.reason is Reason.OPAQUE:
            # Taking a side takes nothing from the other one that it cannot show.
            world.checker.uneven |= set(filter(is_birth, words_of(value)))
    await _chosen(world, lambda session: session.resolve(view.record.id, take))


async def _undo(world: World, side: Side, number: int) -> None:
    runs = world.session.runs()
    if not runs:
        return
    run = runs[number % len(runs)].id
    for entry in world.session.history(run=run, limit=1000):
        for key in (entry.before, entry.after):
            world.ledger.thrown_away(world.state.value(key))
    await _chosen(world, lambda session: session.undo(run))


async def _chosen(world: World, work: Callable[[Session], Awaitable[object]]) -> None:
    async def allowed(session: Session) -> None:
        try:
            await work(session)
        except (Stale, Refused, Rejected, Forbidden, Unavailable):
            return

    world.person_chose = True
    try:
        await world.run(allowed)
    finally:
        world.checker.observe()
        world.person_chose = False


async def _settle_pairs(world: World, side: Side, number: int) -> None:
    """Answer whether two articles of one title are one."""
    try:
        proposals = await world.session.proposals()
    except Unavailable:
        return  # pairs are proposed from two whole listings only
    for proposal in proposals:
        pair = [(proposal.left, proposal.right)]
        if number % 2:
            world.session.accept(pair)
        else:
            world.session.reject(pair)
        number //= 2


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
    if op == "create" and Capability.ORIGIN not in world.store(side).capabilities:
        # Nothing tells a copy without a mark that appears after it was given up.
        effect = Effect.NONE if effect is Effect.LATE else effect
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
    _land(world)


def _land(world: World) -> None:
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
        "plan_apply": _plan_apply,
        "resolve": _resolve,
        "undo": _undo,
        "settle_pairs": _settle_pairs,
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
    }
)
"""By name: everything that happens in a history besides what people write."""


# -- cutting down ----------------------------------------------------------------------------


def shrink(failure: Failure, *, seams: Seams | None = None) -> Failure:
    """Return the plainest history found that fails in the same way."""
    best = _plainer(failure, seams)
    size = max(1, len(best.history.steps) // 2)
    while size:
        at = 0
        while at < len(best.history.steps):
            steps = best.history.steps
            shorter = attrs.evolve(best.history, steps=steps[:at] + steps[at + size :])
            found = check(shorter, seams=seams)
            if found is not None and _same(found.error, failure.error):
                best = found
            else:
                at += size
        size //= 2
    return _plainer(best, seams)


def _plainer(failure: Failure, seams: Seams | None) -> Failure:
    """Take away every trait of the setup that the failure does not need."""
    best = failure
    for part, plain in (("left", Traits()), ("right", Traits()), ("policy", Policy())):
        for name in (field.name for field in attrs.fields(type(plain))):
            setup = best.history.setup
            now = getattr(setup, part)
            if getattr(now, name) == getattr(plain, name):
                continue
            simple = attrs.evolve(now, **{name: getattr(plain, name)})
            history = attrs.evolve(best.history, setup=attrs.evolve(setup, **{part: simple}))
            found = check(history, seams=seams)
            if found is not None and _same(found.error, failure.error):
                best = found
    return best


def _same(one: BaseException, other: BaseException) -> bool:
    if isinstance(one, Violation) and isinstance(other, Violation):
        return one.promise == other.promise
    return type(one) is type(other)


__all__ = ["STEPS", "Failure", "History", "check", "generate", "perform", "run", "settle", "shrink"]

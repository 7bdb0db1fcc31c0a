"""Random histories of two systems: made from a seed, run, judged, and cut down when they fail.

failure = check(generate(seed))
if failure is not None:
    print(shrink(failure))
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import attrs

from ..decision import Deletes, Direction, OnConflict, Otherwise, Policy
from ..model import Side, Status
from ..state.port import StateStore
from .acts import ACTS, act
from .happenings import EDITS, RARE, STEPS, land, writes
from .invariants import JOB, Violation
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

_PASSES: Final = (
    *("sync", "poll", "work", "die_syncing", "die_polling", "act_during", "two_workers"),
    *("meanwhile", "die_in_the_midst"),
)
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
    kinds = [_some(rng, group) for group in (EDITS, RARE, _PASSES, _MISC)]
    kinds[2].append("sync")
    weights = [rng.choice((2, 4)), rng.choice((1, 3)), 4, rng.choice((1, 2))]
    steps: list[Step] = [
        ("write", rng.choice([*Side]), rng.randrange(1000)) for _ in range(rng.randint(1, 6))
    ]
    for _ in range(rng.randint(1, longest)):
        name = rng.choice(rng.choices(kinds, weights=weights)[0])
        steps.append((name, rng.choice([*Side]), rng.randrange(100_000)))
    return History(seed=seed, setup=setup, steps=tuple(_with_other_rules(seed, steps)))


def _with_other_rules(seed: int, steps: list[Step]) -> list[Step]:
    """Let the job's rules change in one history of five; the others stay what their seeds were."""
    rng = Random(f"rules {seed}")
    for _ in range(rng.randint(1, 3) if rng.random() < 0.2 else 0):
        at = rng.randint(0, len(steps))
        steps.insert(at, ("remap", Side.LEFT, rng.randrange(1000)))
    return steps


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
    land(world)
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
    written, before = writes(world), _remembered(world)
    world.later(minutes=10)
    await _clean_cycle(world)
    if writes(world) != written:
        raise Violation(17, f"one more pass wrote: {_last_writes(world, written)}")
    after = _remembered(world)
    if after != before:
        changed = [key for key in before if before[key] != after[key]]
        raise Violation(17, f"one more pass changed what is remembered: {changed}")


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

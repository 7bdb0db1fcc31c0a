"""The same history, run in two ways, ends in the same state (promises 13 and 18 to 23)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import attrs
import pytest

from syncline.decision import OnConflict, Policy
from syncline.engine import Session
from syncline.model import Change, Digest, Document, Ref, Side
from syncline.state import SqliteState
from syncline.state.records import SaveLink
from syncline.testing.acts import act
from syncline.testing.boundary import Boundary
from syncline.testing.histories import settle
from syncline.testing.invariants import JOB
from syncline.testing.planted import FORGETS_THE_MARK, AcknowledgesFirst
from syncline.testing.words import is_birth, words_of
from syncline.testing.world import Seams, Setup, Traits, World

L, R = Side.LEFT, Side.RIGHT
Run = Callable[[World, Random], Awaitable[object]]

ACTS = ("write", "edit", "rewrite", "add", "rename", "label", "trash", "restrict", "unrestrict")
PLAIN = Setup(right=Traits())


def contents(world: World) -> dict[str, object]:
    """Return what each side says and what waits for a person, without ids and versions."""
    told: dict[str, object] = {
        side.value: sorted(map(_content, world.store(side).live().values())) for side in Side
    }
    # By the word that an article was born with: its title may have been another at the time.
    told["conflicts"] = sorted(
        (c.reason.value, sorted(filter(is_birth, words_of(Document(title=c.title)))))
        for c in world.state.conflicts(JOB)
    )
    return told


def _content(value: Document) -> tuple[str, str, tuple[str, ...]]:
    return value.title, value.body, tuple(sorted(value.labels or ()))


def mirrored(told: dict[str, object]) -> dict[str, object]:
    return {**told, "left": told["right"], "right": told["left"]}


async def lived(
    seed: int, way: Run, *, setup: Setup = PLAIN, swap: bool = False, rounds: int = 4
) -> World:
    """Let people act, and the engine work in one way after each few acts."""
    rng = Random(seed)
    world = World(setup)
    for number in range(3):
        _act(world, "write", L, number, swap)
    await world.run(lambda session: session.sync())
    await world.run(lambda session: session.poll())  # from here on the feeds are followed
    for _ in range(rounds):
        for _ in range(rng.randint(1, 3)):
            _act(world, rng.choice(ACTS), rng.choice([L, R]), rng.randrange(9), swap)
        await way(world, Random(seed))
    return world


def _act(world: World, name: str, side: Side, number: int, swap: bool) -> None:
    act(world, name, side.other if swap else side, number)


async def by_listing(world: World, rng: Random) -> None:
    for _ in range(2):
        world.later(minutes=10)
        await world.run(lambda session: session.sync())


async def by_feed(world: World, rng: Random) -> None:
    for _ in range(2):
        world.later(minutes=10)
        await world.run(lambda session: session.poll())


def hints(world: World, rng: Random, *, twice: bool) -> list[tuple[Side, Ref]]:
    known = [(side, ref) for side in Side for ref in world.store(side).articles]
    rng.shuffle(known)
    return [*known, *known] if twice else known


async def by_hints(world: World, rng: Random, *, twice: bool = False) -> None:
    for _ in range(2):
        world.later(minutes=10)
        for side, ref in hints(world, rng, twice=twice):
            world.session.hint([Change(ref=ref)], side=side)
        await world.run(lambda session: session.work())


async def by_hints_out_of_order(world: World, rng: Random) -> None:
    await by_hints(world, Random(rng.random()), twice=True)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("way", [by_feed, by_hints], ids=["feed", "hints"])
def test_however_a_change_is_learnt_the_end_is_the_same(seed: int, way: Run) -> None:
    listed, other = (asyncio.run(lived(seed, one)) for one in (by_listing, way))
    assert contents(other) == contents(listed)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_hints_does_not_matter_nor_does_their_number(seed: int) -> None:
    first = asyncio.run(lived(seed, by_hints))
    second = asyncio.run(lived(seed, by_hints_out_of_order))
    assert contents(first) == contents(second)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("there", "back"),
    [
        (OnConflict.MERGE, OnConflict.MERGE),
        (OnConflict.LEFT_WINS, OnConflict.RIGHT_WINS),
        (OnConflict.MANUAL, OnConflict.MANUAL),
    ],
)
def test_the_two_sides_are_equals(seed: int, there: OnConflict, back: OnConflict) -> None:
    one = Setup(right=Traits(), policy=Policy(on_conflict=there))
    other = Setup(right=Traits(), policy=Policy(on_conflict=back))
    here = asyncio.run(lived(seed, by_listing, setup=one))
    swapped = asyncio.run(lived(seed, by_listing, setup=other, swap=True))
    assert mirrored(contents(swapped)) == contents(here)


# -- crashes


def a_busy_morning(world: World) -> None:
    """Leave something of everything for one pass to do."""
    for name, side, number in (
        *(("write", L, 1), ("write", R, 2), ("edit", L, 0), ("edit", R, 4), ("rename", L, 2)),
        *(("add", R, 0), ("trash", L, 1), ("label", R, 1)),
    ):
        act(world, name, side, number)


async def after_a_crash(setup: Setup, dies_at: int | None) -> tuple[World, bool]:
    world = World(setup)
    for number in range(4):
        act(world, "write", L, number)
    await world.run(lambda session: session.sync())
    await world.run(lambda session: session.sync())
    a_busy_morning(world)
    world.restart(dies_at=dies_at)
    alive = await world.run(lambda session: session.sync())
    world.restart()
    await settle(world)
    return world, alive


@pytest.mark.parametrize(
    "setup",
    [PLAIN, Setup(right=Traits(drafts=True, marks_late=True)), Setup(right=Traits(origin=False))],
    ids=["plain", "drafts", "unmarked"],
)
def test_a_crash_anywhere_in_a_pass_changes_nothing_in_the_end(setup: Setup) -> None:
    undisturbed, _ = asyncio.run(after_a_crash(setup, None))
    dies_at = 1
    while True:
        world, alive = asyncio.run(after_a_crash(setup, dies_at))
        assert contents(world) == contents(undisturbed), f"died at boundary {dies_at}"
        if alive:
            break
        dies_at += 1
    assert dies_at > 50, "the pass has hardly any boundaries: is it still watched?"


UNDONE: dict[str, Callable[[World], None]] = {
    "created": lambda world: act(world, "write", L, 1),
    "updated": lambda world: act(world, "edit", L, 0),
    "removed": lambda world: act(world, "trash", L, 0),
}


async def undone(setup: Setup, what: str, dies_at: int | None) -> tuple[World, bool]:
    """Take back what one pass did; a person whose process dies of it says so once more."""
    world = World(setup)
    for number in range(3):
        act(world, "write", L, number)
    for _ in range(2):
        await world.run(lambda session: session.sync())
    UNDONE[what](world)
    await world.run(lambda session: session.sync())
    run = next(r.id for r in world.session.runs() if world.session.history(run=r.id))
    world.restart(dies_at=dies_at)
    alive = await world.run(lambda session: session.undo(run))
    if not alive:
        await world.run(lambda session: session.undo(run))
    world.choosing += 1
    for _ in range(2):
        world.later(hours=1)
        await world.run(lambda session: session.sync())
    return world, alive


def held(world: World) -> list[tuple[str, str, bool, bool]]:
    links = world.state.links(JOB)
    return sorted(
        (link.title, link.state.value, link.left.ref is None, link.right.ref is None)
        for link in links
    )


@pytest.mark.parametrize("what", UNDONE)
@pytest.mark.parametrize(
    "setup",
    [PLAIN, Setup(right=Traits(drafts=True, marks_late=True)), Setup(right=Traits(origin=False))],
    ids=["plain", "drafts", "unmarked"],
)
def test_a_crash_anywhere_in_an_undo_changes_nothing_in_the_end(setup: Setup, what: str) -> None:
    undisturbed, _ = asyncio.run(undone(setup, what, None))
    dies_at, alive = 0, False
    while not alive:
        dies_at += 1
        world, alive = asyncio.run(undone(setup, what, dies_at))
        told = f"died at boundary {dies_at}"
        assert contents(world) == contents(undisturbed), told
        assert held(world) == held(undisturbed), told
    assert dies_at > 5


async def polled(dies_at: int | None, seams: Seams | None = None) -> tuple[World, bool]:
    """Follow the feeds alone, with a process that dies while it reads them."""
    world = World(PLAIN, seams=seams)
    for number in range(3):
        act(world, "write", L, number)
    await world.run(lambda session: session.sync())
    await world.run(lambda session: session.poll())
    act(world, "edit", L, 0)
    act(world, "add", R, 1)
    world.restart(dies_at=dies_at)
    alive = await world.run(lambda session: session.poll())
    world.restart()
    for _ in range(3):
        world.later(minutes=10)
        await world.run(lambda session: session.poll())
    return world, alive


def _lost_after_any_crash(seams: Seams | None = None) -> list[int]:
    expected = contents(asyncio.run(polled(None))[0])
    lost, dies_at, alive = list[int](), 0, False
    while not alive:
        dies_at += 1
        world, alive = asyncio.run(polled(dies_at, seams))
        if contents(world) != expected:
            lost.append(dies_at)
    return lost


def test_a_cursor_is_never_ahead_of_what_was_read() -> None:
    assert _lost_after_any_crash() == []


def test_a_cursor_that_is_ahead_would_be_noticed() -> None:
    ahead = Seams(state=lambda state: AcknowledgesFirst(state))
    assert _lost_after_any_crash(ahead)


# -- a lost state, a new release


async def agreed(*, seams: Seams | None = None, setup: Setup = PLAIN) -> World:
    world = World(setup, seams=seams)
    for number in range(4):
        act(world, "write", L, number)
        act(world, "write", R, number + 4)
    for _ in range(3):
        world.later(hours=1)
        await world.run(lambda session: session.sync())
    return world


def lose_the_state(world: World) -> None:
    world.state = SqliteState.memory()
    world.boundary = Boundary()
    world.session = world.worker(world.boundary)


async def writes_of(world: World, work: Callable[[Session], Awaitable[object]]) -> int:
    before = len(world.left.mutations) + len(world.right.mutations)
    await world.run(work)
    return len(world.left.mutations) + len(world.right.mutations) - before


async def test_without_its_state_a_job_pairs_again_by_marks_and_writes_nothing() -> None:
    world = await agreed()
    pairs = {(link.left.ref, link.right.ref) for link in world.state.links(JOB)}
    lose_the_state(world)
    assert await writes_of(world, lambda session: session.sync()) == 0
    assert {(link.left.ref, link.right.ref) for link in world.state.links(JOB)} == pairs
    assert not world.state.conflicts(JOB)
    assert await writes_of(world, lambda session: session.sync()) == 0


async def test_without_marks_a_lost_state_would_be_noticed() -> None:
    world = await agreed(seams=FORGETS_THE_MARK)
    lose_the_state(world)
    await world.run(lambda session: session.sync())
    assert world.state.proposals(JOB)
    assert not [*world.state.links(JOB)]


@pytest.mark.parametrize("keeps_history", [False, True])
async def test_an_edit_made_while_the_state_was_lost_is_never_written_over(
    keeps_history: bool,
) -> None:
    world = await agreed(setup=Setup(left=Traits(keeps_history=keeps_history), right=Traits()))
    act(world, "edit", L, 0)
    lose_the_state(world)
    for _ in range(2):
        await world.run(lambda session: session.sync())
    world.checker.after_step()
    assert not world.ledger.missing([*world.documents(), *world.conflict_documents()])
    # The vendor's own history proves what both sides agreed on; without it a person decides.
    assert bool(world.state.conflicts(JOB)) is not keeps_history
    births = [w for v in world.right.live().values() for w in words_of(v) if is_birth(w)]
    assert len(births) == len(set(births)) == 8


async def test_a_new_normaliser_writes_nothing() -> None:
    world = await agreed()
    for link in [*world.state.links(JOB)]:
        old = attrs.evolve(
            link,
            norm=-1,
            left=attrs.evolve(link.left, digest=Digest("sha256:of-another-release")),
            right=attrs.evolve(link.right, digest=Digest("sha256:of-another-release")),
        )
        world.state.commit([SaveLink(old)], None)
    world.left.aux_salt = "another release"  # the listing brings every item up
    assert await writes_of(world, lambda session: session.sync()) == 0
    assert not world.state.conflicts(JOB)
    act(world, "edit", L, 0)
    await world.run(lambda session: session.sync())
    assert contents(world)["left"] == contents(world)["right"]

"""What operators decide in a history: conflicts, undone runs, pairs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..body.carrying import DELETES_OPAQUE
from ..body.rewording import CROSSES, OTHER_KIND
from ..decision import Reason
from ..engine import Session
from ..errors import Forbidden, Refused, Rejected, Stale, Unavailable
from ..model import Side
from .words import is_birth, words_of
from .world import World

Runner = Callable[[Callable[[Session], Awaitable[object]]], Awaitable[object]]
"""Has the engine do something: `world.run`, or what does it in the midst of a pass."""


async def resolve(world: World, side: Side, number: int, run: Runner | None = None) -> None:
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
        if view.record.reason is Reason.OPAQUE or _cannot_be_shown(view.record.clashes):
            # Taking a side takes nothing from the other one that it cannot show.
            world.checker.uneven |= set(filter(is_birth, words_of(value)))
    await _chosen(world, lambda session: session.resolve(view.record.id, take), run)


def _cannot_be_shown(clashes: Sequence[str]) -> bool:
    return any(clash.startswith((OTHER_KIND, CROSSES, DELETES_OPAQUE)) for clash in clashes)


async def undo(world: World, side: Side, number: int, run: Runner | None = None) -> None:
    """Take a run back."""
    runs = world.session.runs()
    if not runs:
        return
    id_ = runs[number % len(runs)].id

    async def undone(session: Session) -> None:
        try:
            await session.undo(id_)
        finally:
            _taken_back(world, id_)  # a run that is under way has done more by now

    _taken_back(world, id_)
    await _chosen(world, undone, run)


def _taken_back(world: World, run: str) -> None:
    for entry in world.session.history(run=run, limit=1000):
        for key in (entry.before, entry.after):
            world.ledger.thrown_away(world.state.value(key))


async def _chosen(
    world: World, work: Callable[[Session], Awaitable[object]], run: Runner | None
) -> None:
    async def allowed(session: Session) -> None:
        try:
            await work(session)
        except (Stale, Refused, Rejected, Forbidden, Unavailable):
            return

    world.choosing += 1
    try:
        await (run or world.run)(allowed)
    finally:
        world.checker.observe()
        world.choosing -= 1


async def settle_pairs(world: World, side: Side, number: int) -> None:
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

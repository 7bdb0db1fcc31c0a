"""Everything that a job manages, looked at: in the order of the links, some objects at a time.

Objects are read before anybody reserves them. Most hold what they should: of those nothing more is
asked and nothing is remembered. Only what is written is read once more, by itself. Memory holds one
batch of objects, and those that later batches need as well: each is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from attrs import define, field

from ...decision import Reason
from ...model import Ref, Side
from ...state.records import DropQuarantine, Effect, Link, Quarantined, SaveScope
from ..runs.report import Report
from ..runs.workers import spread
from . import observation
from .context import RunningConfigJob
from .decisions import decide_field
from .examination import Examined
from .execution import Outcome, drop, settle, stamp_of
from .recovery import recover
from .rulebook import ManagedObject
from .steps import FieldStep
from .writing import mark_dirty

AT_ONCE = 1000
"""Objects that are looked at together: ten calls to a vendor that reads a hundred with one."""


Act: TypeAlias = Callable[[Examined, Report], Awaitable[None]]
"""What is done about an object that is not as it should be."""


async def full_pass(job: RunningConfigJob, report: Report) -> None:
    """Look at everything, and settle every difference."""
    await recover(job, report)
    await look_at(job, job.book.groups, report, settling(job), links=Links(job))
    complete: Effect = SaveScope(job.name, Side.RIGHT, job.book.version)
    if job.state.scope(job.name, Side.RIGHT) != job.book.version:
        job.commit([complete])


def settling(job: RunningConfigJob) -> Act:
    """Return what settles an object, and has it looked at again where that has to wait."""

    async def act(examined: Examined, report: Report) -> None:
        postpone(job, examined.group, await settle(job, examined.group, report, examined=examined))

    return act


def postpone(job: RunningConfigJob, group: ManagedObject, outcome: Outcome) -> None:
    """Have an object looked at again when its time has come."""
    known = job.later.get(group.ref)
    if outcome.again is not None:
        job.later[group.ref] = outcome.again
    else:
        job.later.pop(group.ref, None)
    if outcome.left or (outcome.again is not None and outcome.again != known):
        job.commit([mark_dirty(job, group.ref)])


async def look_at(
    job: RunningConfigJob,
    groups: Sequence[ManagedObject],
    report: Report,
    act: Act,
    *,
    links: Links | None = None,
) -> None:
    """Read objects in batches, decide about each, and act where there is something to do."""
    failed = {held.ref: held for held in job.state.quarantine(job.name)}
    eyes = ObjectCache(job=job, uses=Counter(ref for group in groups for ref in group.reads))
    find = links.find if links is not None else _one_by_one(job)
    for batch in _batched(groups, AT_ONCE):
        seen = await eyes.see(batch)
        examined = (Examined(group, _steps(job, group, seen, find), seen) for group in batch)
        todo = [one for one in examined if _news(job, one, failed, report)]
        await spread(todo, lambda one: act(one, report), job.limits.workers)
        eyes.close(batch)
    if links is not None:
        links.drain(report)


def _steps(
    job: RunningConfigJob,
    group: ManagedObject,
    seen: observation.Answers,
    find: Callable[[str], Link | None],
) -> tuple[FieldStep, ...]:
    now, remember = job.now(), job.state.item
    return tuple(decide_field(one, find(one.pair), seen, now, remember) for one in group.fields)


def _one_by_one(job: RunningConfigJob) -> Callable[[str], Link | None]:
    return job.state.pair


def _news(
    job: RunningConfigJob, examined: Examined, failed: Mapping[Ref, Quarantined], report: Report
) -> bool:
    """Tell whether there is something to do about an object, or to tell of it."""
    report.counts["examined"] += len(examined.steps)
    waits = 0
    news = False
    for step in examined.steps:
        held = failed.get(step.one.right)
        if step.quiet:
            if held is not None and step.decision.reason is not Reason.UNSEEN:
                job.commit([DropQuarantine(job.name, held.ref)])  # it has mended itself
        elif held is not None and _waits(job, held, step):
            waits += 1
        else:
            news = True
    if waits:
        report.counts["waiting"] += waits
    return news


def _waits(job: RunningConfigJob, held: Quarantined, step: FieldStep) -> bool:
    """Tell whether what failed is not to be tried yet; a new state of it always is."""
    return held.stamp == stamp_of(step) and (held.skipped or held.next_at > job.now())


def _batched(groups: Iterable[ManagedObject], size: int) -> Iterator[list[ManagedObject]]:
    rest = iter(groups)
    while batch := list(islice(rest, size)):
        yield batch


@define(kw_only=True)
class ObjectCache:
    """What has been read and is still needed: each object once, and no longer than necessary."""

    job: RunningConfigJob
    uses: Counter[Ref]
    """How many groups still need to see an object."""
    seen: dict[Ref, observation.Answer] = field(factory=dict)

    async def see(self, batch: Sequence[ManagedObject]) -> observation.Answers:
        """Return all that a batch needs to see."""
        wanted = dict.fromkeys(ref for group in batch for ref in group.reads)
        self.seen |= await observation.read(self.job, [r for r in wanted if r not in self.seen])
        return self.seen

    def close(self, batch: Sequence[ManagedObject]) -> None:
        """Forget what no later batch needs."""
        for group in batch:
            for ref in group.reads:
                self.uses[ref] -= 1
                if not self.uses[ref]:
                    del self.uses[ref]
                    self.seen.pop(ref, None)


class Links:
    """The links of a job, read once in their order beside the rules, which have the same one."""

    def __init__(self, job: RunningConfigJob) -> None:
        self._work = job
        self._rest = job.state.links(job.name)
        self._next = next(self._rest, None)
        self._gone: list[Link] = []

    def find(self, pair: str) -> Link | None:
        """Return the link of a pair; pairs are asked for in their order."""
        while self._next is not None and self._next.pair < pair:
            self._gone.append(self._next)
            self._next = next(self._rest, None)
        if self._next is None or self._next.pair != pair:
            return None
        found, self._next = self._next, next(self._rest, None)
        return found

    def drain(self, report: Report) -> None:
        """End the pairs that no rule manages any more: their fields keep what they hold."""
        self._gone += [] if self._next is None else [self._next, *self._rest]
        job, why = self._work, "no rule manages it any more"
        managed = {one.pair for one in job.book.fields} if self._gone else set()
        for link in self._gone:
            if not (job.dry or link.pair in managed):
                drop(job, None, link, why, "", report)


__all__ = ["AT_ONCE", "Act", "Examined", "Links", "full_pass", "look_at", "postpone", "settling"]

"""One pass of a job: list both sides, compare, settle item by item, remove last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

from attrs import define, evolve, field

from ..decision import Remove, Write
from ..errors import (
    LeaseLost,
    NotFound,
    OutcomeUnknown,
    StateError,
    StoreError,
    VersionMismatch,
)
from ..model import Change, Complete, Head, Incomplete, Ref, Side, Status
from ..ports import BulkStore
from ..state.listing import fold, stamp
from ..state.port import PairWork, Staged
from ..state.records import (
    ClearDirty,
    Dirty,
    DropQuarantine,
    Link,
    MarkDirty,
    SaveApproval,
    SaveScope,
)
from . import bulk, newcomers
from .acting import carry_out
from .context import Job
from .governor import Removal, govern, removal_of
from .observing import Sight, read_side
from .pairing import Pairing
from .quarantine import isolate, waiting
from .recovery import recover
from .report import Report
from .steps import Step, examine

logger = logging.getLogger(__name__)

T = TypeVar("T")
Act = Callable[[Job, Step, Report], Awaitable[None]]
"""What happens with a step: carried out, or written down in a plan."""

_LINKS = "a link in it leads somewhere else now"
_TRIES = 3
_BATCH = 500


@define(kw_only=True)
class Pass:
    """One pass while it runs."""

    job: Job
    report: Report
    act: Act = carry_out
    complete: frozenset[Side] = frozenset()
    epochs: frozenset[Side] = frozenset()
    scopes: dict[Side, str] = field(factory=dict)
    systemic: bool = False
    first: bool = False
    """True when no complete pass has been made before: nothing is removed."""
    removals: list[Removal] = field(factory=list)
    busy: set[Ref] = field(factory=set)
    """Items of writes whose outcome is not known yet: nothing else is started for them."""

    def sight(self, left: Staged | None, right: Staged | None) -> Sight:
        """Return what the listings say about one pair."""
        both = {Side.LEFT: left, Side.RIGHT: right}
        known = {s: head for s, head in both.items() if head is not None or s in self.complete}
        return Sight(staged=known, epochs=self.epochs, systemic=self.systemic)

    def note_intents(self) -> None:
        """Learn for which items a write is still open."""
        for intent in self.job.state.intents(self.job.name):
            refs = (intent.link.half(side).ref for side in Side)
            self.busy.update(ref for ref in refs if ref is not None)


async def full_pass(this: Pass, *, approved: str | None = None) -> None:
    """List everything and settle every difference; removals go last, under the governor."""
    job = this.job
    if not job.dry:
        await recover(job, this.report)
    this.note_intents()
    await _list(this)
    pairing = Pairing(job=job)
    async for step in pairing.prepare(this.complete):
        await _isolated(this, step.link, this.act(job, step, this.report))
    this.report.alarms += pairing.unmet
    await _spread(
        job.state.changed_pairs(job.name, complete=this.complete, epoch=job.mapping.version),
        lambda work: _settle(this, work),
        job.limits.workers,
    )
    if not job.dry:
        await _look_again(this)
    # What carries a mark is paired before anything is created, so that a lost state makes no twins.
    for side in (Side.RIGHT, Side.LEFT):
        await _welcome_all(this, side, pairing)
    if not job.dry:
        await _settle_links(this)
    await _remove(this, approved)
    if not job.dry:
        await _late_recovery(this)
        job.commit([SaveScope(job.name, side, scope) for side, scope in this.scopes.items()])


# --- listing ------------------------------------------------------------------------------------


async def _list(this: Pass) -> None:
    job = this.job
    job.state.unstage(job.name)
    async with asyncio.TaskGroup() as group:
        tasks = {side: group.create_task(_list_side(this, side)) for side in Side}
    ends = {side: task.result() for side, task in tasks.items()}
    this.scopes = {
        side: f"{end.scope}|{job.mapping.version}"
        for side, end in ends.items()
        if isinstance(end, Complete)
    }
    known = {side: job.state.scope(job.name, side) for side in Side}
    this.first = any(scope is None for scope in known.values())
    this.complete = frozenset(this.scopes)
    this.epochs = frozenset(
        s for s in this.complete if known[s] is not None and known[s] != this.scopes[s]
    )
    alarming = [side for side in Side if _mostly_unknown(this, side)]
    this.systemic = bool(alarming)
    _distrust_empty(this)


async def _list_side(this: Pass, side: Side) -> Complete | Incomplete:
    batch: list[Head] = []
    why = "the listing ended without saying whether it is complete"
    try:
        async with aclosing(_heads(this.job, side)) as heads:
            async for listed in heads:
                if isinstance(listed, Complete):
                    _stage(this, side, batch)
                    return listed
                if isinstance(listed, Incomplete):
                    why = listed.reason
                    break
                batch.append(listed)
                if len(batch) >= _BATCH:
                    _stage(this, side, batch)
    except StoreError as error:
        why = str(error)
    _stage(this, side, batch)
    this.report.incomplete[side] = why
    return Incomplete(reason=why)


async def _heads(job: Job, side: Side) -> AsyncGenerator[Head | Complete | Incomplete, None]:
    async for listed in job.store(side).heads():
        yield listed


def _stage(this: Pass, side: Side, batch: list[Head]) -> None:
    this.job.state.stage(this.job.name, side, batch)
    this.job.progress("listed", side=side.value, count=len(batch))
    batch.clear()


def _mostly_unknown(this: Pass, side: Side) -> bool:
    counts = this.job.state.staged_counts(side)
    unknown, total = counts.get(Status.UNKNOWN.value, 0), sum(counts.values())
    if unknown <= 1 or unknown <= total * this.job.limits.unknown_ceiling:
        return False
    this.report.alarms.append(
        f"{this.job.connection(side)}: the visibility of {unknown} of {total} items could not be"
        " learnt; none of them is published, and nothing is withdrawn because of it"
    )
    return True


def _distrust_empty(this: Pass) -> None:
    # A side that suddenly lists nothing is a stop, not a mass deletion.
    job = this.job
    linked = sum(job.state.count_links(job.name).values())
    for side in Side:
        if side in this.complete and linked > 1 and not job.state.staged_counts(side):
            reason = f"it lists nothing although {linked} of its items are paired"
            this.complete -= {side}
            this.scopes.pop(side)
            this.report.incomplete[side] = reason
            this.report.alarms.append(f"{job.connection(side)}: {reason}; nothing is inferred")


# --- pairs --------------------------------------------------------------------------------------


async def _spread(items: Iterable[T], work: Callable[[T], Awaitable[None]], workers: int) -> None:
    """Work `items` with some tasks at a time; the iterable is read as they get free."""
    queue: asyncio.Queue[T | None] = asyncio.Queue(maxsize=workers)

    async def worker() -> None:
        while (item := await queue.get()) is not None:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(worker())
        for item in items:
            await queue.put(item)
        for _ in range(workers):
            await queue.put(None)


async def _settle(this: Pass, work: PairWork) -> None:
    link = work.link
    this.report.counts["examined"] += 1
    this.job.progress("examined")
    refs = [link.half(side).ref for side in Side]
    if any(ref in this.busy for ref in refs if ref is not None):
        return
    heads = {Side.LEFT: work.left, Side.RIGHT: work.right}
    for side, head in heads.items():
        if waiting(this.job, link.half(side).ref, head.stamp if head else ""):
            this.report.counts["waiting"] += 1
            return
    because = _LINKS if work.reencode else ""
    sight = this.sight(work.left, work.right)
    await _isolated(this, link, settle_pair(this, link, sight, because=because))


async def _look_again(this: Pass) -> None:
    """Examine what is in quarantine and due, although the listings show no change of it.

    What failed may have been settled since by other means; nothing else would tell so.
    """
    job = this.job
    for held in job.state.quarantine(job.name):
        if held.skipped or held.next_at > job.now() or held.ref in this.busy:
            continue
        link = job.state.link(job.name, held.ref)
        if link is not None:
            await _isolated(this, link, _examine_again(this, link))
        elif held.side not in this.complete or job.state.staged(held.side, held.ref):
            continue  # it is met as a newcomer
        if held.ref not in this.busy and job.state.quarantined(job.name, held.ref) == held:
            job.commit([DropQuarantine(job.name, held.ref)])


async def _examine_again(this: Pass, link: Link) -> None:
    refs = {side: link.half(side).ref for side in Side}
    found = {s: this.job.state.staged(s, ref) if ref else None for s, ref in refs.items()}
    sight = this.sight(found[Side.LEFT], found[Side.RIGHT])
    await settle_pair(this, link, sight, force=frozenset(Side))


async def settle_pair(
    this: Pass,
    link: Link,
    sight: Sight,
    *,
    force: frozenset[Side] = frozenset(),
    because: str = "",
) -> None:
    """Examine a pair and act; look again when it moved in between, and give up for now at last."""
    for _ in range(_TRIES):
        step = await examine(this.job, link, sight, force=force)
        if isinstance(step.decision, Remove):
            this.removals.append(removal_of(step.link, step.decision.side))
            return
        try:
            await this.act(this.job, _explained(step, because), this.report)
        except (VersionMismatch, NotFound):
            force = frozenset(Side)
            fresh = this.job.state.pair(link.pair)
            if fresh is None:
                return
            link = fresh
        else:
            _isolate_unread(this, step)
            return
    this.report.counts["moving"] += 1


def _explained(step: Step, because: str) -> Step:
    told = step.detail or not isinstance(step.decision, Write)
    return step if told else evolve(step, detail=because)


def _isolate_unread(this: Pass, step: Step) -> None:
    for side, error in step.errors.items():
        ref = step.link.half(side).ref
        if ref is not None and not isinstance(error, NotFound):
            title = step.link.title
            isolate(this.job, side, ref, error, this.report, title=title)


async def _isolated(this: Pass, link: Link, work: Awaitable[None]) -> None:
    """Let one item fail without changing the outcome of any other."""
    try:
        await work
    except (LeaseLost, StateError):
        raise
    except OutcomeUnknown as error:
        refs = (link.half(side).ref for side in Side)
        this.busy.update(ref for ref in refs if ref is not None)
        this.report.counts["unsure"] += 1
        logger.warning("an answer was lost", extra={"job": this.job.name, "detail": str(error)})
    except Exception as error:
        side = Side.LEFT if link.left.ref is not None else Side.RIGHT
        ref = link.half(side).ref
        if ref is None:
            raise
        if not isinstance(error, StoreError):
            logger.exception("an item failed unexpectedly", extra={"ref": str(ref)})
        isolate(this.job, side, ref, error, this.report, title=link.title)


# --- items without a pair -----------------------------------------------------------------------


async def _welcome_all(this: Pass, side: Side, pairing: Pairing) -> None:
    job = this.job
    target = job.store(side.other)
    batch = bulk.Batch(job=job, report=this.report, side=side.other)
    bulky = isinstance(target, BulkStore) and not job.dry

    async def one(staged: Staged) -> None:
        step = await _newcomer(this, side, staged, pairing)
        if step is None:
            return
        if bulky and bulk.fits(step):
            batch.steps.append(step)
            if isinstance(target, BulkStore) and len(batch.steps) >= bulk.size(target):
                await bulk.flush(batch, target, this.busy)
            return
        await _isolated(this, step.link, this.act(job, step, this.report))

    items = job.state.unlinked(job.name, side, epoch=job.mapping.version)
    await _spread(items, one, job.limits.workers)
    if isinstance(target, BulkStore) and len(batch.steps) >= target.bulk_threshold:
        await bulk.flush(batch, target, this.busy)
    for step in batch.take():
        await _isolated(this, step.link, this.act(job, step, this.report))


async def _newcomer(this: Pass, side: Side, staged: Staged, pairing: Pairing) -> Step | None:
    job, ref = this.job, staged.ref
    this.report.counts["examined"] += 1
    this.job.progress("examined")
    if ref in this.busy or job.state.link(job.name, ref) is not None:
        return None
    if waiting(job, ref, staged.stamp):
        this.report.counts["waiting"] += 1
        return None
    if reason := pairing.held.get(ref):
        newcomers.skip(job, side, ref, reason, this.report, title=staged.title, at="proposed")
        return None
    if this.complete != frozenset(Side):
        # Its counterpart may be there and unlisted: creating waits for two complete listings.
        this.report.counts["held"] += 1
        return None
    try:
        return await newcomers.welcome(job, side, staged, this.report)
    except (LeaseLost, StateError):
        raise
    except Exception as error:
        if not isinstance(error, StoreError):
            logger.exception("an item failed unexpectedly", extra={"ref": str(ref)})
        isolate(job, side, ref, error, this.report, title=staged.title, stamp=staged.stamp)
        return None


# --- links, removals, loose ends ----------------------------------------------------------------


async def _settle_links(this: Pass) -> None:
    """Write the items again whose links lead somewhere now, or nowhere any more."""
    job = this.job
    for row in job.state.dirty(job.name, limit=1_000_000):
        link = job.state.link(job.name, row.change.ref)
        if link is None:
            # A newcomer that is not paired yet, or a hint about an item that needs a read.
            continue
        if not row.reencode:
            continue
        head = {s: _as_listed(job, link, s) for s in Side}
        sight = this.sight(head[Side.LEFT], head[Side.RIGHT])
        await _isolated(this, link, settle_pair(this, link, sight, because=_LINKS))
        job.commit([ClearDirty(job.name, row.side, row.change.ref, row.generation)])


def _as_listed(job: Job, link: Link, side: Side) -> Staged | None:
    # What this very pass wrote is newer than its listing.
    half = link.half(side)
    if half.ref is None:
        return None
    return Staged(ref=half.ref, stamp=half.stamp, status=Status.LIVE.value, title=link.title)


async def _remove(this: Pass, approved: str | None) -> None:
    job = this.job
    unsettled = ""
    if this.first:
        unsettled = "nothing is removed in the first complete pass"
    elif job.state.proposals(job.name):
        unsettled = "proposed pairs wait for an answer: `syncline pair`"
    refusal = govern(job, this.removals, approved=approved, unsettled=unsettled)
    if approved and not job.dry:
        job.commit([SaveApproval(job.name, None)])  # it was for one pass
    if refusal is not None:
        this.report.refused = refusal
        this.report.counts["refused"] = refusal.removals
        if approved and refusal.token:
            this.report.alarms.append(
                f"the approval {approved} is for another list of removals than the one below"
            )
        return
    for removal in this.removals:
        link = job.state.pair(removal.pair)
        if link is not None:
            await _isolated(this, link, _remove_one(this, link, removal.side))


async def _remove_one(this: Pass, link: Link, side: Side) -> None:
    # Confirmed by reading both sides once more, just before.
    sight = Sight(epochs=this.epochs, systemic=this.systemic)
    step = await examine(this.job, link, sight, force=frozenset(Side))
    if isinstance(step.decision, Remove) and step.decision.side is not side:
        this.report.counts["moving"] += 1
        return
    try:
        await this.act(this.job, step, this.report)
    except (VersionMismatch, NotFound):
        this.report.counts["moving"] += 1


async def _late_recovery(this: Pass) -> None:
    job = this.job
    intents = job.state.intents(job.name)
    if not (intents and this.report.counts["unsure"]):
        return
    due = max(intent.opened_at for intent in intents) + job.limits.recreate_after
    wait = (due - job.now()).total_seconds()
    if wait > 0:
        job.progress("waiting", seconds=wait, why="a write's answer was lost; looking for it")
        await job.clock.sleep(wait)
    await recover(job, this.report)


# --- hints --------------------------------------------------------------------------------------


async def work_hints(this: Pass) -> None:
    """Look again at every item that a hint named; a listing is not needed for that."""
    job = this.job
    await recover(job, this.report)
    this.note_intents()
    while rows := job.state.dirty(job.name):
        for row in rows:
            await _work_hint(this, row)
    await _remove(this, job.state.approval(job.name))


async def _work_hint(this: Pass, row: Dirty) -> None:
    job, ref = this.job, row.change.ref
    if row.change.subtree:
        this.report.counts["subtrees"] += 1
        _expand(this, row)
    link = job.state.link(job.name, ref)
    if link is not None:
        known = {s: _as_listed(job, link, s) for s in Side}
        staged = {s: head for s, head in known.items() if s is row.side.other or row.reencode}
        sight = Sight(staged=staged, systemic=this.systemic, listed=False)
        await _isolated(this, link, settle_pair(this, link, sight))
    elif ref not in this.busy:
        await _hinted_newcomer(this, row.side, ref)
    job.commit([ClearDirty(job.name, row.side, ref, row.generation)])


def _expand(this: Pass, row: Dirty) -> None:
    job = this.job
    pending, seen = [row.change.ref], {row.change.ref}
    while pending:
        for child in job.state.children(row.side, pending.pop()):
            if child not in seen:
                seen.add(child)
                pending.append(child)
    below = seen - {row.change.ref}
    job.commit([MarkDirty(job.name, row.side, Change(ref=ref)) for ref in sorted(below)])


async def _hinted_newcomer(this: Pass, side: Side, ref: Ref) -> None:
    job = this.job
    if any(job.state.scope(job.name, s) is None for s in Side):
        return  # the first complete pass pairs what exists on both sides; it finds this one, too
    answer = await read_side(job, ref)
    if isinstance(answer, NotFound):
        return
    if isinstance(answer, StoreError):
        if job.state.skipped(job.name, ref) is None:  # what takes no part need not be read
            isolate(job, side, ref, answer, this.report)
        return
    if answer.status.gone or (answer.value and _has_twin(job, side, answer.value.title)):
        return
    step = await newcomers.meet(job, side, answer, this.report, at=stamp(answer))
    if step is not None:
        await _isolated(this, step.link, this.act(job, step, this.report))


def _has_twin(job: Job, side: Side, title: str) -> bool:
    # An unlinked item of that title on the other side: the next full pass proposes the pair.
    return any(
        skipped.side is side.other and fold(skipped.title) == fold(title)
        for skipped in job.state.all_skipped(job.name)
    )

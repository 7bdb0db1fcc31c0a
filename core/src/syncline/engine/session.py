"""One job, opened: the verbs of the command line, the service and the tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from attrs import define, evolve, field, frozen

from ..decision import Limits, Policy
from ..errors import ConfigError, Refused, Stale, StoreError, SynclineError, Unavailable
from ..model import Change, Document, Ref, Side
from ..ports import Clock, Store
from ..scope import about
from ..state.port import StateStore
from ..state.records import (
    DropQuarantine,
    DropSkip,
    Effect,
    Entry,
    LinkState,
    MarkDirty,
    Proposal,
    Quarantined,
    Run,
    SaveApproval,
    SaveCursor,
    SaveLink,
    SavePairing,
    SaveQuarantine,
    SaveRun,
    SaveValue,
)
from ..state.values import key_of
from ..urgency import urgent
from . import explaining, losing, plans, settling, shown, undoing, view
from .acting import carry_out
from .context import Job, MappingPort, Process, new_id
from .governor import Removal, granted
from .hints import work_hints
from .listings import list_sides
from .losing import ItemLosses
from .pairing import Pairing
from .passes import full_pass
from .plans import Plan
from .report import Report
from .shown import ConflictView
from .steps import Step
from .tenure import Tenure
from .turns import in_turn, refs_of
from .underway import Pass

FULL_DUE = "full pass due"
"""The fact, kept until a full pass came to its end, that hints alone do not tell everything."""


@frozen(kw_only=True)
class JobStatus:
    """Where a job stands."""

    job: str
    pairs: int
    conflicts: int
    reviews: int
    """Losing edits that were kept and that nobody has looked at."""
    quarantined: int
    withdrawn: int
    held: int
    proposals: int
    last_run: Run | None
    last_full: Run | None
    token: str | None
    """An approval of removals that waits for the next pass."""


def _refuse_halves(this: Pass) -> None:
    for side, why in this.report.incomplete.items():
        raise Unavailable(
            f"{this.job.connection(side)} was not listed to its end, and pairs are proposed from"
            f" two complete listings only: {why}"
        )


@contextlib.contextmanager
def _one_reason() -> Iterator[None]:
    """Let items that were worked side by side and failed for one reason raise one error."""
    try:
        yield
    except ExceptionGroup as group:
        known, unknown = group.split(SynclineError)
        error: BaseException = unknown or known or group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


async def _left_to_the_pass(job: Job, step: Step, report: Report) -> None:
    """Pairs that are certain are made by the pass itself."""


def _unknown(holder: str) -> bool:
    return False


def _quiet(event: str, **fields: object) -> None:
    return None


@define(slots=False, kw_only=True)
class Session:
    """A job with its stores and its state. Whoever opened the stores closes them."""

    job: str
    left: Store
    right: Store
    left_name: str
    right_name: str
    state: StateStore
    clock: Clock
    mapping: MappingPort
    policy: Policy = field(factory=Policy)
    limits: Limits = field(factory=Limits)
    holder: str = "this process"
    progress: Callable[..., None] = _quiet
    is_dead: Callable[[str], bool] = _unknown
    """Tells of another holder that it certainly runs no more: its lease is not waited for."""
    retention: timedelta = timedelta(days=90)
    new_id: Callable[[], str] = new_id
    """Returns a fresh id; a test gives one that counts, so that a seed repeats a run."""
    process: Process = field(factory=Process)
    """What all runs of this session have in common."""
    _one_listing: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    """What lists everything waits for what lists everything; the rest goes on side by side."""
    _one_drain: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _job: Job = field(init=False)
    _tenure: Tenure = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._job = Job(
            name=self.job,
            left=self.left,
            right=self.right,
            left_name=self.left_name,
            right_name=self.right_name,
            state=self.state,
            clock=self.clock,
            mapping=self.mapping,
            policy=self.policy,
            limits=self.limits,
            holder=self.holder,
            progress=self.progress,
            new_id=self.new_id,
            process=self.process,
        )
        self._tenure = Tenure(job=self._job, is_dead=self.is_dead)

    # -- passes ----------------------------------------------------------------------------------

    async def sync(self, approve: str | None = None) -> Report:
        """Make one full pass; hints, choices and undos go on meanwhile.

        Args:
            approve: the token of a refusal, when exactly those removals shall go.

        Raises:
            Refused: another process works on this job.
            LeaseLost: another process took over while this one was away.
        """
        async with self._one_listing, self._run("full") as (job, report):
            approved = approve or self.state.approval(self.job)
            due = self.state.cached(self.job, FULL_DUE)
            this = Pass(job=job, report=report)
            await full_pass(this, approved=approved)
            if due and not report.incomplete and self.state.cached(self.job, FULL_DUE) == due:
                self.state.cache(self.job, FULL_DUE, "")
            if this.first and not report.incomplete:
                # What hints told too late for the listing could not be paired before.
                await work_hints(Pass(job=job, report=report))
            self.state.sweep(self.job, before=job.now() - self.retention)
            return report

    @property
    def full_pass_due(self) -> bool:
        """True until both sides have been listed to their ends, and when a change feed began anew.

        Only a full pass finds then what the feeds do not tell.
        """
        unlisted = any(self.state.scope(self.job, side) is None for side in Side)
        return unlisted or bool(self.state.cached(self.job, FULL_DUE))

    async def poll(self) -> Report:
        """Read what the change feeds say, and look at those items."""
        async with self._one_drain:
            with urgent():
                for side in Side:
                    await self._drain(side)
        return await self.work()

    async def _drain(self, side: Side) -> None:
        cursor = self.state.cursor(self.job, side)
        store = self.left if side is Side.LEFT else self.right
        async for page in store.changes(cursor):
            at = self.clock.now()
            effects = [MarkDirty(self.job, side, change, at=at) for change in page.changes]
            if page.reset:
                # Remembered before the cursor is: at worst a full pass too many is made.
                self.state.cache(self.job, FULL_DUE, f"the change feed began anew at {at}")
            if page.cursor is not None:
                # A page and its cursor are one commit: neither is ever ahead of the other.
                self.state.commit([*effects, SaveCursor(self.job, side, page.cursor)], None)
            else:
                self.state.commit(effects, None)

    @property
    def at_hand(self) -> int:
        """How many items are being worked at this moment, for passes and for people."""
        return self._job.process.turns.count()

    def wind_down(self) -> None:
        """Begin no further item: those at hand are finished, and new runs are refused.

        Passes that are under way come to no end by themselves then: cancel them.
        """
        self._job.process.turns.close()

    def resume(self) -> None:
        """Begin items again after `wind_down`."""
        self._job.process.turns.close(False)

    def hint(self, changes: Iterable[Change], *, side: Side, priority: int = 0) -> None:
        """Remember durably that these items have to be looked at again."""
        at = self.clock.now()
        self.state.commit(
            [MarkDirty(self.job, side, change, priority, at=at) for change in changes], None
        )

    async def work(self) -> Report:
        """Look at every item that was hinted at; a full pass that goes on is not waited for."""
        async with self._run("hints") as (job, report):
            with urgent():
                await work_hints(Pass(job=job, report=report))
            return report

    # -- plans -----------------------------------------------------------------------------------

    async def plan(self) -> Plan:
        """Return what a full pass would do; nothing is changed anywhere."""
        collector = plans.Collector()
        report = Report(run="", job=self.job)
        dry = self._copy(dry=True)
        async with self._one_listing:
            self._tenure.learn()
            with _one_reason():
                await full_pass(Pass(job=dry, report=report, act=collector))
        return plans.made(dry, collector, report, self.clock.now())

    async def apply(self, plan: Plan, approve: str | None = None) -> Report:
        """Do exactly what the plan says, item by item; what has moved since is left, as stale."""
        if plan.job != self.job:
            raise Refused(f"the plan is for job {plan.job}, this is {self.job}")
        if plan.mapping != self.mapping.version:
            raise Stale("the mapping rules have changed since the plan was made; plan again")
        async with self._run("apply") as (job, report):
            removals = [
                Removal(pair=i.pair, side=Side(i.side), title=i.title)
                for i in plan.items
                if plans.is_removal(i) and i.side
            ]
            with granted(job, removals, approved=approve) as report.refused:
                for item in plan.items:
                    if not (plans.is_removal(item) and report.refused):
                        await self._apply_item(job, item, report)
            return report

    async def _apply_item(self, job: Job, item: plans.PlanItem, report: Report) -> None:
        async def now() -> None:
            await carry_out(job, await plans.apply_item(job, item), report)

        try:
            refs = partial(plans.refs_in, job, item)
            await in_turn(job.process.turns, refs, now, run=job.run)
        except (Stale, StoreError) as error:
            report.add(plans.stale_result(item, error))

    async def losses(self) -> AsyncIterator[ItemLosses]:
        """Yield what each article that takes part would lose on the other side.

        Raises:
            Unavailable: after all others, when a listing was not complete.
        """
        async for item in losing.losses(self._job):
            yield item

    # -- pairing ---------------------------------------------------------------------------------

    async def proposals(self) -> Sequence[Proposal]:
        """Return the pairs that wait for an answer, most alike first.

        They are found by a full listing; before the first pass one is made, without writing.
        """
        if self.state.scope(self.job, Side.LEFT) is None:
            await self._look_for_pairs()
        return self.state.proposals(self.job)

    async def _look_for_pairs(self) -> None:
        this = Pass(job=self._copy(), report=Report(run="", job=self.job), act=_left_to_the_pass)
        async with self._one_listing:
            await list_sides(this)
            _refuse_halves(this)
            await Pairing(this=this).prepare()

    def accept(self, pairs: Iterable[tuple[Ref, Ref]]) -> None:
        """Say that these are one article each; the next pass pairs them.

        Raises:
            ConfigError: some are swapped, or paired with another item already; none was accepted.
        """
        self._settle(pairs, same=True)

    def reject(self, pairs: Iterable[tuple[Ref, Ref]]) -> None:
        """Say that these are two articles each; the next pass copies both."""
        self._settle(pairs, same=False)

    def _settle(self, pairs: Iterable[tuple[Ref, Ref]], *, same: bool) -> None:
        pairs = list(pairs)
        if problems := [why for left, right in pairs if (why := self._no_pair(left, right))]:
            raise ConfigError(problems)
        effects = [SavePairing(self.job, left, right, same) for left, right in pairs]
        self.state.commit(effects, None)

    def _no_pair(self, left: Ref, right: Ref) -> str:
        names = self.left_name, self.right_name
        if (left.connection, right.connection) != names:
            return f"{left} {right}: a pair of this job is {names[0]}:ID {names[1]}:ID"
        for ref, other in ((left, right), (right, left)):
            link = self.state.link(self.job, ref)
            theirs = link and link.half(self._job.side_of(other) or Side.RIGHT).ref
            if theirs and theirs != other:
                return f"{ref} is paired with {theirs} already; `syncline explain {ref}`"
        return ""

    # -- conflicts -------------------------------------------------------------------------------

    def conflicts(self, *, open_only: bool = True) -> Sequence[ConflictView]:
        """Return the choices that wait for a person, and the losing edits kept for review."""
        return shown.open_conflicts(self._job, open_only=open_only)

    def conflict(self, id: str) -> ConflictView:
        """Return one conflict.

        Raises:
            Stale: there is none of that id.
        """
        record = self.state.conflict(id)
        if record is None or record.job != self.job:
            raise Stale(f"there is no conflict {id} in job {self.job}; `syncline conflicts` lists")
        return shown.view_of(self._job, record)

    async def resolve(self, id: str, take: str, *, edited: Document | None = None) -> Report:
        """Do what a person chose: left, right, merge, edit or both.

        Raises:
            Stale: either side moved since the conflict was shown; nothing was done.
            Refused: the choice makes no sense here.
        """
        record = settling.unsettled(self._job, id)
        async with self._run("resolve") as (job, report):
            with urgent():
                await settling.resolve(job, record, take, report, edited=edited)
            return report

    # -- journal ---------------------------------------------------------------------------------

    def history(
        self, *, run: str | None = None, ref: Ref | None = None, limit: int = 100
    ) -> Sequence[Entry]:
        """Return what was done, newest first."""
        return self.state.history(self.job, run=run, ref=ref, limit=limit)

    def runs(self, limit: int = 20) -> Sequence[Run]:
        """Return the latest passes, newest first."""
        return self.state.runs(self.job, limit)

    async def explain(self, ref: Ref) -> list[str]:
        """Return why this item is, or is not, on the other side."""
        return await explaining.explain(self._job, ref)

    async def undo(self, run: str, approve: str | None = None) -> Report:
        """Put back what a run wrote and nobody has touched since; `report.kept` lists the rest."""
        async with self._run("undo") as (job, report):
            await undoing.undo(job, run, report, approved=approve)
            return report

    # -- items that wait -------------------------------------------------------------------------

    def quarantine(self) -> Sequence[Quarantined]:
        """Return the items that failed, oldest first."""
        return self.state.quarantine(self.job)

    def retry(self, ref: Ref) -> None:
        """Try an item that failed or was skipped in the next pass, whatever its back-off says.

        Raises:
            Stale: it neither failed nor was skipped.
        """
        known = self.state.quarantined(self.job, ref), self.state.skipped(self.job, ref)
        if not any(known):
            raise Stale(f"{ref} is not in quarantine")
        self.state.commit([DropQuarantine(self.job, ref), DropSkip(self.job, ref)], None)

    def skip(self, ref: Ref) -> None:
        """Leave a failed item alone until it changes."""
        held = self.state.quarantined(self.job, ref)
        if held is None:
            raise Stale(f"{ref} is not in quarantine")
        self.state.commit([SaveQuarantine(evolve(held, skipped=True))], None)

    def release(self, ref: Ref) -> None:
        """End the hold that an undo put on a pair.

        Raises:
            Stale: it is not held.
            Refused: a pass is at it right now.
        """
        link = self.state.link(self.job, ref)
        if link is None or link.state is not LinkState.HELD:
            raise Stale(f"{ref} is not held")
        if not self._job.process.turns.free(refs_of(link)):
            raise Refused(f"{ref} is being worked on at this moment; release it again")
        free = evolve(link, state=LinkState.SYNCED)
        effects: list[Effect] = []
        other = self.state.value(link.half(link.origin.other).value)
        if other is not None and link.half(link.origin).ref is not None:
            # The base of the original becomes what the undo put back: its edit counts once more.
            base = view.fresh(self._job, link.origin, other).value
            half = evolve(
                link.half(link.origin),
                value=key_of(base),
                digest=view.side_digest(self._job, link.origin, base),
                stamp="released",
            )
            free = free.with_half(link.origin, half)
            effects.append(SaveValue(base))
        self.state.commit([*effects, SaveLink(free), self._job.entry(free, "released")], None)

    def approve(self, token: str) -> None:
        """Let the removals that hash to `token` go in the next pass, once."""
        self.state.commit([SaveApproval(self.job, token)], None)

    def purge(self, ref: Ref) -> None:
        """Forget bodies, history and conflicts of one item; the pair stays in step.

        Raises:
            Stale: nothing is known of it.
        """
        if not self._knows(ref):
            raise Stale(f"job {self.job} remembers nothing of {ref}")
        self.state.purge(self.job, ref)

    def _knows(self, ref: Ref) -> bool:
        state = self.state
        return bool(
            state.link(self.job, ref)
            or state.skipped(self.job, ref)
            or state.quarantined(self.job, ref)
            or state.tombstone(self.job, ref)
            or state.history(self.job, ref=ref, limit=1)
        )

    def status(self) -> JobStatus:
        """Return where the job stands."""
        links = self.state.count_links(self.job)
        waiting = self.state.conflicts(self.job)
        runs = self.state.runs(self.job)
        return JobStatus(
            job=self.job,
            pairs=sum(links.values()),
            conflicts=sum(not record.review for record in waiting),
            reviews=sum(record.review for record in waiting),
            quarantined=len(self.state.quarantine(self.job)),
            withdrawn=links.get(LinkState.WITHDRAWN.value, 0),
            held=links.get(LinkState.HELD.value, 0),
            proposals=len(self.state.proposals(self.job)),
            last_run=runs[0] if runs else None,
            last_full=next((r for r in runs if r.kind == "full" and r.ended_at), None),
            token=self.state.approval(self.job),
        )

    # -- how a run is framed ---------------------------------------------------------------------

    def _copy(self, **changes: Any) -> Job:
        return evolve(self._job, **changes)

    @contextlib.asynccontextmanager
    async def _run(self, kind: str) -> AsyncIterator[tuple[Job, Report]]:
        if self._job.process.turns.closed:
            raise Refused(f"job {self.job} is ending in this process; nothing was begun")
        async with self._tenure.shared():
            run = Run(
                id=f"{self.clock.now():%Y%m%dT%H%M%S}-{self._job.new_id()[:6]}",
                job=self.job,
                kind=kind,
                started_at=self.clock.now(),
            )
            job = self._copy(run=run.id)
            report = Report(run=run.id, job=self.job)
            job.commit([SaveRun(run)])
            with self._told(run, report), _one_reason():
                yield job, report
            ended = evolve(run, ended_at=self.clock.now(), counts=json.dumps(report.counts))
            job.commit([SaveRun(ended)])

    @contextlib.contextmanager
    def _told(self, run: Run, report: Report) -> Iterator[None]:
        """Tell whoever follows the progress that a run begins, and how it ended."""
        began, error = self.clock.monotonic(), ""
        known = {"job": self.job, "kind": run.kind, "run": run.id}
        with about("pass", **known):
            self.progress("pass.started", **known)
            try:
                yield
            except BaseException as problem:
                error = f"{type(problem).__name__}: {problem}"
                raise
            finally:
                seconds = self.clock.monotonic() - began
                counts = dict(report.counts)
                self.progress("pass.ended", **known, seconds=seconds, counts=counts, error=error)

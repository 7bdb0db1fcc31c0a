"""One job, opened: the verbs of the command line, the service and the tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, fields

from ..errors import Unavailable
from ..model import Document, Ref, Side
from ..ports import Capability, Store
from ..state.records import Proposal, SaveApproval
from ..urgency import urgent
from .conflicts import resolution, views
from .conflicts.views import ConflictView
from .context import DocumentParts, Job
from .journal import Journal
from .pairing import answers
from .pairing.matching import Pairing
from .passes.current import Pass
from .passes.full import full_pass
from .passes.hints import work_hints
from .passes.listings import list_sides
from .plans import application, dry_run, losses
from .plans.losses import ItemLosses
from .plans.plan import Plan
from .runs import feeds
from .runs.lease import JobLease
from .runs.report import Report
from .runs.run import one_reason, run_of
from .status import explanation
from .steps.step import Step
from .writing import undo


def _refuse_halves(this: Pass) -> None:
    for side, why in this.report.incomplete.items():
        raise Unavailable(
            f"{this.job.connection(side)} was not listed to its end, and pairs are proposed from"
            f" two complete listings only: {why}"
        )


async def _left_to_the_pass(job: Job, step: Step, report: Report) -> None:
    """Pairs that are certain are made by the pass itself."""


def _unknown(holder: str) -> bool:
    return False


@define(slots=False, kw_only=True)
class Session(DocumentParts, Journal):
    """A job with its stores and its state. Whoever opened the stores closes them."""

    job: str
    is_dead: Callable[[str], bool] = _unknown
    """Tells of another holder that it certainly runs no more: its lease is not waited for."""
    retention: timedelta = timedelta(days=90)
    _one_listing: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    """What lists everything waits for what lists everything; the rest goes on side by side."""
    _one_drain: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _job: Job = field(init=False)
    _lease: JobLease = field(init=False)

    @property
    def _work(self) -> Job:
        return self._job

    def __attrs_post_init__(self) -> None:
        parts = {part.name: getattr(self, part.name) for part in fields(DocumentParts)}
        self._job = Job(name=self.job, **parts)
        self._lease = JobLease(job=self._job, is_dead=self.is_dead)

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
            due = feeds.full_due_since(job)
            this = Pass(job=job, report=report)
            await full_pass(this, approved=approved)
            if not report.incomplete:
                feeds.made_up(job, due)
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
        return feeds.full_due(self._job)

    @property
    def stores(self) -> Mapping[str, Store]:
        """The stores by the names of their connections, the left one first."""
        return {self.left_name: self.left, self.right_name: self.right}

    @property
    def polls(self) -> bool:
        """Tell whether a side can say what changed."""
        both = (self.left, self.right)
        return any(Capability.CHANGE_FEED in store.capabilities for store in both)

    def due_in(self) -> timedelta | None:
        """Return None: what is marked can be worked at any time."""
        return None

    async def poll(self) -> Report:
        """Read what the change feeds say, and look at those items."""
        async with self._one_drain:
            with urgent():
                for side in Side:
                    await feeds.drain(self._job, side)
        return await self.work()

    async def work(self) -> Report:
        """Look at every item that was hinted at; a full pass that goes on is not waited for."""
        async with self._run("hints") as (job, report):
            with urgent():
                await work_hints(Pass(job=job, report=report))
            return report

    # -- plans -----------------------------------------------------------------------------------

    async def plan(self) -> Plan:
        """Return what a full pass would do; nothing is changed anywhere."""
        collector = dry_run.Collector()
        report = Report(run="", job=self.job)
        dry = self._copy(dry=True)
        async with self._one_listing:
            self._lease.learn()
            with one_reason():
                await full_pass(Pass(job=dry, report=report, act=collector))
        return dry_run.plan_of(dry, collector, report, self.clock.now())

    async def apply(self, plan: Plan, approve: str | None = None) -> Report:
        """Do exactly what the plan says, item by item; what has moved since is left, as stale."""
        plan.require(self._job.name, self._job.mapping.version)
        async with self._run("apply") as (job, report):
            await application.apply(job, plan, report, approved=approve)
            return report

    async def losses(self) -> AsyncIterator[ItemLosses]:
        """Yield what each article that takes part would lose on the other side.

        Raises:
            Unavailable: after all others, when a listing was not complete.
        """
        async for item in losses.item_losses(self._job):
            yield item

    # -- pairing ---------------------------------------------------------------------------------

    async def proposals(self) -> Sequence[Proposal]:
        """Return the pairs that wait for an answer, most alike first.

        They are found by a full listing; before the first pass one is made, without writing.
        """
        unlisted = self.state.scope(self.job, Side.LEFT) is None
        if unlisted and not self._one_listing.locked():  # else the pass that lists finds them
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
        answers.answer(self._job, pairs, same=True)

    def reject(self, pairs: Iterable[tuple[Ref, Ref]]) -> None:
        """Say that these are two articles each; the next pass copies both."""
        answers.answer(self._job, pairs, same=False)

    # -- conflicts -------------------------------------------------------------------------------

    def conflicts(self, *, open_only: bool = True) -> Sequence[ConflictView]:
        """Return the choices that wait for a person, and the losing edits kept for review."""
        return views.open_conflicts(self._job, open_only=open_only)

    def conflict(self, id: str) -> ConflictView:
        """Return one conflict.

        Raises:
            Stale: there is none of that id.
        """
        return views.view_of(self._job, resolution.known_conflict(self._job, id))

    async def resolve(self, id: str, take: str, *, edited: Document | None = None) -> Report:
        """Do what a person chose: left, right, merge, edit or both.

        Raises:
            Stale: either side moved since the conflict was shown; nothing was done.
            Refused: the choice makes no sense here.
        """
        record = resolution.unsettled(self._job, id)
        async with self._run("resolve") as (job, report):
            with urgent():
                await resolution.resolve(job, record, take, report, edited=edited)
            return report

    # -- journal ---------------------------------------------------------------------------------

    async def explain(self, ref: Ref) -> list[str]:
        """Return why this item is, or is not, on the other side."""
        return await explanation.explain(self._job, ref)

    async def undo(self, run: str, approve: str | None = None) -> Report:
        """Put back what a run wrote and nobody has touched since; `report.kept` lists the rest."""
        async with self._run("undo") as (job, report):
            await undo.undo(job, run, report, approved=approve)
            return report

    def release(self, ref: Ref) -> None:
        """End the hold that an undo put on a pair.

        Raises:
            Stale: it is not held.
            Refused: a pass is at it right now.
        """
        undo.release(self._job, ref)

    def approve(self, token: str) -> None:
        """Let the removals that hash to `token` go in the next pass, once."""
        self.state.commit([SaveApproval(self.job, token)], None)

    # -- how a run is framed ---------------------------------------------------------------------

    def _copy(self, **changes: Any) -> Job:
        return evolve(self._job, **changes)

    def _run(self, kind: str) -> AbstractAsyncContextManager[tuple[Job, Report]]:
        return run_of(self._job, self._lease, kind)

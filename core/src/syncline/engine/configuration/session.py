"""One configuration job, opened: the verbs of the command line, the service and the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

from attrs import define, evolve, field, fields

from ...errors import Refused
from ...model import JSON, Change, Ref, Side
from ...ports import Capability
from ...urgency import urgent
from ..conflicts.resolution import known_conflict, unsettled
from ..journal import Journal
from ..plans.plan import Plan
from ..runs import feeds
from ..runs.lease import JobLease
from ..runs.report import Report
from ..runs.run import one_reason, run_of
from . import explanation, hints, passes, plans, resolution, undo
from .context import ConfigParts, RunningConfigJob
from .resolution import FieldConflict
from .rulebook import ManagedObject


@define(slots=False, kw_only=True)
class ConfigSession(ConfigParts, Journal):
    """A job with its stores and its state. Whoever opened the stores closes them.

    Every object is worked under a lease of its own: several processes may work hints, settle
    conflicts and apply plans at the same time. A full pass is made by one process at a time.
    """

    job: str
    retention: timedelta = timedelta(days=90)
    _one_listing: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _one_drain: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _job: RunningConfigJob = field(init=False)
    _lease: JobLease = field(init=False)

    @property
    def _work(self) -> RunningConfigJob:
        return self._job

    def __attrs_post_init__(self) -> None:
        parts = {part.name: getattr(self, part.name) for part in fields(ConfigParts)}
        self._job = RunningConfigJob(name=self.job, **parts)
        self._lease = JobLease(job=self._job, is_dead=self.is_dead)

    @property
    def left_name(self) -> str:
        """What pages call the one end: that of the rules."""
        return "rules"

    @property
    def right_name(self) -> str:
        """What pages call the other end: the connections whose objects the rules read and write."""
        return ", ".join(self.stores)

    # -- hints -----------------------------------------------------------------------------------

    def hint(
        self, changes: Iterable[Change], *, side: Side = hints.HEARD, priority: int = 0
    ) -> None:
        """Remember durably that these objects have to be looked at again.

        An object has no side: one rule reads it, and another one writes it.
        """
        super().hint(changes, side=hints.HEARD, priority=priority)

    # -- passes ----------------------------------------------------------------------------------

    async def sync(self, approve: str | None = None) -> Report:
        """Look at everything that the job manages, once; hints go on meanwhile.

        Args:
            approve: makes no sense here, since nothing is ever removed.

        Raises:
            Refused: another process makes a full pass of this job, or something is approved.
        """
        self._nothing_to_approve(approve)
        async with self._one_listing, self._run("full", self._lease) as (job, report):
            due = feeds.full_due_since(job)
            await passes.full_pass(job, report)
            feeds.made_up(job, due)
            # What was written may be what other rules read.
            await hints.work_hints(job, report)
            self.state.sweep(self.job, before=job.now() - self.retention)
            return report

    @property
    def full_pass_due(self) -> bool:
        """True until these rules have all been looked at, and when a change feed began anew."""
        scope = self.state.scope(self.job, Side.RIGHT)
        return scope != self.book.version or bool(feeds.full_due_since(self._job))

    @property
    def polls(self) -> bool:
        """Tell whether there is something to ask for between full passes."""
        return bool(self._followed() or self._unheard())

    async def poll(self) -> Report:
        """Read what the change feeds say, and the inputs that no feed tells of; then work hints."""
        async with self._one_drain:
            with urgent():
                for name in self._followed():
                    await feeds.follow(
                        self._job, self.stores[name].changes, hints.HEARD,
                        of=f"{self.job} {name}",
                    )  # fmt: skip
                if groups := self._unheard():
                    async with self._run("hints") as (job, report):
                        await passes.look_at(job, groups, report, passes.settling(job))
                        await hints.work_hints(job, report)
                        return report
        return await self.work()

    def _followed(self) -> list[str]:
        return [
            name
            for name, store in self.stores.items()
            if Capability.CHANGE_FEED in store.capabilities
        ]

    def _unheard(self) -> list[ManagedObject]:
        """Return what depends on an input that no change feed tells of."""
        followed = set(self._followed())

        def silent(ref: Ref) -> bool:
            kind = self._job.store(ref).kinds.get(ref.id.partition("/")[0])
            specs = [] if kind is None else [*kind.fields.values(), kind.others]
            measured = not any(spec is not None and spec.writable for spec in specs)
            return measured or ref.connection not in followed

        refs = {each.ref for one in self.book.fields for each in one.rule.inputs}
        return self.book.affected(sorted(filter(silent, refs)))

    async def work(self) -> Report:
        """Look at what was hinted at and is due; other processes may do so at the same time."""
        if hints.idle(self._job):
            return Report(run="", job=self.job)
        async with self._run("hints") as (job, report):
            with urgent():
                await hints.work_hints(job, report)
            return report

    def due_in(self) -> timedelta | None:
        """Return after what time `work` has something to do; None when nothing waits."""
        return hints.due_in(self._job)

    # -- plans -----------------------------------------------------------------------------------

    async def plan(self) -> Plan:
        """Return what a full pass would do; nothing is changed anywhere."""
        dry = self._copy(dry=True)
        collector, report = plans.Collector(dry), Report(run="", job=self.job)
        async with self._one_listing:
            with one_reason():
                links = passes.Links(dry)
                await passes.look_at(dry, self.book.groups, report, collector, links=links)
        return plans.made(dry, collector, report, self.clock.now())

    async def apply(self, plan: Plan, approve: str | None = None) -> Report:
        """Do exactly what the plan says, field by field; what has moved since is left, as stale."""
        self._nothing_to_approve(approve)
        plan.require(self._job.name, self._job.book.version)
        async with self._run("apply") as (job, report):
            await plans.apply(job, plan, report)
            return report

    # -- conflicts -------------------------------------------------------------------------------

    def conflicts(self, *, open_only: bool = True) -> Sequence[FieldConflict]:
        """Return the choices that wait for a person, oldest first."""
        return resolution.views(self._job, open_only=open_only)

    def conflict(self, id: str) -> FieldConflict:
        """Return one conflict.

        Raises:
            Stale: there is none of that id.
        """
        return resolution.view_of(self._job, known_conflict(self._job, id))

    async def resolve(self, id: str, take: str, *, edited: JSON = None) -> Report:
        """Do what a person chose: from (the rule's value), to (the field's), or edit.

        Raises:
            Stale: either end moved since the conflict was shown; nothing was done.
            Refused: the choice makes no sense here.
        """
        unsettled(self._job, id)
        async with self._run("resolve") as (job, report):
            with urgent():
                await resolution.resolve(job, id, take, report, edited=edited)
            return report

    # -- journal ---------------------------------------------------------------------------------

    async def explain(self, ref: Ref) -> list[str]:
        """Return why a field (or those of an object) holds what it holds."""
        return await explanation.explain(self._job, ref)

    async def undo(self, run: str, approve: str | None = None) -> Report:
        """Put back what a run wrote and nobody has touched since; `report.kept` lists the rest."""
        self._nothing_to_approve(approve)
        async with self._run("undo") as (job, report):
            await undo.undo(job, run, report)
            return report

    def release(self, ref: Ref) -> None:
        """End the hold that an undo put on a field, or on all those of an object.

        Raises:
            Stale: nothing of it is held.
            Refused: a pass is at it right now.
        """
        undo.release(self._job, ref)

    def approve(self, token: str) -> None:
        """Refuse: a configuration job removes nothing, so there is nothing to approve."""
        self._nothing_to_approve(token)

    def _nothing_to_approve(self, token: str | None) -> None:
        if token is not None:
            raise Refused(
                f"job {self.job} is of kind config: it changes fields and removes nothing, so"
                " there is nothing to approve"
            )

    # -- how a run is framed ---------------------------------------------------------------------

    def _copy(self, **changes: Any) -> RunningConfigJob:
        return evolve(self._job, **changes)

    def _run(
        self, kind: str, lease: JobLease | None = None
    ) -> AbstractAsyncContextManager[tuple[RunningConfigJob, Report]]:
        return run_of(self._job, lease, kind)


__all__ = ["ConfigSession"]

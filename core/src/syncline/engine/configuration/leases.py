"""Exclusive use of objects: one writer at a time, between tasks and between processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from attrs import define

from ...errors import LeaseLost
from ...fencing import fenced
from ...model import Ref
from ...state.records import Lease
from ..runs.lease import LEASE_SECONDS, renewing
from .context import RunningConfigJob


class Busy(Exception):
    """Another process, or another job, is at this object; it is looked at again."""

    def __init__(self, ref: Ref, holder: str) -> None:
        self.ref = ref
        super().__init__(f"{ref} is being worked on by {holder}")


@define
class ObjectLeases:
    """The leases of some objects, for as long as they last; commits name the first one."""

    held: list[Lease]

    @property
    def fence(self) -> Lease:
        return self.held[0]


@asynccontextmanager
async def at_objects(job: RunningConfigJob, refs: Sequence[Ref]) -> AsyncIterator[ObjectLeases]:
    """Be the only one at these objects; the first is the one whose field is managed.

    Tasks of this job wait for each other. Another process is not waited for, nor another job of
    this one: its objects may be the same.

    Raises:
        Busy: somebody else is at one of them.
    """
    async with job.process.turns.of(refs, run=job.run):
        leases = ObjectLeases([])
        try:
            for ref in refs:
                leases.held.append(_lease(job, ref))
            async with _kept(job, leases):
                yield leases
        finally:
            for lease in reversed(leases.held):
                job.state.release(lease)


def _lease(job: RunningConfigJob, ref: Ref) -> Lease:
    name = f"item/{ref}"
    known = job.state.holder(name)
    dead = known if known is not None and job.is_dead(_process(known)) else None
    lease = job.state.acquire(name, holder=_holder(job), ttl=LEASE_SECONDS, instead_of=dead)
    if lease is None:
        raise Busy(ref, known or "another process")
    return lease


def _holder(job: RunningConfigJob) -> str:
    # Whoever has a lease may take it again: two sessions are two holders, whatever they are called.
    return f"{job.name}.{job.mark}@{job.holder}"


def _process(holder: str) -> str:
    return holder.rpartition("@")[2]


@asynccontextmanager
async def _kept(job: RunningConfigJob, leases: ObjectLeases) -> AsyncIterator[None]:
    """Renew the leases meanwhile; no write leaves once one of them was taken over."""

    def check() -> None:
        for lease in leases.held:
            job.state.check(lease)

    def keep(index: int) -> asyncio.Task[None]:
        def renewed(lease: Lease) -> None:
            leases.held[index] = lease

        return asyncio.create_task(renewing(job.state, leases.held[index], renewed))

    tasks = [keep(index) for index in range(len(leases.held))]
    try:
        with fenced(check):
            yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError, LeaseLost):
                await task


__all__ = ["Busy", "ObjectLeases", "at_objects"]

"""The job's lease, taken by the first run of a process and given back by the last one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from attrs import define, field

from ...errors import LeaseLost, Refused
from ...fencing import fenced
from ...state.port import StateStore
from ...state.records import Lease
from ..context import RunningJob
from ..writing.abandoned import GIVEN_UP

LEASE_SECONDS = 30.0
"""How long a process that no longer answers keeps a job; a dead one of this host keeps none."""

_ATTEMPTS = 10_000
"""How many creates that were given up are remembered, the latest ones."""


@define(slots=False, kw_only=True)
class JobLease:
    """Exclusive use of a job, shared by everything that goes on in this process.

    The lease is renewed for as long as anything goes on, and every commit names it: once another
    process has taken over, nothing of this one is remembered any more.
    """

    job: RunningJob
    is_dead: Callable[[str], bool]
    _runs: int = field(default=0, init=False)
    _renewing: asyncio.Task[None] | None = field(default=None, init=False)

    @contextlib.asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Hold the lease while the context lasts.

        Raises:
            Refused: another process works on this job.
        """
        if not self._runs:
            self._begin()
        self._runs += 1
        try:
            with fenced(self._check):
                yield
        finally:
            self._runs -= 1
            if not self._runs:
                await self._end()

    def _check(self) -> None:
        lease = self.job.process.lease
        if lease is not None:
            self.job.state.check(lease)

    def learn(self) -> None:
        """Know the open writes of the journal, where no run of this process keeps track of them."""
        if not self._runs:
            job = self.job
            job.process.open_writes.load(job.state.intents(job.name))
            lost = job.state.history(job.name, event=GIVEN_UP, limit=_ATTEMPTS)
            job.process.abandoned.load(reversed(lost))

    def _begin(self) -> None:
        lease = self._leased()
        if lease is None:
            raise Refused(f"job {self.job.name} is being worked on by another process; try later")
        self.learn()
        self._granted(lease)
        self._renewing = asyncio.create_task(renewing(self.job.state, lease, self._granted))

    def _granted(self, lease: Lease) -> None:
        self.job.process.lease = lease

    async def _end(self) -> None:
        process = self.job.process
        lease, process.lease = process.lease, None
        renewing, self._renewing = self._renewing, None
        if lease is not None:
            self.job.state.release(lease)
        if renewing is not None:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError, LeaseLost):
                await renewing

    def _leased(self) -> Lease | None:
        job, name = self.job, f"job/{self.job.name}"
        known = job.state.holder(name)
        dead = known if known is not None and self.is_dead(known) else None
        return job.state.acquire(name, holder=job.holder, ttl=LEASE_SECONDS, instead_of=dead)


async def renewing(state: StateStore, lease: Lease, renewed: Callable[[Lease], None]) -> None:
    """Keep a lease alive until cancelled; every grant of it is told.

    Raises:
        LeaseLost: another holder has it.
    """
    while True:
        await asyncio.sleep(LEASE_SECONDS / 3)
        lease = state.renew(lease, ttl=LEASE_SECONDS)
        renewed(lease)

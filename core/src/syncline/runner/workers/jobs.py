"""The jobs of a runner that work in passes: begun, ended, and followed where they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType

from attrs import define, field

from ...config import Config
from ...errors import StateError
from ...ports import Clock
from ..events import Events
from ..opening import Opened, Openings, accept_pairs
from ..timetable import Timetable
from .agenda import Kind
from .backoff import JobBackoff
from .job import LANES, JobWorker
from .lease import RunnerLease


@define(eq=False, kw_only=True)
class JobWorkers:
    """The jobs of a runner that work in passes, by name."""

    openings: Callable[[], Openings]
    """Opens them; there while the runner is open."""
    lease: Callable[[str], RunnerLease]
    """Makes the lease of that name."""
    clock: Clock
    events: Events
    timetable: Timetable
    random: Callable[[], float]
    drain: float
    """Seconds that a job has to finish the items at hand."""
    _workers: dict[str, JobWorker] = field(factory=dict, init=False)
    _opened: dict[str, Opened] = field(factory=dict, init=False)
    _lanes: dict[str, list[asyncio.Task[None]]] = field(factory=dict, init=False)

    @property
    def by_name(self) -> Mapping[str, JobWorker]:
        """The jobs, in the order of the configuration."""
        return MappingProxyType(self._workers)

    async def start(self, config: Config, name: str, *, running: bool) -> None:
        """Open a job, and work it if the runner runs.

        Raises:
            ConfigError: it cannot be opened.
        """
        opened = self._opened[name] = await self.openings().open(config, name)
        worker = self._workers[name] = JobWorker(
            name=name, settings=config.pass_job(name), session=opened.session,
            lease=self.lease(name), clock=self.clock, events=self.events,
            timetable=self.timetable, backoff=JobBackoff(self.random),
        )  # fmt: skip
        if running:
            self._set_going(worker)

    def open(self) -> None:
        """Begin to work all of them."""
        for worker in self._workers.values():
            self._set_going(worker)

    def _set_going(self, worker: JobWorker) -> None:
        worker.open()
        self._lanes[worker.name] = [
            asyncio.create_task(worker.lane(kind), name=f"{kind} of {worker.name}")
            for kind in LANES
        ]

    def active(self) -> list[str]:
        """Return the names of those that this runner works, and no other."""
        return [name for name, worker in self._workers.items() if worker.role == "active"]

    def due(self, name: str, kind: Kind) -> None:
        """Tell a job that it is time for something."""
        if name in self._workers:
            self._workers[name].due(kind)

    def wake(self, names: Iterable[str]) -> None:
        """Tell jobs that there are hints for them."""
        for name in self._workers.keys() & set(names):
            self._workers[name].wake()

    async def follow(self, config: Config, name: str) -> None:
        """Open a job anew where it, or what it is opened with, differs: between two passes.

        What was put off after a failure is tried at once in any case: whoever has the configuration
        read again may have mended the cause at the vendor.

        Raises:
            ConfigError: it cannot be opened; the job goes on as it was.
        """
        worker, before = self._workers[name], self._opened[name]
        same = worker.settings == config.jobs[name]
        if same and await self.openings().access(config, name) == before.access:
            accept_pairs(config, name, worker.session)
            worker.hurry()
            return
        opened = await self.openings().open(config, name)
        try:
            await worker.exchange(config.pass_job(name), opened.session)
        except BaseException:
            await opened.closing.aclose()
            raise
        self._opened[name] = opened
        await before.closing.aclose()

    def sort(self, names: Sequence[str]) -> None:
        """Have them in this order."""
        self._workers = {name: self._workers[name] for name in names if name in self._workers}

    async def stop(self) -> None:
        """Stop working them, at once, and let other runners have them."""
        for name in list(self._lanes):
            await self._end_lanes(name)
        for worker in self._workers.values():
            with suppress(StateError):
                worker.give_up()

    async def end(self, name: str) -> None:
        """Stop working a job once its items at hand are finished, and close it."""
        worker = self._workers[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(self.drain):
                await worker.drain()
        await self._end_lanes(name)
        worker.give_up()
        del self._workers[name]
        await self._opened.pop(name).closing.aclose()

    async def _end_lanes(self, name: str) -> None:
        tasks = self._lanes.pop(name, [])
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


__all__ = ["JobWorkers"]

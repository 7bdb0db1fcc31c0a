"""The streams of a runner: begun, ended, and begun anew where what they were begun with differs."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

from attrs import define, field, frozen

from ...config import Config, Job, StreamJob
from ...engine.mirroring import StreamMetrics
from ...engine.mirroring.credentials import needed
from ...engine.mirroring.opening import StreamContext, instance_of, privacy_of
from ...ports import Clock
from ...state.port import StateStore
from ..connections import Access
from ..events import Events
from ..opening import access_to
from .lease import RunnerLease
from .stream import StreamWorker, lease_of


@frozen
class _Begun:
    """What a stream was begun with: another one is begun where any of it differs."""

    settings: Job
    of: Job | None
    """The job whose listeners a merge job merges."""
    access: tuple[Access, ...]
    key: str
    """A digest of the key of its hashes."""


@define(eq=False, kw_only=True)
class StreamWorkers:
    """The jobs of a runner that mirror or merge events, by name."""

    state: StateStore
    clock: Clock
    events: Events
    progress: Callable[..., None]
    random: Callable[[], float]
    drain: float
    """Seconds that a stream has to come to its end."""
    lease: Callable[[str], RunnerLease]
    """Makes the lease of that name."""
    _streams: dict[str, StreamWorker] = field(factory=dict, init=False)
    _begun: dict[str, _Begun] = field(factory=dict, init=False)
    _lanes: dict[str, asyncio.Task[None]] = field(factory=dict, init=False)

    @property
    def by_name(self) -> Mapping[str, StreamWorker]:
        """The streams, in the order in which they were begun."""
        return MappingProxyType(self._streams)

    async def start(self, config: Config, name: str, *, running: bool) -> None:
        """Make sure that a stream can be opened, and work it if the runner runs.

        Raises:
            ConfigError: a secret cannot be resolved.
        """
        self._begun[name] = await self._begun_with(config, name)
        job = config.stream_jobs[name]
        instance = _instance(config, name, job)
        self._streams[name] = StreamWorker(
            name=name, settings=job, instance=instance, config=config, state=self.state,
            lease=self.lease(lease_of(name, job, instance)), clock=self.clock, events=self.events,
            progress=self.progress, random=self.random, drain=self.drain,
        )  # fmt: skip
        if running:
            self._set_going(self._streams[name])

    async def _begun_with(self, config: Config, name: str) -> _Begun:
        job = config.jobs[name]
        connections = [config.connections[each] for each in config.connections_of(name)]
        listener = job.listener if job.kind == "events" else None
        access = [
            await access_to(config, each, self.state, self.clock, needed(each, listener))
            for each in connections
        ]
        of = config.jobs[job.of] if job.kind == "merge" else None
        key = ""
        if job.kind == "events":
            context = StreamContext(
                config=config, state=self.state, clock=self.clock, progress=self.progress,
                metrics=StreamMetrics(), random=self.random,
            )  # fmt: skip
            found = (await privacy_of(context, name, job)).key
            key = hashlib.sha256(found.reveal().encode()).hexdigest() if found else ""
        return _Begun(job, of, tuple(access), key)

    def open(self) -> None:
        """Begin to work all of them."""
        for stream in self._streams.values():
            self._set_going(stream)

    def _set_going(self, stream: StreamWorker) -> None:
        stream.open()
        self._lanes[stream.name] = asyncio.create_task(stream.lane(), name=f"of {stream.name}")

    def beat(self) -> None:
        """Keep what is ours, or try to get it."""
        for stream in list(self._streams.values()):
            stream.beat()
            stream.steady()

    async def follow(self, config: Config, name: str, *, running: bool) -> None:
        """Begin a stream anew where it, or what it is opened with, differs.

        Raises:
            ConfigError: a secret cannot be resolved; the stream goes on as it was.
        """
        if name in self._streams:
            if await self._begun_with(config, name) == self._begun[name]:
                return
            await self.end(name)
        await self.start(config, name, running=running)

    def sort(self, names: list[str]) -> None:
        """Have them in this order."""
        self._streams = {name: self._streams[name] for name in names if name in self._streams}

    async def drained(self) -> None:
        """Let all of them come to their end, and stop working them."""
        await asyncio.gather(*(stream.drain() for stream in self._streams.values()))

    async def stop(self) -> None:
        """Stop working them, at once."""
        tasks, self._lanes = list(self._lanes.values()), {}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for stream in self._streams.values():
            stream.give_up()

    async def end(self, name: str) -> None:
        """Let one come to its end, and forget it."""
        stream = self._streams[name]
        with suppress(TimeoutError):
            async with asyncio.timeout(self.drain):
                await stream.drain()
        if (lane := self._lanes.pop(name, None)) is not None:
            lane.cancel()
            await asyncio.wait({lane})
        stream.give_up()
        del self._streams[name], self._begun[name]


def _instance(config: Config, name: str, job: StreamJob) -> str:
    return job.listener if job.kind == "events" else instance_of(config, name, os.environ)


__all__ = ["StreamWorkers"]

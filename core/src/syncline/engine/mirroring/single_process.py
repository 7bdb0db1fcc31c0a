"""What one process needs that drops repeats alone: what was told, and a janitor of its own."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from attrs import define, field

from ...config.jobs.events import EventsJob
from ...config.jobs.zombies import ZombieSettings
from ...errors import SynclineError
from ...events import Batch, EventSink, Lookup, Zombies
from ...events.conversations import Janitor, Patience
from ...state import SqliteState
from .context import Stream, StreamContext
from .deduplication import DedupingSink, StoreKeeper
from .mirror import Mirror

REMEMBER = timedelta(days=3)
"""How long it is known what was told of a conversation that has ended."""


@define(eq=False, kw_only=True)
class LocalConversations:
    """What one process that drops repeats alone keeps of conversations."""

    context: StreamContext
    job: EventsJob
    state: SqliteState
    patience: Patience
    deduping: DedupingSink | None = field(default=None, init=False)

    @classmethod
    def open(
        cls, context: StreamContext, job: EventsJob, folder: Path, stack: AsyncExitStack
    ) -> LocalConversations:
        # One for all listeners of the machine, and a lease sees to it that one of them works.
        state = SqliteState.open(folder / "conversations.db")
        stack.callback(state.close)
        zombies = zombies_of(context, job.zombies, job.source)
        return cls(context=context, job=job, state=state, patience=Patience.of(zombies, REMEMBER))

    def sink(self, sink: EventSink) -> EventSink:
        store = self.state.conversations("", self.patience.due)
        self.deduping = DedupingSink(
            sink=sink, store=store, clock=self.context.clock, repeats=self.context.metrics.dropped
        )
        return self.deduping

    async def with_janitor(self, mirror: Mirror, stack: AsyncExitStack) -> Stream:
        asked = self.job.zombies.connection or self.job.source
        make = self.context.config.connections[asked].connector.lookup
        if make is None or self.deduping is None:
            return mirror
        lookup: Lookup = await self.context.opened(asked, make, "cannot be asked")
        stack.push_async_callback(lookup.aclose)
        keeper = StoreKeeper(
            store=self.deduping.store,
            clock=self.context.clock,
            patience=self.patience,
            source=f"{self.context.config.connections[asked].connector.name}/{self.job.source}",
            tell=lambda events: mirror.tell(Batch(events=events)),
        )
        janitor = Janitor(
            lookup, keeper, self.context.clock, per_minute=self.job.zombies.per_minute
        )
        return MirrorWithJanitor(mirror, janitor)


@define(eq=False)
class MirrorWithJanitor:
    """A mirror, and what goes on beside it for as long as it works."""

    mirror: Mirror
    janitor: Janitor

    async def run(self) -> None:
        beside = asyncio.create_task(self.janitor.run(), name="janitor")
        mirroring = asyncio.create_task(self.mirror.run(), name="mirror")
        try:
            # What the janitor may not ask is for people to mend; it ends the mirror, which is
            # begun again later.
            await asyncio.wait({beside, mirroring}, return_when=asyncio.FIRST_COMPLETED)
            if not mirroring.done():
                await self.mirror.stop(10.0)
                await mirroring
        finally:
            for task in (beside, mirroring):
                task.cancel()
            answers = await asyncio.gather(beside, mirroring, return_exceptions=True)
        for answer in reversed(answers):
            if isinstance(answer, Exception):
                raise answer

    async def stop(self, within: float) -> None:
        await self.mirror.stop(within)


def zombies_of(context: StreamContext, settings: ZombieSettings, source: str) -> Zombies:
    """Return when silent conversations are asked for; by nobody where nobody can be asked.

    The look-up in it says only that there is one; whoever needs it opens it with its secrets.
    """
    asked = settings.connection or source
    can = context.config.connections[asked].connector.lookup is not None
    return Zombies(
        after=settings.thresholds,
        per_minute=settings.per_minute,
        lookup=_not_opened if can else None,
    )


def _not_opened() -> Lookup:
    raise SynclineError("the look-up of silent conversations was never opened")


__all__ = ["REMEMBER", "LocalConversations", "MirrorWithJanitor", "zombies_of"]

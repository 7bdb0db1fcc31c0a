"""Merges the raw topic into the clean one, in as many processes as there are partitions at most."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Mapping
from typing import Any

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.events import MergeJob
from syncline.events.conversations import Janitor, Patience
from syncline.events.lookup import Lookup

from ..settings import Settings
from ..sink import codec
from .desk import Desk
from .failures import Lost
from .member import Member
from .merger import Work
from .topics import partitions

logger = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds before a new member takes over from one that was lost."""
_REFUSED = 900.0
"""Seconds after which the janitor asks again where its credential was refused."""


class KafkaMerge:
    """The `MergeStage` of Kafka: one thread that merges, and a janitor beside it.

    Events, what is known of conversations, and how far was read are one transaction: whatever
    ends it, nothing is lost and nothing is told twice to whoever reads committed records.
    """

    def __init__(self, settings: Settings, context: Context, job: MergeJob) -> None:
        self._settings = settings
        self._context = context
        self._job = job
        self._stop = threading.Event()
        self._ended = asyncio.Event()
        self._ended.set()

    async def run(self) -> None:
        """Work until cancelled or closed.

        Raises:
            Forbidden: rights are missing.
            ConfigError: the topics do not fit, or another process has this instance's name.
            Unavailable: the brokers cannot be asked for the topics, or one is not there.
        """
        count = await asyncio.to_thread(partitions, self._settings, self._job.job)
        desk = Desk(asyncio.get_running_loop())
        work = self._work(desk, count)
        self._ended.clear()
        janitor = asyncio.create_task(self._janitor(desk))
        thread = asyncio.create_task(asyncio.to_thread(self._members, work))
        try:
            await asyncio.shield(thread)
        finally:
            self._stop.set()
            janitor.cancel()
            # A thread cannot be cancelled: it ends at its next look, and commits what is whole.
            await asyncio.gather(thread, janitor, return_exceptions=True)
            self._ended.set()

    async def aclose(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        await self._ended.wait()

    def _work(self, desk: Desk, count: int) -> Work:
        loop, observe = asyncio.get_running_loop(), self._context.observe

        def told(event: str, fields: Mapping[str, Any]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(observe, event, fields)

        zombies = self._job.zombies
        return Work(
            settings=self._settings,
            instance=self._job.instance,
            source=f"syncline/{self._job.job}",
            partitions=count,
            patience=Patience.of(zombies, self._job.remember),
            codec=codec(self._settings),
            recode=(self._settings.encoding, self._settings.envelope) != ("json", "binary"),
            clock=self._context.clock,
            desk=desk,
            observe=told,
            stopping=self._stop.is_set,
        )

    def _members(self, work: Work) -> None:
        while not self._stop.is_set():
            try:
                Member(work).run()
            except Lost as error:
                logger.warning("merging begins anew", extra={"error": str(error)})
                work.observe("merge.lost", {"error": str(error)})
                self._stop.wait(_PAUSE)

    async def _janitor(self, desk: Desk) -> None:
        zombies = self._job.zombies
        if zombies.lookup is None:
            return
        lookup = zombies.lookup()
        try:
            await self._asking(lookup, desk)
        finally:
            await lookup.aclose()

    async def _asking(self, lookup: Lookup, desk: Desk) -> None:
        clock = self._context.clock
        janitor = Janitor(lookup, desk, clock, per_minute=self._job.zombies.per_minute)
        while True:
            try:
                await janitor.run()
            except Forbidden as error:
                # Events are merged all the same; only zombies stay open.
                logger.error("the janitor may not ask", extra={"error": str(error)})
                await clock.sleep(_REFUSED)


__all__ = ["KafkaMerge"]

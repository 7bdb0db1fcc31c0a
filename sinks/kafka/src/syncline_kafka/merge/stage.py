"""Merges the raw topic into the clean one, in as many processes as there are partitions at most."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.events import MergeJob
from syncline.events.conversations import Janitor, Patience
from syncline.events.lookup import Lookup

from ..settings import Settings
from ..sink import codec
from .failures import Fenced, Lost
from .instance_check import require_no_other
from .janitor_channel import Desk
from .member_thread import Attempt
from .merger import Work
from .topics import partitions

logger = logging.getLogger(__name__)

_PAUSE = 1.0
"""Seconds before a new member takes over from one that was lost."""
_SETTLED = 5.0
"""Seconds after which another process that has taken this one's place is in the group."""
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
        self._attempt: Attempt | None = None
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
        try:
            await self._members(work)
        finally:
            self._stop.set()
            janitor.cancel()
            # A thread cannot be cancelled: it ends at its next look, and commits what is whole.
            if self._attempt is not None:
                await self._attempt.end(self._settings.close_timeout.total_seconds())
            await asyncio.gather(janitor, return_exceptions=True)
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
            name=f"syncline-{uuid4().hex[:12]}",
            source=f"syncline/{self._job.job}",
            partitions=count,
            patience=Patience.of(zombies, self._job.remember),
            codec=codec(self._settings),
            recode=(self._settings.encoding, self._settings.envelope) != ("json", "binary"),
            clock=self._context.clock,
            desk=desk,
            observe=told,
        )

    async def _members(self, work: Work) -> None:
        while not self._stop.is_set():
            self._attempt = Attempt(work, self._stop.is_set)
            match await self._attempt.outcome():
                case Lost() as error:
                    await self._begin_anew(error, work)
                case BaseException() as error:
                    raise error

    async def _begin_anew(self, error: Lost, work: Work) -> None:
        """Wait for a moment.

        Raises:
            ConfigError: another process has this instance's name.
        """
        if self._stop.is_set():
            logger.info("what was begun is left to who comes next", extra={"error": str(error)})
            return
        logger.warning("merging begins anew", extra={"error": str(error)})
        self._context.observe("merge.lost", {"error": str(error)})
        fenced = isinstance(error, Fenced)
        await self._context.clock.sleep(_SETTLED if fenced else _PAUSE)
        if fenced and not self._stop.is_set():
            await asyncio.to_thread(require_no_other, work)

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

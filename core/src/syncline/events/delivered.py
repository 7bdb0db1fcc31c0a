"""Events that a queue hands out: whoever owns the queue need not know what its messages say.

A message is taken away once everything that it says is durable, never before. What is handed out
twice says nothing new; it is taken away with what it repeats.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from attrs import define

from ..errors import Forbidden, SynclineError
from ..model import JSON
from ..ports import Clock
from ..redaction import redact
from .event import Event
from .source import Batch, Envelopes

if TYPE_CHECKING:
    from ..config_store import Delivery, Intake

logger = logging.getLogger(__name__)

_FIRST, _LONGEST = 1.0, 60.0
"""Seconds until a queue that cannot be reached is tried again, at first and at most."""


@define(eq=False)
class _Taken:
    """Messages that are not acknowledged yet, with whether what they say is durable."""

    deliveries: list[Delivery]
    durable: bool = False


class DeliveredSource:
    """An `EventSource` whose events come out of a queue."""

    def __init__(self, intake: Intake, envelopes: Envelopes, clock: Clock) -> None:
        self._intake, self._envelopes, self._clock = intake, envelopes, clock
        self._taken: deque[_Taken] = deque()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def batches(self) -> AsyncIterator[Batch]:
        """Yield what messages say, each batch once its messages came.

        Raises:
            Forbidden: the queue may not be read.
        """
        self._task = asyncio.create_task(self._acknowledge(), name="acknowledging")
        pause = _FIRST
        try:
            while True:
                try:
                    deliveries = await self._intake.receive()
                    pause = _FIRST
                except Forbidden:
                    raise
                except SynclineError as error:
                    logger.warning("a queue cannot be read", extra={"error": redact(str(error))})
                    await self._clock.sleep(pause)
                    pause = min(_LONGEST, 2 * pause)
                    continue
                if (batch := await self._batch(deliveries)) is not None:
                    yield batch
                else:
                    await asyncio.sleep(0)
        finally:
            await self._end()

    async def _batch(self, deliveries: Sequence[Delivery]) -> Batch | None:
        events: list[Event] = []
        good: list[Delivery] = []
        for delivery in deliveries:
            try:
                events += self._envelopes.read(envelope_of(delivery.body)) or ()
            except (SynclineError, ValueError) as error:
                await self._failed(delivery, str(error))
            else:
                good.append(delivery)
        if not events:
            self._nothing_new(good)
            return None
        taken = _Taken(good)
        self._taken.append(taken)
        return Batch(events=events, settle=lambda: self._settle(taken))

    def _nothing_new(self, deliveries: list[Delivery]) -> None:
        if self._taken:
            # They may repeat what is not durable yet, and be the same messages.
            self._taken[-1].deliveries += deliveries
        elif deliveries:
            self._taken.append(_Taken(deliveries, durable=True))
            self._news.set()

    def _settle(self, taken: _Taken) -> None:
        taken.durable = True
        self._news.set()

    async def _failed(self, delivery: Delivery, why: str) -> None:
        fields = {"delivery": delivery.id, "error": redact(why)}
        logger.warning("a message makes no sense", extra=fields)
        with suppress(SynclineError):
            await self._intake.failed(delivery, why)

    async def _acknowledge(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self._done()

    async def _done(self) -> None:
        """Take away, in their order, what is durable up to the first that is not."""
        while self._taken and self._taken[0].durable:
            taken = self._taken.popleft()
            try:
                await self._intake.done(taken.deliveries)
            except SynclineError as error:
                # They come again, and say nothing new then.
                fields = {"messages": len(taken.deliveries), "error": redact(str(error))}
                logger.warning("messages could not be taken away", extra=fields)

    async def _end(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self._done()

    async def aclose(self) -> None:
        """Acknowledge what is durable, and close the queue; the rest comes again."""
        await self._end()
        await self._done()
        await self._intake.aclose()


def envelope_of(body: bytes) -> Mapping[str, JSON]:
    """Return the object that a message is.

    Raises:
        ValueError: it is none.
    """
    try:
        envelope = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError(f"a message of {len(body)} bytes is no JSON") from None
    if not isinstance(envelope, dict):
        raise ValueError("a message is no object, as the envelope of an event is")
    return envelope


__all__ = ["DeliveredSource", "envelope_of"]

"""Messages in order, many calls at once, and no more under way than there is room for.

What is known of librdkafka: an idempotent producer keeps the order of a partition over any
retries of its own. Order is lost where we repeat something ourselves while later messages are
under way. So whenever something is to be repeated, nothing new is handed over, all that is under
way comes back first, and what failed goes out again in its old order.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from syncline.errors import Unavailable
from syncline.redaction import redact

from .configuration import Configuration
from .delivery import Record, Tally
from .failures import FORBIDDEN, PURGED, REFUSED, SESSION, failure
from .messages import Message
from .session import Session

logger = logging.getLogger(__name__)

REPLACED = 5
"""Producers in a row that end without one message delivered: then whoever sends is told."""
_BREATH = 500
"""Messages that are handed over without letting other tasks run."""

Observe = Callable[[str, Mapping[str, Any]], None]


class Producing:
    """Hands messages to Kafka in the order of the calls.

    Args:
        window: messages that may be under way at the same time.
        where: what is sent to, for messages of errors.
    """

    def __init__(
        self, configuration: Configuration, *, window: int, where: str, observe: Observe
    ) -> None:
        self._configuration, self._window = configuration, window
        self._where, self._observe = where, observe
        self._numbers = count()
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._under_way = 0
        self._tallies: set[Tally] = set()
        self._backlog: deque[Record] = deque()
        self._suspects = 0
        self._broken: list[KafkaError] | None = None
        """Errors because of which all that is under way is awaited; None where there are none."""
        self._failures = 0
        self._replaced = 0
        self._closed = False
        self._waiting: asyncio.Future[None] | None = None

    @property
    def under_way(self) -> int:
        """How many messages were handed over and not reported."""
        return self._under_way

    async def produce(self, topic: str, messages: Sequence[Message]) -> Mapping[str, str]:
        """Return once all are durable but those that can never be: why, by their ids.

        Raises:
            Forbidden, Unavailable: some are not durable, and so may those of later calls be.
            ConfigError: librdkafka does not take the settings.
        """
        if not messages:
            return {}
        failures = self._failures
        async with self._turn:
            if failures != self._failures:
                # They would come behind those that are sent again.
                raise Unavailable(f"{self._where}: what was sent before failed; send both again")
            tally = Tally(len(messages))
            self._tallies.add(tally)
            try:
                await self._hand_over(topic, messages, tally)
            except BaseException:
                self._tallies.discard(tally)
                raise
        try:
            return await tally.done
        finally:
            self._tallies.discard(tally)

    async def _hand_over(self, topic: str, messages: Sequence[Message], tally: Tally) -> None:
        numbers = self._numbers
        for place, message in enumerate(messages, 1):
            record = Record(next(numbers), topic, message, tally)
            while not self._taken(record):
                await self._room()
                if tally.done.done():
                    return
            if place % _BREATH == 0:
                await asyncio.sleep(0)

    def _taken(self, record: Record) -> bool:
        if self._closed:
            raise Unavailable(f"{self._where}: it is being closed")
        if self._broken is not None or self._backlog or self._under_way >= self._window:
            return False
        return self._put(record)

    def _put(self, record: Record) -> bool:
        """Hand one over; False where it has to wait."""
        if self._session is None:
            self._session = Session(self._configuration, self._drain)
        try:
            self._session.produce(record)
        except BufferError:
            if self._under_way:
                return False
            record.tally.refuse(record.message.id, "it is larger than all that may wait")
            return True
        except KafkaException as error:
            return self._put_failed(record, error.args[0])
        self._under_way += 1
        return True

    def _put_failed(self, record: Record, error: KafkaError) -> bool:
        if error.code() in REFUSED:
            self._refuse(record, error)
            return True
        self._break(error)
        # There may be nothing under way whose report would lead there.
        asyncio.get_running_loop().call_soon(self._drain)
        return False

    async def _room(self) -> None:
        # Only who has the turn waits here, and nobody else.
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await self._waiting
        finally:
            self._waiting = None

    def _drain(self) -> None:
        """Settle what was reported, go on with what has to be repeated, and wake who waits."""
        session = self._session
        if session is None:
            return
        reports = session.taken()
        self._under_way -= len(reports)
        delivered = 0
        for record in reports:
            if record.error is None:
                delivered += 1
                self._suspects -= record.suspect
                record.tally.settle()
            else:
                self._missed(record, record.error)
        if delivered:
            self._replaced = 0
            self._observe("kafka.delivered", {"events": delivered})
        while session.errors:
            self._heard(session.errors.popleft())
        self._mend()
        self._resume()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _missed(self, record: Record, error: KafkaError) -> None:
        code = error.code()
        if code in REFUSED and record.alone:
            self._suspects -= record.suspect
            self._refuse(record, error)
            return
        record.error = None
        self._backlog.append(record)
        if code in REFUSED:
            # Brokers refuse batches, not messages: the others of this one may be innocent.
            self._suspects += not record.suspect
            record.suspect = True
            self._break(None)
        elif code not in PURGED:
            self._break(error)
        elif self._broken is None:
            self._broken = []

    def _refuse(self, record: Record, error: KafkaError) -> None:
        self._observe("kafka.refused", {"topic": record.topic, "reason": error.name()})
        reason = f"{self._where}: {error.name()}: {redact(error.str())}"
        record.tally.refuse(record.message.id, reason)

    def _heard(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._AUTHENTICATION:
            self._break(error)
            return
        self._observe("kafka.error", {"reason": error.name()})
        fields = {"error": error.name(), "said": redact(error.str()), "waiting": self._under_way}
        logger.warning("the brokers cannot be reached as they should; it is tried on", extra=fields)

    def _break(self, error: KafkaError | None) -> None:
        """Hand over nothing more until all that is under way came back."""
        if self._broken is None:
            self._broken = []
        if error is not None:
            self._broken.append(error)
        if self._session is not None:
            # Without a login nothing under way is ever answered.
            unanswered = error is not None and error.code() == KafkaError._AUTHENTICATION
            self._session.purge(in_flight=unanswered)

    def _mend(self) -> None:
        """Once all came back: fail, or go on, with another producer where this one cannot."""
        if self._broken is None or self._under_way:
            return
        errors, self._broken = self._broken, None
        self._backlog = deque(sorted(self._backlog, key=lambda record: record.number))
        final = next((e for e in errors if e.code() not in SESSION and not _session_only(e)), None)
        if errors:
            self._replaced += 1
            self._drop_session()
        if final is None and errors and self._replaced > REPLACED:
            final = errors[0]
        if final is not None:
            self._fail(failure(final, f"{self._where}"))
        elif errors:
            fields = {"error": errors[0].name(), "again": len(self._backlog)}
            logger.warning("the producer is replaced, and goes on where it ended", extra=fields)
            self._observe("kafka.producer", {"reason": errors[0].name()})

    def _resume(self) -> None:
        """Hand over what has to be repeated, one by one while any of it is suspect."""
        while self._backlog and self._broken is None:
            if self._under_way >= (1 if self._suspects else self._window):
                return
            record = self._backlog[0]
            record.alone = self._suspects > 0
            if not self._put(record):
                return
            self._backlog.popleft()

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        self._backlog.clear()
        self._suspects = 0
        for tally in self._tallies:
            tally.fail(error)

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.end()

    async def aclose(self, patience: float) -> None:
        """Wait for what is under way; what remains after `patience` seconds is told and given up.

        Calls that wait for something that remained raise Unavailable.
        """
        self._closed = True
        session = self._session
        if session is None:
            return
        await self._idle(patience)
        if remained := self._under_way + len(self._backlog):
            fields = {"place": self._where, "events": remained}
            logger.error("events were not acknowledged before the end", extra=fields)
            self._fail(
                Unavailable(f"{self._where}: closed before {remained} events were acknowledged")
            )
            session.purge(in_flight=True)
        self._drop_session()
        await session.ended()

    async def _idle(self, patience: float) -> None:
        pending = {tally.done for tally in self._tallies}
        if pending:
            await asyncio.wait(pending, timeout=patience)


def _session_only(error: KafkaError) -> bool:
    return error.fatal() and error.code() not in FORBIDDEN


__all__ = ["REPLACED", "Producing"]

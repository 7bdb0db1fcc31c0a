"""Messages in order, many calls at once, and no more under way than there is room for.

What is known of librdkafka: an idempotent producer keeps the order of a partition over any
retries of its own. Order is lost where we repeat something ourselves while later messages are
under way. So whenever something is to be repeated, nothing new is handed over, all that is under
way comes back first, and what failed goes out again in its old order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from syncline.errors import Unavailable
from syncline.redaction import redact

from .configuration import Configuration
from .delivery import Failed, Tally
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
        self._number = 0
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._under_way = 0
        self._tallies: set[Tally] = set()
        self._backlog: deque[Failed] = deque()
        self._suspects = 0
        self._broken: list[KafkaError] | None = None
        """Errors because of which all that is under way is awaited; None where there are none."""
        self._failures = 0
        self._replaced, self._warned = 0, False
        self._closed = False
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def under_way(self) -> int:
        """How many messages were handed over and not reported."""
        return self._under_way

    def begin(self) -> None:
        """Connect, so that what is sent first does not wait for a session.

        Raises:
            ConfigError: librdkafka does not take the settings.
        """
        self._opened()

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
            tally = Tally(self._number, len(messages))
            self._number += len(messages)
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
        done = 0
        while done < len(messages):
            if self._closed:
                raise Unavailable(f"{self._where}: it is being closed")
            # Nothing is settled while no other task runs: the room is looked at once for many.
            taken = self._taken(
                topic, messages[done : done + min(self._free, _BREATH)], tally, done
            )
            done += taken
            if done < len(messages):
                await (asyncio.sleep(0) if taken else self._room())
            if tally.done.done():
                return

    @property
    def _free(self) -> int:
        """How many may be handed over now."""
        return 0 if self._broken is not None or self._backlog else self._window - self._under_way

    def _taken(self, topic: str, messages: Sequence[Message], tally: Tally, done: int) -> int:
        """Hand over some messages of a call; return how many are settled or under way."""
        session = self._opened()
        number = tally.begun + done
        handed = 0
        try:
            for message in messages:
                session.produce(topic, message, number + handed, tally)
                handed += 1
        except (BufferError, KafkaException) as error:
            self._under_way += handed
            return handed + self._settled(messages[handed], topic, tally, error)
        self._under_way += handed
        return handed

    def _opened(self) -> Session:
        if self._session is None:
            self._session = Session(self._configuration, self._drain)
        return self._session

    def _settled(
        self, message: Message, topic: str, tally: Tally, error: BufferError | KafkaException
    ) -> bool:
        """Refuse a message that was not taken, if that is for good; False where it has to wait."""
        if isinstance(error, BufferError):
            if self._under_way:
                return False
            tally.refuse(message.id, f"{self._where}: it is larger than all that may wait")
            return True
        found: KafkaError = error.args[0]
        if found.code() in REFUSED:
            self._refuse(message, topic, tally, found)
            return True
        self._break(found)
        # There may be nothing under way whose report would lead there.
        asyncio.get_running_loop().call_soon(self._drain)
        return False

    async def _room(self) -> None:
        """Wait until something was settled."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def _wake(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def _drain(self) -> None:
        """Settle what was reported, go on with what has to be repeated, and wake who waits."""
        session = self._session
        if session is None:
            return
        delivered, failed = session.taken()
        for tally, count in delivered.items():
            tally.settle(count)
        self._under_way -= delivered.total() + len(failed)
        for one in failed:
            self._missed(one)
        if delivered:
            self._replaced, self._warned = 0, False
            self._observe("kafka.delivered", {"events": delivered.total()})
        while session.errors:
            self._heard(session.errors.popleft())
        self._mend()
        self._resume()
        self._wake()

    def _missed(self, failed: Failed) -> None:
        error = failed.error
        if error is None or (failed.alone and error.code() in REFUSED):
            self._suspects -= failed.suspect
            if error is None:
                failed.tally.settle()
            else:
                self._refuse(failed.message, failed.topic, failed.tally, error)
            return
        self._backlog.append(failed)
        if error.code() in REFUSED:
            # Brokers refuse batches, not messages: the others of this one may be innocent.
            self._suspects += not failed.suspect
            failed.suspect = True
        self._break(None if error.code() in REFUSED | PURGED else error)

    def _refuse(self, message: Message, topic: str, tally: Tally, error: KafkaError) -> None:
        self._observe("kafka.refused", {"topic": topic, "reason": error.name()})
        tally.refuse(message.id, f"{self._where}: {error.name()}: {redact(error.str())}")

    def _heard(self, error: KafkaError) -> None:
        if error.fatal() or error.code() == KafkaError._AUTHENTICATION:
            self._break(error)
            return
        self._observe("kafka.error", {"reason": error.name()})
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._observe("sink.trouble", {"error": str(failure(error, self._where))})
        fields = {"error": error.name(), "said": redact(error.str()), "waiting": self._under_way}
        # Once for an outage: librdkafka tells of every attempt to connect.
        level = logging.DEBUG if self._warned else logging.WARNING
        sentence = "the brokers cannot be reached as they should; it is tried on"
        logger.log(level, sentence, extra=fields)
        self._warned = True

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
        self._backlog = deque(sorted(self._backlog, key=lambda failed: failed.number))
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
            failed = self._backlog[0]
            failed.alone = self._suspects > 0
            try:
                self._opened().repeat(failed)
                self._under_way += 1
            except (BufferError, KafkaException) as error:
                if not self._settled(failed.message, failed.topic, failed.tally, error):
                    return
            self._backlog.popleft()

    def _fail(self, error: Exception) -> None:
        self._failures += 1
        self._backlog.clear()
        self._suspects = 0
        for tally in self._tallies:
            tally.fail(error)
        self._wake()

    def _drop_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.end()

    async def aclose(self, patience: float) -> None:
        """Wait for what is under way; what remains after `patience` seconds is told and given up.

        Calls that wait for something that remained raise Unavailable.
        """
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self._under_way or self._backlog:
                    await self._room()
        if remained := self._under_way + len(self._backlog):
            fields = {"place": self._where, "events": remained}
            # Nothing is lost: their calls fail below, and a mirror has them on its disk.
            said = "events were not acknowledged before the end; whoever sent them keeps them"
            logger.warning(said, extra=fields)
        self._fail(Unavailable(f"{self._where}: closed before {remained} events were acknowledged"))
        if (session := self._session) is not None:
            session.purge(in_flight=True)
            self._drop_session()
            await session.ended()


def _session_only(error: KafkaError) -> bool:
    return error.fatal() and error.code() not in FORBIDDEN


__all__ = ["REPLACED", "Producing"]

"""One librdkafka producer and the thread that listens to it.

Delivery reports come in that thread. They are put into a queue, and the event loop is told once
for many: one hop for each message would cost more than all the rest.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from syncline.redaction import RedactingFilter

from .configuration import Configuration
from .delivery import Failed, Tally
from .failures import unusable
from .log_throttle import RepetitionFilter
from .messages import Message

librdkafka = logging.getLogger("syncline_kafka.librdkafka")
librdkafka.addFilter(RedactingFilter())
librdkafka.addFilter(RepetitionFilter())
# Where nobody has configured logging, such as in a check, errors are told once: as errors.
librdkafka.addHandler(logging.NullHandler())
_PAUSE = 0.2
"""Seconds that the thread sleeps where there is nothing to hear; it wakes when there is."""


class Session:
    """A producer with its idempotent session; when that is lost, another one takes its place.

    Args:
        heard: called in the event loop after reports or errors came.

    Raises:
        ConfigError: librdkafka does not take the settings.
    """

    def __init__(self, configuration: Configuration, heard: Callable[[], None]) -> None:
        self.delivered: deque[Tally] = deque()
        """The call of each message that was delivered."""
        self.failed: deque[Failed] = deque()
        self.errors: deque[KafkaError] = deque()
        self._heard, self._loop = heard, asyncio.get_running_loop()
        self._told, self._over = False, False
        try:
            # With callables in it, which the types of the package do not know.
            made: dict[str, Any] = {**configuration, "error_cb": self.errors.append}
            self._producer = Producer(made, logger=librdkafka)
        except KafkaException as error:
            raise unusable(error.args[0], "kafka") from error
        self._thread = threading.Thread(target=self._listen, name="kafka-poll", daemon=True)
        self._thread.start()

    def produce(self, topic: str, message: Message, number: int, tally: Tally) -> None:
        """Hand a message over; its report comes into `delivered` or `failed`.

        Raises:
            BufferError: too much waits already.
            KafkaException: it is refused at once.
        """
        _, key, value, headers, timestamp = message
        # Nothing is made for a message but this: it is the greater part of what Python costs here.
        report = partial(self._report, tally, message, number, topic)
        self._producer.produce(
            topic, value, key, on_delivery=report, timestamp=timestamp, headers=headers
        )

    def repeat(self, failed: Failed) -> None:
        """Hand over a message that was not delivered; raises what `produce` raises."""
        _, key, value, headers, timestamp = failed.message
        report = partial(self._report_again, failed)
        self._producer.produce(
            failed.topic, value, key, on_delivery=report, timestamp=timestamp, headers=headers
        )

    def purge(self, *, in_flight: bool) -> None:
        """Take back what was not sent, and give up what was and has no answer, if told so."""
        self._producer.purge(in_queue=True, in_flight=in_flight, blocking=False)

    def taken(self) -> tuple[Counter[Tally], list[Failed]]:
        """Return the reports that came: how many were delivered of each call, and what failed."""
        # From here on the thread tells again: nothing that comes later is forgotten.
        self._told = False
        delivered, failed = self.delivered, self.failed
        return (
            Counter(delivered.popleft() for _ in range(len(delivered))),
            [failed.popleft() for _ in range(len(failed))],
        )

    def end(self) -> None:
        """Let the thread end, and the producer with it; what it still has is lost."""
        self._over = True

    async def ended(self) -> None:
        """Wait until the thread has ended."""
        await asyncio.to_thread(self._thread.join)

    def _report(
        self, tally: Tally, message: Message, number: int, topic: str,
        error: KafkaError | None, _: object,
    ) -> None:  # fmt: skip
        if error is None:
            self.delivered.append(tally)
        else:
            self.failed.append(
                Failed(number=number, topic=topic, message=message, tally=tally, error=error)
            )

    def _report_again(self, failed: Failed, error: KafkaError | None, _: object) -> None:
        failed.error = error
        self.failed.append(failed)

    def _listen(self) -> None:
        while not self._over:
            try:
                self._producer.poll(_PAUSE)
            except KafkaException as error:  # so it tells of fatal errors, and not by `error_cb`
                self.errors.append(error.args[0])
            if not self._told and (self.delivered or self.failed or self.errors):
                self._told = True
                try:
                    self._loop.call_soon_threadsafe(self._heard)
                except RuntimeError:  # the loop is closed, and nobody was left to close this
                    return


__all__ = ["Session", "librdkafka"]

"""Kafka as a sink: an event is durable when all in-sync replicas of its partition have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from syncline.connector import Context
from syncline.errors import Rejected
from syncline.events import Event
from syncline.events.sink import EventsRejected

from .configuration import producer
from .messages import Codec, Header, Message, binary, structured
from .producer import Producing
from .settings import Settings


class KafkaSink:
    """A topic; the event's key is the record's key, and names its partition by murmur2.

    Args:
        topic: that events go to, of those that the settings name.

    Raises:
        ConfigError: librdkafka does not take the settings.
    """

    def __init__(self, settings: Settings, context: Context, *, topic: str) -> None:
        self._topic, self._letters = topic, settings.dead_letter_topic
        self._encode = codec(settings)
        self._patience = settings.close_timeout / timedelta(seconds=1)
        self._producing = Producing(
            producer(settings),
            window=settings.window,
            where=f"kafka: topic {topic!r} of {context.connection}",
            observe=context.observe,
        )
        # A session takes half a second and more: by the time the source has connected, it is there.
        self._producing.begin()

    async def send(self, batch: Sequence[Event]) -> None:
        """Return once every event is durable; see `EventSink.send`.

        An outage raises nothing: it is waited for, and `window` events wait at most.

        Raises:
            EventsRejected: these can never be accepted, nor by the topic for dead letters; all
                others are durable.
            Forbidden: the login, or a right to the topic, is missing.
            Unavailable: it is closed, or the topic is not there.
        """
        refused: dict[str, str] = {}
        messages = [message for event in batch if (message := self._encoded(event, refused))]
        refused |= await self._producing.produce(self._topic, messages)
        if refused:
            await self._set_aside(messages, refused)

    def _encoded(self, event: Event, refused: dict[str, str]) -> Message | None:
        try:
            return self._encode(event)
        except Rejected as error:
            refused[event.id] = str(error)
            return None

    async def _set_aside(self, messages: Sequence[Message], refused: Mapping[str, str]) -> None:
        left = dict(refused)
        if self._letters:
            letters = [_letter(m, self._topic, left[m.id]) for m in messages if m.id in left]
            kept = {letter.id for letter in letters}
            again = await self._producing.produce(self._letters, letters)
            left = {id_: why for id_, why in left.items() if id_ not in kept or id_ in again}
        if left:
            raise EventsRejected(left)

    async def aclose(self) -> None:
        """Wait for what is under way, as long as `close_timeout` says."""
        await self._producing.aclose(self._patience)


def codec(settings: Settings) -> Codec:
    """Return how events are written."""
    if settings.encoding == "avro":
        # Late: only who writes Avro needs what writes it.
        from .avro import avro

        return avro()
    return structured if settings.envelope == "structured" else binary


def _letter(message: Message, topic: str, reason: str) -> Message:
    why: list[Header] = [
        ("syncline-topic", topic.encode()),
        ("syncline-reason", reason.encode("utf-8", "backslashreplace")),
    ]
    # Its own time may be what was refused: 0 is the time at which it is written.
    return message._replace(headers=[*message.headers, *why], timestamp=0)


__all__ = ["KafkaSink", "codec"]

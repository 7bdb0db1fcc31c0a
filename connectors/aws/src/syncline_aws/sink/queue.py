"""A FIFO queue of SQS as a sink: events of one item arrive in order, and once within 5 minutes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from syncline.connector import Context
from syncline.events import Event

from ..calling import Calls
from ..settings import Settings
from .entries import Failure, delivered
from .packing import fitting, packed, rounds, text_of

_NAME = re.compile(r"[!-~]{1,128}")
"""What a message group and a de-duplication id may be (SQS, SendMessage)."""


def group_of(key: str) -> str:
    """Return the message group of a key; one that SQS would refuse becomes its hash."""
    return key if _NAME.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()


class QueueSink:
    """A FIFO queue: the event's key is the message group, its id the de-duplication id."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._url = settings.sink_queue
        self._calls, self._clock = Calls(settings, context), context.clock

    async def send(self, batch: Sequence[Event]) -> None:
        """Send events, each key in order; those that the queue did not take are sent again.

        Raises:
            Rejected, Forbidden, RateLimited, Unavailable
        """
        for event in batch:
            fitting(event, _size(event))
        what = f"sqs SendMessageBatch to {self._url}"
        for one_each in rounds(batch):
            for part in packed(one_each, _size):
                await delivered(part, self._put, self._clock, what)

    async def _put(self, events: Sequence[Event]) -> Mapping[int, Failure]:
        entries = [
            {
                "Id": str(place),
                "MessageBody": text_of(event),
                "MessageGroupId": group_of(event.key),
                "MessageDeduplicationId": group_of(event.id),
            }
            for place, event in enumerate(events)
        ]
        # Repeating is safe: the queue knows the ids.
        told = await self._calls.read(
            "sqs", "send_message_batch", QueueUrl=self._url, Entries=entries
        )
        return {
            int(entry["Id"]): (
                str(entry.get("Code", "")), str(entry.get("Message", "")),
                bool(entry.get("SenderFault")),
            )
            for entry in told.get("Failed") or ()
        }  # fmt: skip

    async def aclose(self) -> None:
        """Close the connections."""
        await self._calls.aclose()


def _size(event: Event) -> int:
    return len(text_of(event).encode())


__all__ = ["QueueSink", "group_of"]

"""What is under way: each call of `produce`, and each of its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from confluent_kafka import KafkaError

from .messages import Message


class Tally:
    """One call: how many of its messages are not settled, and which were refused."""

    __slots__ = ("done", "left", "refused")

    def __init__(self, count: int) -> None:
        self.left = count
        self.refused: dict[str, str] = {}
        self.done: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()

    def settle(self) -> None:
        """Count one message as settled."""
        self.left -= 1
        # Whoever waited may have been cancelled meanwhile.
        if not self.left and not self.done.done():
            self.done.set_result(self.refused)

    def refuse(self, id_: str, reason: str) -> None:
        """Count one message as settled, because it can never be accepted."""
        self.refused[id_] = reason
        self.settle()

    def fail(self, error: Exception) -> None:
        """End the call: its messages have to be sent again."""
        if not self.done.done():
            self.done.set_exception(error)


class Record:
    """One message on its way; slots and no more, because there is one for each event."""

    __slots__ = ("alone", "error", "message", "number", "suspect", "tally", "topic")

    def __init__(self, number: int, topic: str, message: Message, tally: Tally) -> None:
        self.number = number
        """Its place among all that were ever sent: what is sent again keeps the order."""
        self.topic = topic
        self.message = message
        self.tally = tally
        self.error: KafkaError | None = None
        """What the report says, once there is one."""
        self.suspect = False
        """It was refused together with others of its batch, and any of them may be the reason."""
        self.alone = False
        """It is in a batch of its own: what is said of the batch, is said of it."""


__all__ = ["Record", "Tally"]

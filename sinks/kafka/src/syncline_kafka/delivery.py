"""What is under way: each call of `produce`, and each of its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from attrs import define
from confluent_kafka import KafkaError

from .messages import Message


class Tally:
    """One call: how many of its messages are not settled, and which were refused."""

    __slots__ = ("begun", "done", "left", "refused")

    def __init__(self, begun: int, count: int) -> None:
        self.begun = begun
        """Place of its first message among all that were ever sent."""
        self.left = count
        self.refused: dict[str, str] = {}
        self.done: asyncio.Future[Mapping[str, str]] = asyncio.get_running_loop().create_future()

    def settle(self, count: int = 1) -> None:
        """Count messages as settled."""
        self.left -= count
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


@define(eq=False, kw_only=True)
class Failed:
    """One message that was not delivered; those that were need no more than their tally."""

    number: int
    """Its place among all that were ever sent: what is sent again keeps the order."""
    topic: str
    message: Message
    tally: Tally
    error: KafkaError | None
    """What the last report said; None once it was delivered after all."""
    suspect: bool = False
    """It was refused together with others of its batch, and any of them may be the reason."""
    alone: bool = False
    """It is in a batch of its own: what is said of the batch, is said of it."""


__all__ = ["Failed", "Tally"]

"""An SQS queue: polled in a thread of its own, kept from others while messages are worked.

A message stays in the queue until what it says is stored. One that fails becomes visible again
after a while; after so many times the queue's own redrive policy moves it to its dead letters.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from attrs import evolve, frozen
from botocore.exceptions import BotoCoreError, ClientError

from syncline.config_store import Delivery
from syncline.connector import Context
from syncline.errors import SynclineError

from ..calling import Calls
from ..clients import Clients
from ..failures import failure
from ..settings import Settings
from .batches import MOST, each
from .messages import FIRST, delivery, longest, waits
from .polling import Messages, Poll

_LONGER = timedelta(seconds=10)
"""How much longer than a poll its answer may take."""
_NOBODYS = "nobodys-receipt"
_ATTRIBUTES = ["ApproximateReceiveCount", "MessageGroupId"]


@frozen
class _Held:
    """A message that was handed out and is neither done nor failed."""

    delivery: Delivery
    since: float


class SqsIntake:
    """The queue of one connection; an `Intake`.

    On a FIFO queue the rest of a group waits for the message that failed: what was handed out of it
    is given back, and `done` leaves it alone. From then on messages are taken one by one for a
    while, because each that is received along with the failed one would count as having failed,
    too, and end in the dead letters with it.

    Args:
        first: seconds that a message waits after its first failure; doubled each time.
    """

    def __init__(self, settings: Settings, context: Context, *, first: float = FIRST) -> None:
        self._url, self._first = settings.queue, first
        self._fifo = settings.queue.endswith(".fifo")
        self._wait = math.ceil(settings.queue_wait.total_seconds())
        self._visibility = math.ceil(settings.visibility.total_seconds())
        self._clock = context.clock
        self._calls = Calls(settings, context)
        patient = max(settings.read_timeout, settings.queue_wait + _LONGER)
        self._patient = Clients(evolve(settings, read_timeout=patient))
        self._held: dict[str, _Held] = {}
        self._poll: Poll | None = None
        self._careful_until = -math.inf
        self._beating: asyncio.Task[None] | None = None

    async def reach(self) -> None:
        """Do nothing but find out whether the queue is there and may be used; takes nothing.

        AWS: ChangeMessageVisibility of a receipt that nobody has fails for that entry alone, and
        needs no right that working messages does not need.

        Raises:
            StoreError: it cannot be used.
        """
        try:
            await self._extend({_NOBODYS: 0.0})
        except SynclineError as error:
            error.args = (f"queue {self._url}: {error}",)
            raise

    # -- receiving -------------------------------------------------------------------------------

    async def receive(self) -> Sequence[Delivery]:
        """Return the next messages; waits up to `queue_wait` for one.

        Raises:
            StoreError: the queue cannot be read.
        """
        if self._poll is None:
            self._poll = Poll(self._asking(), self._return, self._patient.close)
        poll = self._poll
        try:
            # Whoever is cancelled here finds the messages with the next call.
            messages = await asyncio.shield(poll.answer)
        except (ClientError, BotoCoreError) as error:
            now, tried = self._clock.now(), f"sqs ReceiveMessage of {self._url}"
            raise failure(error, tried=tried, ref=None, write=False, now=now) from error
        finally:
            if poll.answer.done():
                self._poll = None
        return self._handed_out(messages)

    def _asking(self) -> Any:
        careful = self._clock.monotonic() < self._careful_until
        params: dict[str, Any] = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": 1 if careful else MOST,
            "WaitTimeSeconds": self._wait,
            "VisibilityTimeout": self._visibility,
            "MessageSystemAttributeNames": _ATTRIBUTES,
        }
        if self._fifo:
            # A repetition of a call whose answer was lost gets the same messages.
            params["ReceiveRequestAttemptId"] = uuid4().hex

        def ask() -> Messages:
            found = self._patient.client("sqs").receive_message(**params)
            messages: Messages = found.get("Messages") or ()
            return messages

        return ask

    def _handed_out(self, messages: Messages) -> Sequence[Delivery]:
        now = self._clock.monotonic()
        found = [delivery(message, fifo=self._fifo) for message in messages]
        self._held.update({one.receipt: _Held(one, now) for one in found})
        if found and self._beating is None:
            self._beating = asyncio.create_task(self._beat(), name="heartbeat of a queue")
        return found

    def _return(self, messages: Messages) -> None:
        """Make messages visible again that nobody took; called from the thread of a poll."""
        entries = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for n, message in enumerate(messages)
        ]
        client = self._patient.client("sqs")
        client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    # -- acknowledging ---------------------------------------------------------------------------

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        """Delete messages; one that is not ours any more comes again, and does no harm.

        Raises:
            StoreError: they could not be deleted.
        """
        ours = [one.receipt for one in deliveries if one.receipt in self._held]
        entries = {receipt: {"ReceiptHandle": receipt} for receipt in ours}
        await each(self._calls, "delete_message_batch", self._url, entries)
        self._forget(ours)

    async def failed(self, delivery: Delivery, why: str) -> None:
        """Let a message come again later; on a FIFO queue, the rest of its group after it.

        Raises:
            StoreError: the queue cannot be reached: its time runs out by itself.
        """
        held = self._held.get(delivery.receipt)
        if held is None:
            return
        now = self._clock.monotonic()
        delay = waits(delivery.received, now - held.since, first=self._first)
        wanted = {delivery.receipt: delay}
        if self._fifo:
            # Long enough for the failed one to come, and to be seen to.
            self._careful_until = max(self._careful_until, now + delay + self._visibility)
            # The group is blocked for as long as its first message is invisible.
            wanted |= dict.fromkeys(self._group(delivery), 0.0)
        self._forget(wanted)
        await self._extend(wanted)

    def _group(self, delivery: Delivery) -> list[str]:
        return [
            receipt
            for receipt, held in self._held.items()
            if held.delivery.group == delivery.group and receipt != delivery.receipt
        ]

    def _forget(self, receipts: Iterable[str]) -> None:
        for receipt in receipts:
            self._held.pop(receipt, None)

    async def _extend(self, seconds: dict[str, float]) -> None:
        entries = {
            receipt: {"ReceiptHandle": receipt, "VisibilityTimeout": math.ceil(left)}
            for receipt, left in seconds.items()
        }
        # What cannot be kept is somebody else's: it is not deleted, and not kept any longer.
        self._forget(await each(self._calls, "change_message_visibility_batch", self._url, entries))

    async def _beat(self) -> None:
        """Keep what is being worked from others, until cancelled."""
        while True:
            await self._clock.sleep(self._visibility / 3)
            now = self._clock.monotonic()
            kept = {
                receipt: min(self._visibility, left)
                for receipt, held in self._held.items()
                if (left := longest(now - held.since)) > 0
            }
            # A queue that cannot be reached is tried again in a moment.
            with suppress(SynclineError):
                await self._extend(kept)

    async def aclose(self) -> None:
        """End the polling; what was handed out and is not done comes again in its time."""
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating
        poll, self._poll = self._poll, None
        if poll is None or not poll.abandon():
            await self._untaken(poll)
            self._patient.close()
        self._held.clear()
        await self._calls.aclose()

    async def _untaken(self, poll: Poll | None) -> None:
        """Give back what a poll has brought that nobody took."""
        with suppress(ClientError, BotoCoreError):
            if poll is not None and (left := await poll.answer):
                await asyncio.to_thread(self._return, left)


__all__ = ["SqsIntake"]

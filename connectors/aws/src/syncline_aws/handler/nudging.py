"""Messages of this function to itself: what was stored is worked by the next invocation.

They carry no hints, those are in the state: a message that is lost costs time until the schedule,
and nothing else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from ..sink.queue import group_of
from .house import House
from .shapes import Order

logger = logging.getLogger(__name__)

SOON = 1.0
"""Seconds after which hints are worked: those that come meanwhile share a message."""
ROUNDS = 12
"""How often in a row an order goes on by a message. AWS stops functions that invoke themselves
through a queue after some 16 times; the schedule goes on then."""
_MOST_DELAY = 900
"""Seconds (SQS, SendMessage)."""
_MARGIN = timedelta(seconds=0.2)
_DUE = "a message for hints is due at"


async def nudge_hints(house: House, jobs: Collection[str], *, delay: float = SOON) -> bool:
    """Have the hints of some jobs worked after a while; return whether there is a queue.

    Of each job one message is under way at a time: what is stored before it comes is worked by it.
    """
    if not house.queue:
        return False
    now = house.clock.now()
    for job in sorted(jobs):
        if not _on_its_way(house, job, now):
            house.state.cache(job, _DUE, (now + timedelta(seconds=delay)).isoformat())
            await send(house, Order(do="hints", jobs=(job,)), delay)
    return True


def _on_its_way(house: House, job: str, now: datetime) -> bool:
    text = house.state.cached(job, _DUE)
    return bool(text) and datetime.fromisoformat(str(text)) > now + _MARGIN


async def go_on(house: House, order: Order) -> bool:
    """Have the next invocation go on with an order; return whether it will."""
    if not house.queue or order.round >= ROUNDS:
        return False
    await send(house, order, 0)
    return True


async def send(house: House, order: Order, delay: float) -> None:
    """Send an order to the queue; a queue that cannot be reached is said, and no failure."""
    params: dict[str, object] = {
        "QueueUrl": house.queue,
        "MessageBody": json.dumps(order.message()),
    }
    if house.queue.endswith(".fifo"):
        group = "syncline/" + "/".join(order.jobs)
        # A FIFO queue has no delay of single messages; two orders are never the same one.
        params |= {"MessageGroupId": group_of(group), "MessageDeduplicationId": uuid4().hex}
    else:
        params["DelaySeconds"] = min(_MOST_DELAY, math.ceil(delay))
    try:
        await asyncio.to_thread(lambda: house.clients.client("sqs").send_message(**params))
    except (ClientError, BotoCoreError) as error:
        logger.warning(
            "the queue cannot be reached; the schedule goes on", extra={"error": str(error)}
        )


__all__ = ["ROUNDS", "go_on", "nudge_hints", "send"]

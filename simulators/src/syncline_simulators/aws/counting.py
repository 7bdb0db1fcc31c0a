"""Queues of moto that read the clock once where they look at all of their messages.

For each message that is sent moto 5.2.5 counts those that wait, up to twelve times, and reads its
clock twice for each that it looks at, in 10 µs: a queue with a thousand messages takes no more than
a few in a second.
"""

from __future__ import annotations

import functools
import time
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sqs import models


def quicken() -> None:
    """Exchange the counting in this process."""
    queue = models.Queue
    exchanged = {
        "messages": property(_waiting),
        "approximate_number_of_messages": property(lambda one: len(_waiting(one))),
        "approximate_number_of_messages_delayed": property(_delayed),
        "approximate_number_of_messages_not_visible": property(_handed_out),
    }
    for name, found in exchanged.items():
        getattr(queue, name)  # a moto that calls it otherwise is to be looked at
        setattr(queue, name, found)
    # The names of fourteen attributes, rewritten for each message.
    named = functools.cache(camelcase_to_underscores)
    setattr(models, "camelcase_to_underscores", named)  # noqa: B010


def _now() -> float:
    """Return the time in milliseconds, as `unix_time_millis` does."""
    return time.time() * 1000


def _waiting(queue: Any) -> list[Any]:
    now = _now()
    return [one for one in queue._messages if one.visible_at < now >= one.delayed_until]


def _delayed(queue: Any) -> int:
    now = _now()
    return sum(now < one.delayed_until for one in queue._messages)


def _handed_out(queue: Any) -> int:
    now = _now()
    return sum(now <= one.visible_at for one in queue._messages)


__all__ = ["quicken"]

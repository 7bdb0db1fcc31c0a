"""Events in batches that a call can carry. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from syncline.errors import Rejected
from syncline.events import Event

T = TypeVar("T")

MOST = 10
"""Entries of one call (EventBridge PutEvents, SQS SendMessageBatch)."""
SIZE = 256 * 1024
"""Bytes of one call. SQS has taken more since 2025; EventBridge has not been asked."""


def text_of(event: Event) -> str:
    """Return an event as it is sent."""
    return json.dumps(event.canonical(), separators=(",", ":"), ensure_ascii=False)


def packed(items: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Yield the items in order, in parts that one call can carry."""
    part: list[T] = []
    total = 0
    for item in items:
        bytes_ = size(item)
        if part and (len(part) == MOST or total + bytes_ > SIZE):
            yield part
            part, total = [], 0
        part.append(item)
        total += bytes_
    if part:
        yield part


def rounds(events: Sequence[Event]) -> Iterator[list[Event]]:
    """Yield the events so that each round has every key once, and keys keep their order.

    Of a batch some entries may fail and others not: two of one key in one batch could be exchanged.
    """
    left = list(events)
    while left:
        seen: set[str] = set()
        now: list[Event] = []
        later: list[Event] = []
        for event in left:
            (later if event.key in seen else now).append(event)
            seen.add(event.key)
        yield now
        left = later


def fitting(event: Event, size: int) -> None:
    """Do nothing where an event fits into a call.

    Raises:
        Rejected: it is too large.
    """
    if size > SIZE:
        raise Rejected(f"event {event.id} has {size} bytes, and a call carries {SIZE}")


__all__ = ["MOST", "SIZE", "fitting", "packed", "rounds", "text_of"]

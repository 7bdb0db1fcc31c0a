"""SQS batches: what messages say is stored; those that make no sense are reported, and no other."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from attrs import frozen

from syncline.config_store import Delivery
from syncline.errors import StateError
from syncline.runner.intaking import understood

from .house import House
from .shapes import KEY, Order, Unknown, order

logger = logging.getLogger(__name__)


@frozen
class Taken:
    """What became of a batch."""

    failed: frozenset[str]
    """Ids of the messages that stay in the queue."""
    jobs: frozenset[str] = frozenset()
    """Jobs that have hints to look at."""
    orders: Sequence[Order] = ()


async def take(house: House, deliveries: Sequence[Delivery]) -> Taken:
    """Store what a batch says."""
    poison = {one.id: why for one in deliveries if (why := _poison(house, one))}
    for id_, why in poison.items():
        logger.warning("a message makes no sense", extra={"delivery": id_, "error": why})
    tried = [one for one in deliveries if one.id not in left(deliveries, poison)]
    orders = {one.id: found for one in tried if (found := _order(one.body)) is not None}
    said = understood([one for one in tried if one.id not in orders], await house.readers())
    for one, why in said.failed:
        logger.warning("a message makes no sense", extra={"delivery": one.id, "error": why})
    done = {one.id for one in said.done} | orders.keys()
    failed = left(deliveries, {one.id for one in deliveries} - done)
    try:
        jobs = house.hint(said.news, kind="config")
    except StateError as error:
        logger.error("a batch was not stored; it comes again", extra={"error": str(error)})
        return Taken(frozenset(one.id for one in deliveries))
    return Taken(failed, jobs, [one for id_, one in orders.items() if id_ not in failed])


def left(deliveries: Sequence[Delivery], failed: Collection[str]) -> frozenset[str]:
    """Return the ids of messages that stay: those that failed, and all after them in their groups.

    A FIFO queue would otherwise lose their order.
    """
    found: set[str] = set()
    stopped: set[str] = set()
    for one in deliveries:
        if one.id in failed or (one.group and one.group in stopped):
            found.add(one.id)
            stopped.add(one.group)
    return frozenset(found)


def reply(failed: Collection[str]) -> dict[str, Any]:
    """Return the partial answer (`ReportBatchItemFailures`)."""
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in sorted(failed)]}


def merged(orders: Sequence[Order], jobs: Collection[str]) -> Iterator[Order]:
    """Yield each order once, however often it was sent, and first the hints that came anew."""
    hints = set(jobs) | {job for one in orders if one.do == "hints" for job in one.jobs}
    if hints:
        yield Order(do="hints", jobs=tuple(sorted(hints)))
    rest = {(one.do, one.jobs): one for one in orders if one.do != "hints" or not one.jobs}
    yield from rest.values()


def _poison(house: House, one: Delivery) -> str:
    try:
        found = _order(one.body)
    except Unknown as error:
        return str(error)
    unknown = [name for name in (found.jobs if found else ()) if name not in house.config.jobs]
    return f"{KEY}: there is no job {unknown[0]!r}" if unknown else ""


def _order(body: bytes) -> Order | None:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return order(event) if isinstance(event, dict) and KEY in event else None


__all__ = ["Taken", "left", "merged", "reply", "take"]

"""SQS batches: what messages say is stored; those that make no sense are reported, and no other."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from syncline.config_store import Delivery, EventReader
from syncline.errors import StateError
from syncline.redaction import redact
from syncline.runner.hints import Delivery as News
from syncline.runner.intakes import interpret

from .house import House
from .shapes import KEY, Order, order

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
    readers = await house.readers()
    said = {one.id: _said(house, one, readers) for one in deliveries}
    bad = {id_: what for id_, what in said.items() if isinstance(what, str)}
    for id_, why in bad.items():
        fields = {"delivery": id_, "error": redact(why)}
        logger.warning("a message makes no sense", extra=fields)
    failed = left(deliveries, bad)
    news: list[News] = []
    orders: list[Order] = []
    for id_, what in said.items():
        if isinstance(what, Order) and id_ not in failed:
            orders.append(what)
        elif isinstance(what, tuple) and id_ not in failed:
            news += what
    try:
        jobs = house.hint(news, kind="config")
    except StateError as error:
        logger.error("a batch was not stored; it comes again", extra={"error": str(error)})
        return Taken(frozenset(one.id for one in deliveries))
    return Taken(failed, jobs, orders)


def _said(
    house: House, one: Delivery, readers: Mapping[str, EventReader]
) -> Order | tuple[News, ...] | str:
    """Return what a message says, or why it makes no sense: whatever it is, others go on."""
    try:
        if (found := _order(one.body)) is not None:
            unknown = [name for name in found.jobs if name not in house.config.pass_jobs]
            return f"{KEY}: there is no job {unknown[0]!r}" if unknown else found
        heard = interpret([one], readers)
        return heard.failed[0][1] if heard.failed else heard.news
    except Exception as error:
        return f"{type(error).__name__}: {error}"


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


def _order(body: bytes) -> Order | None:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return order(event) if isinstance(event, dict) and KEY in event else None


__all__ = ["Taken", "left", "merged", "reply", "take"]

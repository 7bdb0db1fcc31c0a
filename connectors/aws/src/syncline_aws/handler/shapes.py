"""What a Lambda function is invoked with, told apart by its shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attrs import frozen

from syncline.config_store import Delivery

from ..intake.messages import raw

Do: TypeAlias = Literal["due", "hints", "poll", "sync"]
"""What a job does: whatever its timetable says, look at hints, poll, or a full pass."""
KEY = "syncline"
"""The member of an event that is an order: `{"syncline": {"job": "…", "do": "sync"}}`."""
_DOS: Mapping[str, Do] = {"due": "due", "hints": "hints", "poll": "poll", "sync": "sync"}
_ORDER = frozenset({"job", "jobs", "do", "round"})


class Unknown(ValueError):
    """Nothing that this function understands; names no values."""


@frozen
class Web:
    """A request of API Gateway (payload 1.0 or 2.0) or of a function URL."""

    event: Mapping[str, Any]
    version: Literal[1, 2]


@frozen
class Envelope:
    """An event of EventBridge."""

    event: Mapping[str, Any]


@frozen
class Batch:
    """Messages of an SQS queue, in order."""

    deliveries: Sequence[Delivery]


@frozen(kw_only=True)
class Order:
    """What somebody wants done: a schedule, a person, or this function of the next invocation."""

    do: Do = "due"
    jobs: tuple[str, ...] = ()
    """All jobs of the configuration where there are none."""
    round: int = 0
    """How many invocations before this one did not come to the end of it."""

    def message(self) -> dict[str, Any]:
        """Return it as an event."""
        return {KEY: {"do": self.do, "jobs": list(self.jobs), "round": self.round}}


Invocation: TypeAlias = Web | Envelope | Batch | Order


def recognised(event: Any) -> Invocation:
    """Return what an event is.

    Raises:
        Unknown: none of those.
    """
    match event:
        case {"syncline": _}:
            return order(event)
        case {"httpMethod": str()}:
            return Web(event, 1)
        case {"version": "2.0", "requestContext": {"http": _}}:
            return Web(event, 2)
        case {"Records": [{"eventSource": "aws:sqs"}, *_] as records}:
            return Batch([_delivery(record) for record in records])
        case {"source": "aws.events", "detail-type": "Scheduled Event"}:
            return Order()
        case {"source": str(), "detail-type": str(), "detail": {}}:
            return Envelope(event)
        case dict():
            keys = ", ".join(sorted(map(str, event))[:10])
            raise Unknown(
                f"an event with the members {keys}: neither a request, an SQS batch, an"
                ' EventBridge event nor an order {"syncline": …}'
            )
        case _:
            raise Unknown(f"an event that is a {type(event).__name__}, and no object")


def order(event: Mapping[str, Any]) -> Order:
    """Return the order that `{"syncline": {…}}` is.

    Raises:
        Unknown: it makes no sense.
    """
    found = event[KEY]
    if not isinstance(found, dict):
        raise Unknown(f'{KEY}: an object such as {{"job": "…", "do": "sync"}}')
    if unknown := sorted(set(map(str, found)) - _ORDER):
        known = ", ".join(sorted(_ORDER))
        raise Unknown(f"{KEY}: no member {', '.join(unknown)}; there are {known}")
    if "job" in found and "jobs" in found:
        raise Unknown(f"{KEY}: job and jobs exclude each other")
    return _order(found)


def _order(found: Mapping[str, Any]) -> Order:
    jobs = found.get("jobs", [found["job"]] if "job" in found else [])
    match found.get("do", "due"), jobs, found.get("round", 0):
        case str(do), list(names), int(round_) if do in _DOS and _texts(names):
            return Order(do=_DOS[do], jobs=tuple(names), round=round_)
        case _:
            raise Unknown(f"{KEY}: do is one of {', '.join(_DOS)}, job a text")


def _texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _delivery(record: Mapping[str, Any]) -> Delivery:
    attributes = record.get("attributes") or {}
    # On a standard queue groups share its throughput, and order nothing.
    fifo = str(record.get("eventSourceARN", "")).endswith(".fifo")
    return Delivery(
        id=record["messageId"],
        body=raw(record.get("body") or ""),
        group=attributes.get("MessageGroupId", "") if fifo else "",
        receipt=record.get("receiptHandle", ""),
        received=int(attributes.get("ApproximateReceiveCount", 1)),
    )


__all__ = [
    "Batch", "Do", "Envelope", "Invocation", "Order", "Unknown", "Web", "order", "recognised",
]  # fmt: skip

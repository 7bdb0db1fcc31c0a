"""From what SQS hands out to what the engine takes, and how long a failure waits. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from syncline.config_store import Delivery

FIRST, LONGEST = 5.0, 900.0
"""Seconds that a message waits after its first failure, and at most."""
LIFE = 12 * 3600.0
"""Seconds for which a message can be kept from others, counted from its receipt (SQS,
ChangeMessageVisibility)."""
_MARGIN = 60.0


def delivery(message: Mapping[str, Any], *, fifo: bool) -> Delivery:
    """Return one message of `ReceiveMessage`.

    Args:
        fifo: of a FIFO queue; on a standard one groups share its throughput, and order nothing.
    """
    attributes: Mapping[str, str] = message.get("Attributes") or {}
    return Delivery(
        id=message["MessageId"],
        body=raw(message.get("Body", "")),
        group=attributes.get("MessageGroupId", "") if fifo else "",
        receipt=message["ReceiptHandle"],
        received=int(attributes.get("ApproximateReceiveCount", 1)),
    )


def raw(body: str) -> bytes:
    """Return the bytes of a body; one that is an object in base64 is decoded.

    SQS carries texts alone: whoever forwards bytes to it encodes them.
    """
    text = body.strip()
    if not text.startswith("{"):
        try:
            decoded = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return body.encode()
        if decoded.lstrip().startswith(b"{"):
            return decoded
    return body.encode()


def waits(received: int, held: float, *, first: float = FIRST) -> float:
    """Return the seconds that a message waits after a failure.

    Args:
        received: how many times it has been handed out.
        held: the seconds since it was handed out this time.
    """
    growing = first * 2.0 ** min(max(received, 1) - 1, 16)
    return max(0.0, min(growing, LONGEST, longest(held)))


def longest(held: float) -> float:
    """Return for how many seconds a message can still be kept from others."""
    return max(0.0, LIFE - _MARGIN - held)


__all__ = ["FIRST", "LIFE", "LONGEST", "delivery", "longest", "raw", "waits"]

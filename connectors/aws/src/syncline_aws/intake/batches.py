"""Calls of SQS that take up to ten entries: those that fail alone are tried again."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..calling import Calls

logger = logging.getLogger(__name__)

MOST = 10
"""Entries of one call (SQS, all batch operations)."""
_TRIES = 4
_FIRST = 0.2
"""Seconds before the first repetition, doubled each time."""


async def each(
    calls: Calls, operation: str, queue: str, entries: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """Do something to every entry; return the keys of those that it could not be done to.

    Args:
        operation: boto3's name of a batch operation that may be repeated.
        entries: by a key of the caller's, the members of each entry without its `Id`.

    Raises:
        StoreError: a whole call failed.
    """
    lost: set[str] = set()
    for part in _parts(list(entries)):
        lost |= await _tenth(calls, operation, queue, {key: entries[key] for key in part})
    return frozenset(lost)


async def _tenth(
    calls: Calls, operation: str, queue: str, entries: Mapping[str, Mapping[str, Any]]
) -> set[str]:
    left, lost = dict(entries), set[str]()
    for attempt in range(_TRIES):
        if attempt:
            await calls.clock.sleep(_FIRST * 2 ** (attempt - 1))
        ids = dict(zip(map(str, range(MOST)), left, strict=False))
        listed = [{"Id": id_, **left[key]} for id_, key in ids.items()]
        told = await calls.read("sqs", operation, QueueUrl=queue, Entries=listed)
        failed = {ids[entry["Id"]]: entry for entry in told.get("Failed") or ()}
        for key, entry in failed.items():
            if entry.get("SenderFault"):  # a receipt that is too old, say: trying again is in vain
                lost.add(key)
                fields = {"operation": operation, "code": entry.get("Code")}
                logger.info("a message is not ours any more", extra=fields)
        left = {key: left[key] for key in failed if key not in lost}
        if not left:
            return lost
    logger.warning("some entries failed", extra={"operation": operation, "entries": len(left)})
    return lost | set(left)


def _parts(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), MOST):
        yield keys[start : start + MOST]


__all__ = ["MOST", "each"]

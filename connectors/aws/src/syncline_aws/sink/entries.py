"""Calls whose entries fail one by one: those that may do better are sent again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from syncline.errors import Rejected, Unavailable
from syncline.ports import Clock

T = TypeVar("T")

TRIES = 6
FIRST = 0.2
"""Seconds before the first repetition, doubled each time."""

Failure = tuple[str, str, bool]
"""Code, text, and whether it is of no use to send the entry again."""


async def delivered(
    part: Sequence[T],
    send: Callable[[Sequence[T]], Awaitable[Mapping[int, Failure]]],
    clock: Clock,
    what: str,
) -> None:
    """Send entries until each was taken.

    Args:
        send: returns what failed, by its place.
        what: is sent where, for messages.

    Raises:
        Rejected: an entry can never be taken; the others of this part were.
        Unavailable: some were not taken in time.
    """
    left, refused = list(part), list[str]()
    last = ""
    for attempt in range(TRIES):
        if attempt:
            await clock.sleep(FIRST * 2 ** (attempt - 1))
        failed = await send(left)
        refused += [f"{code}: {text}" for code, text, final in failed.values() if final]
        left = [left[place] for place, (_, _, final) in sorted(failed.items()) if not final]
        last = next((f"{c}: {t}" for c, t, final in failed.values() if not final), last)
        if not left:
            break
    if left:
        raise Unavailable(f"{what}: {len(left)} were not taken after {TRIES} tries ({last})")
    if refused:
        raise Rejected(f"{what}: {len(refused)} are refused ({refused[0]})")


__all__ = ["TRIES", "Failure", "delivered"]

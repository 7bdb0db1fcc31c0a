"""Intervals in which something may have been missed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve, frozen

from .plan import Slot


@frozen(kw_only=True)
class Gap:
    """No socket told of some topics between two times."""

    since: datetime
    until: datetime
    topics: frozenset[str]
    """Names that were subscribed to, combined ones as one."""
    why: str
    slot: Slot | None = None
    """None: none of the channels listened."""


def merged(gaps: Iterable[Gap]) -> list[Gap]:
    """Return gaps, those that overlap as one: whoever reads again reads once."""
    found: list[Gap] = []
    for gap in sorted(gaps, key=lambda one: one.since):
        if found and gap.since <= found[-1].until:
            found[-1] = _one(found[-1], gap)
        else:
            found.append(gap)
    return found


def _one(first: Gap, second: Gap) -> Gap:
    why = first.why if second.why in first.why else f"{first.why}; {second.why}"
    return evolve(
        first,
        until=max(first.until, second.until),
        topics=first.topics | second.topics,
        why=why,
        slot=first.slot if first.slot == second.slot else None,
    )


def span(gaps: Sequence[Gap]) -> tuple[datetime, datetime]:
    """Return when the first of them began and the last one ended."""
    return min(gap.since for gap in gaps), max(gap.until for gap in gaps)


__all__ = ["Gap", "merged", "span"]

"""How often throughputs were lowered today, as the state remembers it.

DynamoDB counts decreases itself, but DescribeTable is eventually consistent: right after one it may
tell fewer than there were. What was lowered from here is therefore kept in the state, which all
processes of the connection share, and the greater count holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone

from attrs import evolve, frozen

from syncline.ports import Cache

_KEY = "aws/decreases"
_MOST = 2_000
"""Throughputs that are remembered; of more, those that were lowered last."""


@frozen
class Decreases:
    """The decreases of one throughput in a UTC day."""

    times: int = 0
    last: datetime | None = None

    def of(self, now: datetime) -> Decreases:
        """Return them as of a moment: those of an earlier day count no more."""
        return self if self.last is not None and _day(self.last) == _day(now) else Decreases()

    def more(self, at: datetime) -> Decreases:
        """Return them with one more."""
        return Decreases(self.of(at).times + 1, at)


@frozen
class Book:
    """What is remembered of the throughputs of one connection, by `table/NAME[/index/INDEX]`."""

    _cache: Cache

    def today(self, now: datetime) -> dict[str, Decreases]:
        """Return what was lowered on this UTC day."""
        kept = _read(self._cache.get(_KEY))
        return {name: found for name, found in kept.items() if found.of(now).times}

    def lowered(self, resource: str, told: Decreases, at: datetime) -> None:
        """Remember a decrease that DynamoDB took; `told` were those before it."""
        kept = {**self.today(at), resource: told.more(at)}
        self._cache.put(_KEY, _written(dict([*kept.items()][-_MOST:])))


def greater(told: Decreases, kept: Decreases, now: datetime) -> Decreases:
    """Return what holds of what DynamoDB tells and what is remembered."""
    kept = kept.of(now)
    if kept.last is None or kept.times < told.times:
        return told
    last = kept.last if told.last is None else max(told.last, kept.last)
    return evolve(kept, last=last)


def _read(text: str | None) -> dict[str, Decreases]:
    rows: Mapping[str, tuple[int, str]] = json.loads(text or "{}")
    return {
        name: Decreases(times, datetime.fromisoformat(last)) for name, (times, last) in rows.items()
    }


def _written(kept: Mapping[str, Decreases]) -> str:
    return json.dumps(
        {name: [one.times, one.last.isoformat()] for name, one in kept.items() if one.last}
    )


def _day(at: datetime) -> object:
    return at.astimezone(timezone.utc).date()


__all__ = ["Book", "Decreases", "greater"]

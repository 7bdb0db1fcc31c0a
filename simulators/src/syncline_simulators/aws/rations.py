"""How often a table's throughput may be lowered in one day. Pure.

DynamoDB, Service quotas: up to four decreases at any time of a UTC day, and one more whenever there
was none in the hour before: 27 at most, counted for a table and each of its indexes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

FREE = 4
PAUSE = timedelta(hours=1)


def of_today(decreases: Sequence[datetime], now: datetime) -> list[datetime]:
    """Those of the UTC day that `now` is in."""
    today = now.astimezone(timezone.utc).date()
    return [moment for moment in decreases if moment.astimezone(timezone.utc).date() == today]


def next_decrease(decreases: Sequence[datetime], now: datetime) -> datetime:
    """When one more is allowed: `now` itself, an hour after the last, or the next day."""
    today = of_today(decreases, now)
    if len(today) < FREE or now - today[-1] >= PAUSE:
        return now
    midnight = datetime.combine(
        now.astimezone(timezone.utc).date() + timedelta(days=1), datetime.min.time(), timezone.utc
    )
    return min(today[-1] + PAUSE, midnight)

"""How often DynamoDB lets a throughput be lowered in one day. Pure.

DynamoDB, service quotas: four times at any time of a UTC day, and once more whenever there was no
decrease in the hour before; counted for a table and each index by itself. Raising is not rationed.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

FREE = 4
PAUSE = timedelta(hours=1)


def next_decrease(today: int, last: datetime | None, now: datetime) -> datetime:
    """Return when a throughput may be lowered again; `now` when it may at once.

    Args:
        today: `NumberOfDecreasesToday` as DescribeTable tells it.
        last: `LastDecreaseDateTime`.
    """
    day = now.astimezone(timezone.utc).date()
    if today < FREE or last is None or last.astimezone(timezone.utc).date() != day:
        return now
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), timezone.utc)
    return max(now, min(last + PAUSE, midnight))


__all__ = ["next_decrease"]

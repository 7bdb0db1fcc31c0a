"""Leases in DynamoDB: one conditional update each.

The fence grows with every grant and is never forgotten: a lease is given back by ending it, not by
deleting it. `now` is this machine's clock, so a lease has to last much longer than clocks differ.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from syncline.errors import StateError
from syncline.state.records import Lease

from . import keys
from .refusals import Unknown, lost, pause
from .table import Table
from .wire import Item, value_to_wire

_TRIES = 6
_FREE = "attribute_not_exists(pk) OR expires <= :now OR #owner = :me"
_MINE = "#owner = :me AND fence = :fence"


class Leases:
    """The `LeaseStore` of one table.

    Args:
        taken_over: called before a lease is handed out whose last holder did not give it back.
    """

    def __init__(self, table: Table, taken_over: Callable[[], None] = lambda: None) -> None:
        self._table = table
        self._taken_over = taken_over

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        """Return a lease of `ttl` seconds, or None while another holder has it."""
        now = _milliseconds(time.time())
        condition, values = _FREE, {":me": holder, ":now": now, ":until": now + _milliseconds(ttl)}
        if instead_of is not None:
            condition, values = f"{condition} OR #owner = :dead", {**values, ":dead": instead_of}
        change = "SET #owner = :me, expires = :until ADD fence :one"
        old = self._update(name, condition, change, {**values, ":one": 1}, returned="ALL_OLD")
        if old is None:
            return None
        if old.get("expires", 0):
            self._taken_over()
        return _lease(name, holder, int(old.get("fence", 0)) + 1, now + _milliseconds(ttl))

    def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Extend it.

        Raises:
            LeaseLost: it was taken over.
        """
        until = _milliseconds(time.time() + ttl)
        values = {":me": lease.holder, ":fence": lease.token, ":until": until}
        item = self._update(lease.name, _MINE, "SET #owner = :me, expires = :until", values)
        if item is None:
            raise lost(lease)
        return _lease(lease.name, lease.holder, lease.token, until)

    def release(self, lease: Lease) -> None:
        """End it; the fence stays, so that the next grant is a higher one."""
        values = {":me": lease.holder, ":fence": lease.token, ":ended": 0}
        self._update(lease.name, _MINE, "SET #owner = :me, expires = :ended", values)

    def check(self, lease: Lease) -> None:
        """Do nothing while a lease is the latest grant of its name.

        Raises:
            LeaseLost: it was taken over.
        """
        item = self._table.get(keys.lease(lease.name))
        if item is None or (item["owner"], item["fence"]) != (lease.holder, lease.token):
            raise lost(lease)

    def holder(self, name: str) -> str | None:
        """Return who has or had the lease last."""
        item = self._table.get(keys.lease(name))
        return str(item["owner"]) if item else None

    def _update(
        self,
        name: str,
        condition: str,
        change: str,
        values: dict[str, Any],
        returned: str = "ALL_NEW",
    ) -> Item | None:
        # Without an answer it is simply done again: for the same holder that changes nothing but
        # the fence, which only has to grow.
        for attempt in range(_TRIES):
            try:
                return self._table.update(
                    keys.lease(name),
                    returned,
                    ConditionExpression=condition,
                    UpdateExpression=change,
                    ExpressionAttributeNames={"#owner": "owner"},
                    ExpressionAttributeValues={k: value_to_wire(v) for k, v in values.items()},
                )
            except Unknown:
                pause(attempt)
        raise StateError(f"the table {self._table.name} does not answer about the lease of {name}")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _lease(name: str, holder: str, token: int, expires: int) -> Lease:
    at = datetime.fromtimestamp(expires / 1000, timezone.utc)
    return Lease(name=name, holder=holder, token=token, expires_at=at)

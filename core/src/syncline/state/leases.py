"""Leases in the state file: one holder at a time, and a token that only grows."""

from __future__ import annotations

import time
from datetime import datetime, timezone

from ..errors import LeaseLost
from .database import Database
from .records import Lease


class Leases(Database):
    """The `LeaseStore` in the file; `commit` checks its fence here, in its own transaction."""

    def holder(self, name: str) -> str | None:
        row = self._one("select holder from leases where name=?", name)
        return row[0] if row else None

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        """Return a lease of `ttl` seconds, or None while another holder has it."""
        with self._transaction():
            now = time.time()
            row = self._one("select holder, token, expires_at from leases where name=?", name)
            if row and row[0] not in (holder, instead_of) and row[2] > now:
                return None
            token = (row[1] if row else 0) + 1
            self._db.execute(
                "insert or replace into leases values (?,?,?,?)", (name, holder, token, now + ttl)
            )
        return _lease(name, holder, token, now + ttl)

    def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Extend it.

        Raises:
            LeaseLost: it was taken over.
        """
        with self._transaction():
            self.check(lease)
            until = time.time() + ttl
            self._db.execute("update leases set expires_at=? where name=?", (until, lease.name))
        return _lease(lease.name, lease.holder, lease.token, until)

    def check(self, lease: Lease) -> None:
        """Do nothing while a lease is the latest grant of its name.

        Raises:
            LeaseLost: it was taken over.
        """
        row = self._one("select holder, token from leases where name=?", lease.name)
        if row is None or tuple(row) != (lease.holder, lease.token):
            raise LeaseLost(
                f"{lease.name}: the lease of {lease.holder} was taken over; nothing more is written"
            )

    def release(self, lease: Lease) -> None:
        """Give it back; the token stays, so that the next grant is a higher one."""
        with self._transaction():
            self._db.execute(
                "update leases set expires_at=0 where name=? and holder=? and token=?",
                (lease.name, lease.holder, lease.token),
            )


def _lease(name: str, holder: str, token: int, expires_at: float) -> Lease:
    at = datetime.fromtimestamp(expires_at, timezone.utc)
    return Lease(name=name, holder=holder, token=token, expires_at=at)

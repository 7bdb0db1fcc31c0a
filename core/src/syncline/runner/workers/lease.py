"""Which of several runners works a job: a lease that is kept alive."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from ...errors import LeaseLost
from ...ports import Clock
from ...state.port import StateStore
from ...state.records import Lease

TTL = 15.0
"""Seconds for which a runner that no longer answers keeps its jobs."""
BEAT = 1.0
"""Seconds between two looks at all leases."""
_RENEWALS = 3
"""How often a lease is renewed while it would still last."""
_TRIES = 5
"""How often another's lease is asked for while it would still last."""


def slowest_takeover(ttl: float = TTL, beat: float = BEAT) -> float:
    """Return after how many seconds another runner has a job at the latest, whatever happened.

    The lease was renewed a moment before its holder stopped, and asked for a moment before it ends.
    """
    return ttl + ttl / _TRIES + 2 * beat


@define(kw_only=True)
class RunnerLease:
    """The lease `runner/<job>`: who holds it is active, everybody else stands by."""

    state: StateStore
    job: str
    holder: str
    clock: Clock
    is_dead: Callable[[str], bool]
    ttl: float = TTL
    _lease: Lease | None = field(default=None, init=False)
    _renewed: float = field(default=0.0, init=False)
    _asked: float | None = field(default=None, init=False)

    @property
    def held(self) -> bool:
        """True as far as this process knows; `confirm` makes sure."""
        return self._lease is not None

    @property
    def name(self) -> str:
        """The lease's name in the state."""
        return f"runner/{self.job}"

    def take(self) -> bool:
        """Try to become the active one; a holder that is dead for certain is not waited for."""
        known = self.state.holder(self.name)
        dead = known if known and known != self.holder and self.is_dead(known) else None
        now = self.clock.monotonic()
        if dead is None and self._asked is not None and now - self._asked < self.ttl / _TRIES:
            return False  # asking writes; looking whether somebody died does not
        # Noted before the lease is granted: what counts is the earliest moment it can end.
        self._asked = self._renewed = now
        self._lease = self.state.acquire(
            self.name, holder=self.holder, ttl=self.ttl, instead_of=dead
        )
        if self._lease is not None and known is not None and known != self.holder:
            self._fence_off(known)
        return self.held

    def _fence_off(self, previous: str) -> None:
        """End what the previous runner may still be doing: it can commit nothing from here on."""
        name = f"job/{self.job}"
        if self.state.holder(name) != previous:
            return
        lease = self.state.acquire(name, holder=self.holder, ttl=self.ttl, instead_of=previous)
        if lease is not None:
            self.state.release(lease)

    def confirm(self) -> bool:
        """Tell whether the lease is still ours; it is renewed when a third of its time is over.

        A process that was stopped for long learns here, before it does anything, that another
        has taken over meanwhile.
        """
        if self._lease is None:
            return False
        now = self.clock.monotonic()
        if now - self._renewed < self.ttl / _RENEWALS:
            return True
        try:
            self._lease = self.state.renew(self._lease, ttl=self.ttl)
        except LeaseLost:
            self._lease = None
            return False
        self._renewed = now
        return True

    def release(self) -> None:
        """Give it back, so that another takes over at once."""
        if self._lease is not None:
            self.state.release(self._lease)
            self._lease = self._asked = None


__all__ = ["BEAT", "TTL", "RunnerLease", "slowest_takeover"]

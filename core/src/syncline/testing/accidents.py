"""What can go wrong with a call to a vendor, arranged in advance by a test."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

import attrs

from ..model import Ref


class Effect(Enum):
    """What a failing call did at the vendor before its answer went missing."""

    NONE = "none"
    """Nothing: the request was refused or never arrived."""
    APPLIED = "applied"
    """All of it: only the answer was lost."""
    LATE = "late"
    """Nothing yet: it happens when the test says so (`MemoryStore.land`)."""


@attrs.define(kw_only=True)
class Fault:
    """An arranged failure of the next calls of one kind."""

    op: str
    error: BaseException
    times: int = 1
    """How many calls fail; negative for all."""
    effect: Effect = Effect.NONE
    skip: int = 0
    """How many matching calls succeed first; for a listing, how many heads are given first."""
    ref: Ref | None = None
    """None: whatever the item."""

    def matches(self, op: str, ref: Ref | None) -> bool:
        """True for a call that this fault is about, whether it is due yet or not."""
        return self.times != 0 and self.op == op and self.ref in (None, ref)

    def due(self) -> bool:
        """Count one matching call and tell whether that one fails."""
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Accidents:
    """The failures that are still to come, and the calls that have yet to land."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._late: list[Callable[[], object]] = []

    def arrange(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        """Nothing fails from now on; what was to land late still does."""
        self._faults.clear()

    def peek(self, op: str) -> Fault | None:
        """Return the fault that the next call of this kind will meet, and leave it there."""
        return next((f for f in self._faults if f.matches(op, None)), None)

    def take(self, op: str, ref: Ref | None) -> Fault | None:
        """Return the fault that this call meets, and count it."""
        fault = next((f for f in self._faults if f.matches(op, ref)), None)
        return fault if fault is not None and fault.due() else None

    def postpone(self, action: Callable[[], object]) -> None:
        self._late.append(action)

    def land(self) -> list[Exception]:
        """Carry out every postponed call now; return how those ended that the vendor refused."""
        actions, self._late = self._late, []
        refusals = []
        for action in actions:
            try:
                action()
            except Exception as refusal:
                refusals.append(refusal)
        return refusals

"""What can go wrong with a call to a vendor, arranged in advance by a test."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from enum import Enum
from typing import Any, ClassVar, TypeVar

import attrs

from .. import fencing
from ..model import Change, ChangePage, Cursor, Ref

T = TypeVar("T")


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


class FaultInjection:
    """What every store in memory lets a test arrange, and count, about its calls.

    Args:
        page: hints on a page of the change feed.
        vendor: what the vendor takes that stands behind it.
    """

    log: list[Ref]
    """What the vendor's change feed reads from."""
    _WRITES: ClassVar[frozenset[str]]
    """The kinds of calls that change something."""

    def __init__(self, *args: Any, page: int = 50, **vendor: Any) -> None:
        super().__init__(*args, **vendor)
        self.calls: Counter[str] = Counter()
        """Calls by kind, those that fail included."""
        self.watch: Callable[[str, Ref | None], None] = lambda moment, ref: None
        """Called as `watch("update.before", ref)` and `watch("update.after", ref)` around every
        call; it may act as a person, or raise what a crash raises. A batch has no ref."""
        self.meanwhile: Callable[[str, Ref | None], Awaitable[None]] | None = None
        """Awaited as `meanwhile("update", ref)` at the start of every call: what others do then."""
        self.hints: Callable[[Sequence[Change]], Sequence[Change]] = lambda changes: changes
        """What becomes of a page of hints on its way: lost, repeated, out of order."""
        self._page = page
        self._feed_starts_at = 0
        self._accidents = Accidents()

    # -- arranging trouble ------------------------------------------------------------------

    def fail(
        self,
        op: str,
        error: BaseException,
        *,
        times: int = 1,
        effect: Effect = Effect.NONE,
        skip: int = 0,
        ref: Ref | None = None,
    ) -> None:
        """Let the next `times` calls of the kind `op` fail with `error`; see `Fault`."""
        self._accidents.arrange(
            Fault(op=op, error=error, times=times, effect=effect, skip=skip, ref=ref)
        )

    def recover(self) -> None:
        """Nothing that was arranged with `fail` happens any more."""
        self._accidents.clear()

    def land(self) -> list[Exception]:
        """Let every write arranged as `Effect.LATE` happen now; return the vendor's refusals."""
        return self._accidents.land()

    def forget_feed(self) -> None:
        """Every cursor given out so far has expired."""
        self._feed_starts_at = len(self.log)

    # -- one call ---------------------------------------------------------------------------

    def _arrived(self) -> None:
        """Let happen what a call finds has happened, whatever it wants."""

    async def _turn(self, op: str, ref: Ref | None = None) -> None:
        self.calls[op] += 1
        await asyncio.sleep(0)  # A real call lets other tasks run, too.
        self._arrived()
        if self.meanwhile is not None:
            await self.meanwhile(op, ref)
        self.watch(f"{op}.before", ref)

    async def _call(self, op: str, ref: Ref | None, action: Callable[[], T]) -> T:
        """Carry `action` out at the vendor, with what was arranged for calls of this kind."""
        await self._turn(op, ref)
        if op in self._WRITES:
            fencing.check()  # as the HTTP client does, after all waiting
        fault = self._accidents.take(op, ref)
        if fault is None:
            result = action()
            self.watch(f"{op}.after", ref)
            return result
        if fault.effect is Effect.APPLIED:
            action()
        elif fault.effect is Effect.LATE:
            self._accidents.postpone(action)
        raise fault.error

    def _pages(self, cursor: Cursor | None, *, subtree: bool = False) -> Iterator[ChangePage]:
        """Yield what the change feed tells since `cursor`; without one, from now on."""
        if cursor is not None and int(cursor) < self._feed_starts_at:
            yield ChangePage(changes=(), cursor=Cursor(str(len(self.log))), reset=True)
            return
        start = len(self.log) if cursor is None else int(cursor)
        for stop in [*range(start + self._page, len(self.log), self._page), len(self.log)]:
            page = [Change(ref=ref, subtree=subtree) for ref in self.log[start:stop]]
            start = stop
            yield ChangePage(changes=tuple(self.hints(page)), cursor=Cursor(str(stop)))

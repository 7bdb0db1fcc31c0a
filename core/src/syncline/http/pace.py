"""The governor: one for each credential, shared by everything that uses it."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from random import Random

from attrs import define, field, frozen

from ..clock import SystemClock
from ..errors import StateError
from ..ports import Clock
from ..shared_rate import Ration
from .budget import RetryBudget
from .gate import Cause, Gate
from .limits import ReadLimits
from .pacing import Pacer

PATIENCE = 15.0
"""Seconds that a call waits for a host that keeps failing; a longer cool-down fails it at once."""


class Paused(Exception):
    """The gate stays closed for longer than the call may wait. Nothing was sent."""

    def __init__(self, seconds: float, cause: Cause) -> None:
        self.seconds = seconds
        self.cause = cause
        super().__init__(f"{cause.value}: {seconds:.0f} s")


@frozen
class Slot:
    """The permission to send one request."""

    episode: int


@define(eq=False)
class _Ticket:
    deadline: float
    slot: Slot | None = None
    refused: Paused | None = None
    gone: bool = False
    turn: asyncio.Event = field(factory=asyncio.Event)


class Pace:
    """Decides when each request of one credential may leave.

    * at most `max_in_flight` at a time (the connection pool degrades beyond some 20);
    * `rate` requests per second, aimed at 98 % of it; late wake-ups are made up as far as half of
      `burst` allows (the server's; a tenth of the rate when None). A `rate` of None is unlimited
      until `read_limits` learns one from the answers;
    * waiting calls leave by priority, lower numbers first, and in order within one;
    * a 429 pauses all of them, once, for what Retry-After says (at most `longest_pause` seconds,
      plus jitter); then one probe goes first, and during a storm at most four a minute;
    * a host that keeps failing is left alone for 5 s, then 10 s, up to a minute, then probed;
    * repetitions after faults are at most a tenth of a minute's requests, and always ten.

    A `ration` grants requests in small blocks, of a rate that several processes share; it is told
    of every pause. One Pace serves one event loop; several clients may share it.
    """

    def __init__(
        self,
        rate: float | None = None,
        burst: float | None = None,
        max_in_flight: int = 10,
        *,
        read_limits: ReadLimits | None = None,
        ration: Ration | None = None,
        longest_pause: float = 300.0,
        clock: Clock | None = None,
        rng: Random | None = None,
    ) -> None:
        self.max_in_flight = max_in_flight
        self.rng = rng or Random()  # noqa: S311  jitter, not secrets
        self.budget = RetryBudget()
        self._clock = clock
        self._read_limits = read_limits
        self._ration = ration
        self._left = 0
        self._block_from = self._block_until = float("-inf")
        self._told = float("-inf")
        self._pacer = Pacer(rate, burst)
        self._gate = Gate(self.rng, longest_pause)
        self._line: list[tuple[int, int, _Ticket]] = []
        self._order = count()
        self._in_flight = 0
        self._leading = False
        self._nap: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self.remaining: int | None = None
        """Requests left in the window that the server told of last; None when it never did."""

    @property
    def clock(self) -> Clock:
        if self._clock is None:
            self._clock = SystemClock()
        return self._clock

    def use(self, clock: Clock) -> None:
        """Take `clock` unless one was given already."""
        if self._clock is None:
            self._clock = clock

    @property
    def rate(self) -> float | None:
        """Requests per second that are aimed at now; None when no limit is known."""
        return self._pacer.rate(self.clock.monotonic())

    @property
    def paused_for(self) -> float:
        """Seconds that the shared pause still lasts; 0 when there is none."""
        return max(0.0, self._gate.until - self.clock.monotonic())

    @asynccontextmanager
    async def slot(self, priority: int, deadline: float) -> AsyncIterator[Slot]:
        """Wait for permission to send, and hold it while the request is under way.

        `deadline` (monotonic seconds) limits the waiting for pauses, not the waiting in line.

        Raises:
            Paused: the pause lasts longer than that; nothing may be sent.
        """
        while not self._still_good(slot := await self._enter(priority, deadline)):
            self._give_back()
        try:
            self.budget.sent(self.clock.monotonic())
            yield slot
        finally:
            self._give_back()

    def answered(self, slot: Slot, headers: Mapping[str, str]) -> None:
        """Tell that the request of `slot` got a useful answer, and learn from its headers."""
        self._gate.answered(slot.episode)
        self.learn(headers)

    def throttled(self, slot: Slot, headers: Mapping[str, str], seconds: float | None) -> None:
        """Tell that the server asked for a pause of `seconds`; None when it did not say."""
        now = self.clock.monotonic()
        if slot.episode == self._gate.episode:
            self._pacer.refused(now)
        self._gate.asked(now, seconds, slot.episode)
        self.learn(headers)
        self._closed()

    def failed(self, slot: Slot, target: str) -> None:
        """Tell that the request to `target` ended in a fault or a server error."""
        self._gate.failed(self.clock.monotonic(), target, slot.episode)
        self._closed()

    def learn(self, headers: Mapping[str, str]) -> None:
        """Adjust the pace to what the vendor's headers say."""
        if self._read_limits is None:
            return
        try:
            limits = self._read_limits(headers, self.clock.now())
        except (ValueError, KeyError, TypeError, OverflowError):
            return
        if limits is None:
            return
        if limits.remaining is not None:
            self.remaining = max(0, limits.remaining)
        now = self.clock.monotonic()
        self._pacer.learn(limits, now, self.budget.rate(now))
        if limits.remaining is not None and limits.remaining <= 0 and limits.reset:
            self._gate.pause(now + limits.reset)
            self._closed()

    def _give_back(self) -> None:
        self._in_flight -= 1
        self._changed.set()

    def _still_good(self, slot: Slot) -> bool:
        """Return False when the gate closed between the grant and its holder's turn to run."""
        open_ = self._gate.until <= self.clock.monotonic()
        return open_ and slot.episode == self._gate.episode

    async def _enter(self, priority: int, deadline: float) -> Slot:
        ticket = _Ticket(deadline)
        if not self._line and self._may_serve() and self._wait() == 0:
            return self._granted(ticket, waited=False)
        self._check(ticket)
        if ticket.refused:
            raise ticket.refused
        heapq.heappush(self._line, (priority, next(self._order), ticket))
        return await self._in_line(ticket)

    async def _in_line(self, ticket: _Ticket) -> Slot:
        try:
            while ticket.slot is None and ticket.refused is None:
                if self._leading:
                    ticket.turn.clear()
                    await ticket.turn.wait()
                else:
                    await self._lead(ticket)
        except BaseException:
            ticket.gone = True
            if ticket.slot is not None:
                self._give_back()
            raise
        finally:
            self._next_leader()
        if ticket.slot is not None:
            return ticket.slot
        assert ticket.refused is not None  # noqa: S101  the loop ended
        raise ticket.refused

    async def _lead(self, own: _Ticket) -> None:
        """Serve the line until `own` is served: one waiter sleeps for all of them."""
        self._leading = True
        try:
            while own.slot is None and own.refused is None:
                wait = self._wait()
                if wait is None:
                    self._changed.clear()
                    await self._changed.wait()
                elif wait > 0:
                    await self._sleep(wait)
                elif self._may_serve():
                    self._serve()
                elif self._ration is not None:
                    await self._refill(self._ration)
        finally:
            self._leading = False

    def _may_serve(self) -> bool:
        """Tell whether something is left of the block, and still good."""
        if self._ration is None:
            return True
        return self._left > 0 and self.clock.monotonic() <= self._block_until

    async def _refill(self, ration: Ration) -> None:
        block = await ration.reserve()
        now = self.clock.monotonic()
        self._left, self._block_from = block.count, now + block.wait
        self._block_until = self._block_from + block.lasts
        if block.paused > 0:
            self._told = max(self._told, now + block.paused)
            self._gate.pause(now + block.paused)
            self._closed()

    async def _sleep(self, seconds: float) -> None:
        # A task of its own, so that a longer pause can end the leader's sleep early.
        self._nap = asyncio.create_task(self.clock.sleep(seconds))
        try:
            await asyncio.wait((self._nap,))
        finally:
            self._nap.cancel()
            self._nap = None

    def _serve(self) -> None:
        ticket = heapq.heappop(self._line)[2]
        if not (ticket.gone or ticket.refused):
            self._granted(ticket, waited=True)
            ticket.turn.set()

    def _granted(self, ticket: _Ticket, *, waited: bool) -> Slot:
        self._pacer.take(self.clock.monotonic(), waited=waited)
        self._left -= 1
        self._in_flight += 1
        ticket.slot = Slot(self._gate.episode)
        return ticket.slot

    def _wait(self) -> float | None:
        """Return the seconds until a request may leave; None: when one has come back."""
        now = self.clock.monotonic()
        if self._gate.until > now:
            return self._gate.until - now
        if self._in_flight >= (1 if self._gate.probing else self.max_in_flight):
            return None
        wait = self._pacer.wait(now)
        return max(wait, self._block_from - now) if self._left > 0 else wait

    def _closed(self) -> None:
        """Let the gate's state count for everybody who waits."""
        self._tell()
        self._pacer.hold(self._gate.until)
        for _, _, ticket in self._line:
            self._check(ticket)
            if ticket.refused:
                ticket.turn.set()
        if self._nap is not None:
            self._nap.cancel()

    def _tell(self) -> None:
        """Let other processes know of a pause that the server asked for."""
        until = self._gate.until
        if self._ration is None or self._gate.cause is not Cause.LIMIT or until <= self._told:
            return
        self._told = until
        # What is waited for here holds whether the others learn of it or not.
        with suppress(StateError):
            self._ration.pause(until - self.clock.monotonic())

    def _check(self, ticket: _Ticket) -> None:
        now = self.clock.monotonic()
        pause = self._gate.until - now
        faults = self._gate.cause is Cause.FAULTS
        patience = min(ticket.deadline - now, PATIENCE if faults else float("inf"))
        if pause > 0 and pause > patience:
            ticket.refused = Paused(pause, self._gate.cause)

    def _next_leader(self) -> None:
        if self._leading:
            return
        while self._line:
            ticket = self._line[0][2]
            if not (ticket.gone or ticket.refused):
                ticket.turn.set()
                return
            heapq.heappop(self._line)


__all__ = ["Pace", "Paused", "Slot"]

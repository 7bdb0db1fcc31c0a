"""Mirrors a source to a sink: several calls on their way, in order, and a spool for outages.

Two ways lead to the sink. While it answers, events go to it directly, and count as seen once it
has made them durable. When it does not answer for a second, or refuses to work, whatever is on its
way is written to the spool, and whatever is heard follows behind it; from there it is sent in the
same order until nothing waits. What the spool holds counts as seen: it is durable.

Only `_deliver` touches the spool and what is on its way, so that nothing overtakes anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import define, field

from ...errors import StateError
from ...events import Batch, Event, EventSink, EventSource
from ...events.dead_letters import DeadLetters
from ...events.spool import Position, Spool
from ...ports import Clock
from .backlog import Backlog, Blocking, in_thread
from .disk import Disk
from .inbox import TOGETHER, Inbox
from .metrics import StreamMetrics
from .open_conversations import OpenConversations
from .outage import Outage
from .sending import Refused, Sending, begin, failure_of

logger = logging.getLogger(__name__)

WINDOW = 8
"""Calls of the sink that are on their way at most."""
STALL = 1.0
"""Seconds without an answer after which events are kept on disk."""
TICK = 0.2
"""Seconds between two looks at the clock, and between two commits of what is known."""
_KNOWN = "what is known could not be kept"
_GRACE = 1.0
"""Seconds in which a source that was closed comes to the end of what it tells."""
_PATIENCE = 5.0
"""Seconds without an answer after which an end waits for none: all of it is on disk by then."""
_NEARLY = 512 * 1024
"""So little waits on disk that new events need not go through it: they wait for a moment."""


@define(eq=False, kw_only=True)
class Mirror:
    """One listener at work. `run` is called once."""

    source: EventSource
    sink: EventSink
    spool: Spool
    open_conversations: OpenConversations
    dead_letters: DeadLetters
    clock: Clock
    random: Callable[[], float]
    metrics: StreamMetrics = field(factory=StreamMetrics)
    stall: float = STALL
    window: int = WINDOW
    blocking: Blocking = in_thread
    """How what waits for the disk is called."""
    _inbox: Inbox = field(factory=Inbox, init=False)
    _flight: deque[Sending] = field(factory=deque, init=False)
    _wake: asyncio.Event = field(factory=asyncio.Event, init=False)
    _outage: Outage = field(init=False)
    _disk: Disk = field(init=False)
    _backlog: Backlog = field(init=False)
    _diverted: bool = field(default=False, init=False)
    """What is heard goes to the sink by way of the spool."""
    _broken: bool = field(default=False, init=False)
    """A call failed: those behind it are waited for, and then all are repeated in order."""
    _ended: bool = field(default=False, init=False)
    """The source tells nothing more."""
    _deadline: float | None = field(default=None, init=False)
    _listening: asyncio.Task[None] | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._outage = Outage(self.random)
        self._disk = Disk(self.metrics)
        self._backlog = Backlog(
            spool=self.spool, dead_letters=self.dead_letters, disk=self._disk, clock=self.clock,
            pause=self.stall, blocking=self.blocking,
        )  # fmt: skip
        self._diverted = not self.spool.empty
        self.metrics.spool_size = self.spool.size

    # -- life --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Mirror until `stop`, or until the source ends; what it has told is durable then.

        Raises:
            Forbidden, ConfigError: from the source, after what it had told is durable.
        """
        self._listening = listening = asyncio.create_task(self._listen(), name="listen")
        ticking = asyncio.create_task(self._tick(), name="tick")
        try:
            await self._deliver()
            if listening.done() and not listening.cancelled():
                listening.result()
        finally:
            await _ended([listening, ticking, *(sending.task for sending in self._flight)])
            self._commit()

    async def stop(self, within: float) -> None:
        """Ask the source for nothing more; deliver for so many seconds, and spool the rest."""
        self._deadline = self.clock.monotonic() + within
        self._wake.set()
        await self.source.aclose()
        if self._listening is not None:
            # A source that is closed has told what it had.
            await asyncio.wait({self._listening}, timeout=_GRACE)
            self._listening.cancel()

    def tell(self, batch: Batch) -> None:
        """Add events to what the source tells: inferred ones, which come from no source."""
        self._inbox.put(batch)
        self._wake.set()

    async def _listen(self) -> None:
        try:
            unshared = 0
            async for batch in self.source.batches():
                if not batch.events:
                    batch.settle()  # A source had better not, and there is nothing to lose.
                    continue
                self.metrics.note_heard(batch.events, self.clock.now())
                self._inbox.put(batch)
                self._wake.set()
                unshared += len(batch.events)
                if unshared >= TOGETHER // 2:
                    # A source that never waits would let nobody else work.
                    unshared = 0
                    await self._inbox.room()
        finally:
            self._ended = True
            self._wake.set()

    async def _tick(self) -> None:
        while True:
            await self.clock.sleep(TICK)
            self._commit()
            self._backlog.look(written=self._outage.reason is not None)
            self._wake.set()

    def _commit(self) -> None:
        try:
            self.open_conversations.write()
        except StateError as error:
            self._disk.failed(_KNOWN, error)
        else:
            self._disk.well(_KNOWN)

    # -- delivering --------------------------------------------------------------------------------

    async def _deliver(self) -> None:
        while True:
            self._collect()
            if self._at_risk():
                await self._divert()
            if self._broken and all(sending.task.done() for sending in self._flight):
                self._begin_again()
            if self._diverted:
                await self._keep()
                self._resend()
            else:
                self._send()
            self._show()
            if self._finished():
                return
            if self._overdue():
                await self._give_up()
                return
            await self._wake.wait()
            self._wake.clear()

    def _collect(self) -> None:
        """Take the answers that came, in the order of the calls."""
        while self._flight and self._flight[0].task.done() and not self._broken:
            sending = self._flight[0]
            error = failure_of(sending.task)
            if error is not None:
                self._failed(error)
            elif not self._quarantined(sending.task.result()):
                return
            else:
                self._flight.popleft()
                self._delivered(sending)

    def _failed(self, error: BaseException) -> None:
        self._broken = True
        if self._outage.failed(error, self.clock.monotonic()):
            fields = {"error": self._outage.reason}
            logger.warning("events wait: the sink takes none", extra=fields)

    def _quarantined(self, refused: Refused) -> bool:
        """Keep events that were refused for good; return whether they are kept."""
        if not refused:
            return True
        new = self._backlog.quarantine(refused)
        if new is None:
            # Nothing is settled before it is somewhere.
            return False
        self.metrics.rejected += new
        return True

    def _delivered(self, sending: Sending) -> None:
        if self._outage.over():
            logger.info("the sink takes events again")
        events = sending.events
        self.metrics.note_delivered(len(events), events[0].observed_at, self.clock.now())
        if sending.at is None:
            self._settle(sending.batches)
        else:
            self.spool.delivered(sending.at)

    def _settle(self, batches: Sequence[Batch]) -> None:
        """Say that batches are durable."""
        for batch in batches:
            self.open_conversations.note(batch.events, batch.complete_until)
            batch.settle()

    def _at_risk(self) -> bool:
        """Tell whether something is in memory alone, and the sink does not answer for it."""
        direct = [sending for sending in self._flight if sending.at is None]
        if not direct or self._backlog.paused:
            return False
        return self._broken or self._stalled()

    def _stalled(self) -> bool:
        return self._silent(self.stall)

    def _silent(self, seconds: float) -> bool:
        return bool(self._flight) and self.clock.monotonic() - self._flight[0].begun >= seconds

    async def _divert(self) -> None:
        """Write what is on its way to the spool."""
        direct = [sending for sending in self._flight if sending.at is None]
        ends = await self._spooled([sending.events for sending in direct])
        if ends is None:
            return
        if not self._diverted:
            logger.warning("the sink does not answer; events are kept on disk")
        self._diverted = True
        for sending, end in zip(direct, ends, strict=True):
            self._settle(sending.batches)
            sending.at, sending.batches = end, ()
        self.spool.skip(ends[-1])

    async def _spooled(self, groups: Sequence[Sequence[Event]]) -> list[Position] | None:
        ends = await self._backlog.append(groups)
        if ends is not None:
            self.metrics.spooled += sum(map(len, groups))
        return ends

    def _begin_again(self) -> None:
        """Go back to the first event that is not delivered: all calls have their answers."""
        direct = [batch for sending in self._flight for batch in sending.batches]
        for sending in self._flight:
            # One reason was told; asyncio would tell those that nobody has looked at.
            failure_of(sending.task)
        self._inbox.put_back(direct)
        self._flight.clear()
        self.spool.rewind()
        self._broken = False

    # -- by way of the spool -----------------------------------------------------------------------

    async def _keep(self) -> None:
        """Write what was heard behind what waits."""
        if not self._inbox or self._backlog.full or self._nearly_through():
            return
        taken: list[Batch] = []
        groups: list[Sequence[Event]] = []
        while self._inbox:
            batches, events = self._inbox.take()
            taken += batches
            groups.append(events)
        if await self._spooled(groups) is None:
            self._inbox.put_back(taken)
        else:
            self._settle(taken)

    def _nearly_through(self) -> bool:
        """Tell whether so little waits that what is heard may wait for it in memory."""
        held_up = self._broken or self._stalled() or self._outage.reason is not None
        return not held_up and self.spool.bytes < _NEARLY

    def _resend(self) -> None:
        """Send what waits, as far as the window allows."""
        if self._broken or self._outage.lasts(self.clock.monotonic()):
            return
        # After a failure one call feels whether the sink is back.
        window = self.window if self._outage.reason is None else 1
        while len(self._flight) < window:
            try:
                found = self._backlog.read()
            except StateError:
                # What is on its way comes to its end; the rest is looked for again.
                return
            if found is None:
                self._caught_up()
                return
            self._begin(found[1], at=found[0])

    def _caught_up(self) -> None:
        if self._flight:
            return
        self.spool.finish()
        self._diverted = False
        logger.info("nothing waits on disk any more")
        self._send()

    # -- directly ----------------------------------------------------------------------------------

    def _send(self) -> None:
        if self._broken or self._outage.lasts(self.clock.monotonic()):
            return
        while self._inbox and len(self._flight) < self.window:
            batches, events = self._inbox.take()
            self._begin(events, batches=batches)

    def _begin(
        self, events: Sequence[Event], *, batches: Sequence[Batch] = (), at: Position | None = None
    ) -> None:
        self.metrics.note_gaps(events)
        now = self.clock.monotonic()
        self._flight.append(begin(self.sink, events, now, self._wake.set, batches=batches, at=at))

    # -- the end -----------------------------------------------------------------------------------

    def _finished(self) -> bool:
        in_memory = self._inbox or any(sending.at is None for sending in self._flight)
        if not self._ended or in_memory:
            return False
        # A source that ended by itself is begun again soon, and what waits on disk with it.
        return self._deadline is None or not (self._flight or self._diverted)

    def _overdue(self) -> bool:
        """Tell whether what is left goes to the spool: the sink does not answer, or not in time."""
        if self._deadline is None:
            return False
        late = self.clock.monotonic() >= self._deadline
        away = self._outage.reason is not None or self._silent(_PATIENCE)
        return late or (self._ended and self._diverted and away)

    async def _give_up(self) -> None:
        groups = [sending.events for sending in self._flight if sending.at is None]
        batches = [batch for sending in self._flight for batch in sending.batches]
        while self._inbox:
            taken, events = self._inbox.take()
            batches += taken
            groups.append(events)
        if not groups:
            return
        if await self._spooled(groups) is None:
            logger.error("what was heard last is read again at the next start")
            return
        self._settle(batches)

    # -- what others see ---------------------------------------------------------------------------

    def _show(self) -> None:
        metrics = self.metrics
        full = self._backlog.full
        if full and not metrics.full and metrics.disk_error is None:
            fields = {"folder": str(self.spool.folder), "bytes": self.spool.bytes}
            logger.error("no room for what waits: the source is asked for nothing", extra=fields)
        metrics.full = full
        metrics.spool_bytes = self.spool.bytes
        metrics.lost_on_disk = self.spool.damaged
        metrics.in_flight = len(self._flight)
        metrics.sink_error = self._outage.reason
        metrics.waiting_since = self._oldest()

    def _oldest(self) -> datetime | None:
        if self._flight:
            return self._flight[0].events[0].observed_at
        oldest = self._inbox.oldest
        return (
            oldest.observed_at if oldest else self.metrics.waiting_since if self._diverted else None
        )


async def _ended(tasks: Sequence[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


__all__ = ["STALL", "TICK", "WINDOW", "Mirror"]

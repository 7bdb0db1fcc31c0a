"""What was missed while no socket was open, read again over REST in the background.

Source: Genesys notifications are not kept for anybody (a closed socket has lost them). Analytics
know of conversations by the hundred, some minutes late; `GET /conversations/{id}` is up to date,
and tells of one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

import msgspec
from attrs import define, field

from syncline.errors import Forbidden, NotFound, Rejected, SynclineError
from syncline.events import Event
from syncline.ports import Clock
from syncline.redaction import redact

from ..blocks.decode import text
from ..blocks.words import Json
from ..config.calls import chunks
from .backoff import Backoff
from .budget import Budget
from .calls import AT_ONCE, ConversationCalls
from .gap import Gap, merged
from .open_gap import OpenGap, Report, report_of
from .search_span import SearchSpan, is_since

logger = logging.getLogger(__name__)

BEFORE = timedelta(hours=4)
"""How long before a gap a conversation may have begun that nobody had heard of."""
SETTLE = 0.5
"""Seconds that are waited for the gaps of other channels: one outage ends all of them."""
_LOOKS = (0.0, 0.1, 1.0)
"""When it is looked, as shares of how late analytics may be: what is there comes at once."""
_JOIN = 60.0
"""Seconds within which a gap that overlaps another one is told with it."""
_TRIES = 30
"""Looks that fail, some a minute apart, before the gap is told as it is."""
_PAGES = 1000
_FEW = 50
"""Most conversations that are read one by one: that takes a hundred times the calls."""


class EventMaker(Protocol):
    """Makes events of what REST says."""

    def conversation(self, rest: Json, observed_at: datetime) -> Sequence[Event]: ...

    def details(self, analytics: Json, observed_at: datetime, /) -> Sequence[Event]: ...

    def open(self) -> Iterable[str]: ...


@define(eq=False, kw_only=True)
class Repairs:
    """Reads again what was missed.

    Args:
        put: gets events.
        room: waits until there is room for them.
        report: gets every gap that is done with.
        earlier: conversations that were open when another process ended.
    """

    calls: ConversationCalls
    telling: EventMaker
    clock: Clock
    budget: Budget
    backoff: Backoff
    lag: timedelta
    put: Callable[[Sequence[Event]], None]
    room: Callable[[], Awaitable[None]]
    report: Callable[[Report], None]
    earlier: Sequence[str] = ()
    _open: list[OpenGap] = field(factory=list, init=False)
    _answers: dict[str, int] = field(factory=dict, init=False)
    """What analytics said last of conversations, as long as a gap is open: it looks repeatedly."""
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)

    def missed(self, gap: Gap) -> None:
        """Read a gap again, soon."""
        logger.warning("events may have been missed", extra=_fields(gap))
        now = self.clock.monotonic()
        joined, self._open = self._split(gap, now)
        whole = merged([gap, *(one.gap for one in joined)])[0]
        pending = dict.fromkeys([*self.earlier, *self.telling.open()])
        for one in joined:
            pending |= one.pending
        looks = [now + SETTLE + share * self.lag.total_seconds() for share in _LOOKS]
        made = min([now, *(one.made for one in joined)])
        self._open.append(OpenGap(whole, made, looks, pending))
        self._news.set()

    def _split(self, gap: Gap, now: float) -> tuple[list[OpenGap], list[OpenGap]]:
        """Return those that are told together with a gap, and the others."""

        def joins(one: OpenGap) -> bool:
            apart = one.gap.until < gap.since or gap.until < one.gap.since
            return not apart and not one.repaired and now - one.made < _JOIN

        gaps = self._open
        return [one for one in gaps if joins(one)], [one for one in gaps if not joins(one)]

    @property
    def since(self) -> datetime | None:
        """Since when something may still be missing; None where nothing is."""
        return min((one.gap.since for one in self._open), default=None)

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            now = self.clock.monotonic()
            due = [one for one in self._open if one.looks[0] <= now]
            for one in due:
                one.skip(now)
            if due:
                await self._look(due)
                continue
            self._news.clear()
            wait = min((one.looks[0] for one in self._open), default=now + 3600) - now
            await self._sleep(max(0.0, wait))

    async def _sleep(self, seconds: float) -> None:
        """Wait, until a gap comes at most."""
        news = asyncio.create_task(self._news.wait())
        nap = asyncio.ensure_future(self.clock.sleep(seconds))
        try:
            await asyncio.wait([news, nap], return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            nap.cancel()

    # -- one look

    async def _look(self, due: Sequence[OpenGap]) -> None:
        """Read for several gaps at once what may have been missed in them."""
        last = all(len(one.looks) == 1 for one in due)
        try:
            await self._read_open(due, last)
            await self._read_others(due)
        except SynclineError as error:
            self._put_off(due, error)
            return
        self.earlier = ()
        self.backoff.reset()
        for one in due:
            del one.looks[0]
            if not one.looks:
                self._done(one)

    def _put_off(self, due: Sequence[OpenGap], error: SynclineError) -> None:
        logger.warning("what was missed cannot be read now", extra={"error": redact(str(error))})
        again = self.clock.monotonic() + self.backoff.next()
        for one in due:
            one.failures += 1
            if one.failures < _TRIES:
                one.looks[0] = again
                continue
            one.faults[redact(str(error))] = None
            self._done(one)

    def _done(self, one: OpenGap) -> None:
        # One that was joined to another meanwhile is told with that.
        if one in self._open:
            self._open.remove(one)
            if not self._open:
                self._answers.clear()
            self.report(report_of(one))

    # -- conversations that were open

    async def _read_open(self, due: Sequence[OpenGap], last: bool) -> None:
        pending = list(dict.fromkeys(id for one in due for id in one.pending))
        missing: Sequence[str] = pending
        if len(pending) > self._few:
            missing = await self._read_bulk(pending, due, last)
        # Analytics may not know them yet; the conversation itself is up to date.
        for id in missing[: self._few]:
            await self._read_one(id, due)

    @property
    def _few(self) -> int:
        """How many are read one by one: no more than half a minute's calls."""
        return min(_FEW, max(1, self.budget.per_minute // 2))

    async def _read_bulk(
        self, ids: Sequence[str], due: Sequence[OpenGap], last: bool
    ) -> Sequence[str]:
        """Read what analytics know; return the ids that they do not."""
        missing: dict[str, None] = dict.fromkeys(ids)
        for some in chunks(ids, AT_ONCE):
            await self._turn()
            for one in await self._details(some, due):
                id = text(one, "conversationId")
                missing.pop(id, None)
                self._tell(one, due, self.telling.details)
                # What has ended by analytics may have had work after it that they do not know yet.
                self._settle(id, due, final=last)
        return list(missing)

    async def _details(self, ids: Sequence[str], due: Sequence[OpenGap]) -> list[Json]:
        try:
            return await self.calls.details(ids)
        except Forbidden as error:
            self._note(due, error)
            return []

    async def _read_one(self, id: str, due: Sequence[OpenGap]) -> None:
        await self._turn()
        try:
            found = await self.calls.conversation(id)
        except NotFound:
            for one in due:
                if id in one.pending:
                    del one.pending[id]
                    one.lost[id] = None
            return
        except Forbidden as error:
            self._note(due, error)
            return
        self._tell(found, due, self.telling.conversation)
        self._settle(id, due, final=True)

    def _settle(self, id: str, due: Sequence[OpenGap], *, final: bool) -> None:
        for one in due:
            if id in one.pending:
                one.repaired.add(id)
                if final:
                    del one.pending[id]

    # -- conversations that nobody had heard of

    async def _read_others(self, due: Sequence[OpenGap]) -> None:
        """Read the conversations that began inside a gap, and those that ended since.

        One that began before may have been nobody's that is listened to until then, such as in a
        flow, and have ended as somebody's. The way back to the first gap passes all others.
        """
        gaps = [SearchSpan.of(gap) for gap in merged(one.gap for one in due)]
        since, until = min(gap.since for gap in gaps), max(gap.until for gap in gaps)
        try:
            begun = partial(self.calls.began, since, until)
            await self._read_pages(begun, "conversationStart", gaps, due)
            ended = partial(self.calls.ended, since - BEFORE, self.clock.now())
            await self._read_pages(ended, "conversationEnd", gaps, due)
        except Forbidden as error:
            self._note(due, error)

    async def _read_pages(
        self,
        read: Callable[[int], Awaitable[list[Json]]],
        name: str,
        gaps: Sequence[SearchSpan],
        due: Sequence[OpenGap],
    ) -> None:
        """Read pages, the latest first, back to what was before the first gap."""
        first = min(gap.since for gap in gaps)
        for number in range(1, _PAGES + 1):
            await self._turn()
            page = await read(number)
            for one in page:
                if any(gap.has(one, name) for gap in gaps):
                    self._other(one, due)
            if len(page) < AT_ONCE or not is_since(page[-1], name, first):
                return

    def _other(self, conversation: Json, due: Sequence[OpenGap]) -> None:
        id, answer = text(conversation, "conversationId"), hash(msgspec.json.encode(conversation))
        if self._answers.get(id) == answer:
            return
        self._answers[id] = answer
        if self._tell(conversation, due, self.telling.details):
            for one in due:
                one.repaired.add(id)

    def _tell(
        self,
        found: Json,
        due: Sequence[OpenGap],
        make: Callable[[Json, datetime], Sequence[Event]],
    ) -> Sequence[Event]:
        """Put the events that an answer makes, and return them; one that makes no sense is told."""
        try:
            events = make(found, self.clock.now())
        except Rejected as error:
            self._note(due, error)
            return ()
        self.put(events)
        return events

    async def _turn(self) -> None:
        """Wait for the budget, and for room: what is made then is put at once."""
        await self.budget.spend()
        await self.room()

    def _note(self, due: Sequence[OpenGap], error: SynclineError) -> None:
        said = redact(str(error))
        for one in due:
            if said not in one.faults:
                one.faults[said] = None
                logger.warning("what was missed cannot be read", extra={"error": said})


def _fields(gap: Gap) -> dict[str, Any]:
    return {
        "since": gap.since.isoformat(),
        "until": gap.until.isoformat(),
        "topics": len(gap.topics),
        "reason": gap.why,
    }


__all__ = ["EventMaker", "Repairs"]

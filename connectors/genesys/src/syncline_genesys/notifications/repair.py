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
from typing import Any, Protocol

from attrs import define, field, frozen

from syncline.errors import Forbidden, NotFound, Rejected, SynclineError
from syncline.events import Event
from syncline.ports import Clock
from syncline.redaction import redact

from ..blocks.decode import text
from ..blocks.words import Json
from ..config.calls import chunks
from ..documents import moment
from .backoff import Backoff
from .budget import Budget
from .calls import AT_ONCE, ConversationCalls, known
from .gap import Gap, merged
from .topics import subjects

logger = logging.getLogger(__name__)

MARGIN = timedelta(seconds=10)
"""How much longer than a gap is looked for: the vendor's clock and ours differ, and a frame takes
its time."""
SETTLE = 0.5
"""Seconds that are waited for the gaps of other channels: one outage ends all of them."""
_LOOKS = (0.0, 0.1, 1.0)
"""When it is looked, as shares of how late analytics may be: what is there comes at once."""
_JOIN = 60.0
"""Seconds within which a gap that overlaps another one is told with it."""
_TRIES = 6
"""Looks that fail before the gap is told as it is."""
_PAGES = 1000
UNKNOWABLE = (
    "changes that were undone before it ended, such as of attributes, mute or recording, are not "
    "kept by the vendor"
)


class Telling(Protocol):
    """Makes events of what REST says."""

    def conversation(self, rest: Json, observed_at: datetime) -> Sequence[Event]: ...

    def details(self, analytics: Json, observed_at: datetime) -> Sequence[Event]: ...

    def open(self) -> Iterable[str]: ...


@frozen(kw_only=True)
class Report:
    """What became of a gap."""

    gap: Gap
    repaired: int
    """Conversations that were read again."""
    unrepaired: tuple[str, ...]
    reason: str


@define(eq=False)
class _Wound:
    """A gap that is being read again."""

    gap: Gap
    made: float
    looks: list[float]
    """When it is looked at, by the clock's monotonic time; what was is gone."""
    pending: dict[str, None]
    """Conversations that were open, and that nothing final is known of yet."""
    repaired: set[str] = field(factory=set)
    lost: dict[str, None] = field(factory=dict)
    """Those that the vendor does not know any more."""
    faults: dict[str, None] = field(factory=dict)
    failures: int = 0


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
    telling: Telling
    clock: Clock
    budget: Budget
    backoff: Backoff
    lag: timedelta
    put: Callable[[Sequence[Event]], None]
    room: Callable[[], Awaitable[None]]
    report: Callable[[Report], None]
    earlier: Sequence[str] = ()
    _wounds: list[_Wound] = field(factory=list, init=False)
    _news: asyncio.Event = field(factory=asyncio.Event, init=False)

    def missed(self, gap: Gap) -> None:
        """Read a gap again, soon."""
        logger.warning("events may have been missed", extra=_fields(gap))
        now = self.clock.monotonic()
        joined, self._wounds = self._split(gap, now)
        whole = merged([gap, *(one.gap for one in joined)])[0]
        pending = dict.fromkeys([*self.earlier, *self.telling.open()])
        for one in joined:
            pending |= one.pending
        looks = [now + SETTLE + share * self.lag.total_seconds() for share in _LOOKS]
        made = min([now, *(one.made for one in joined)])
        self._wounds.append(_Wound(whole, made, looks, pending))
        self._news.set()

    def _split(self, gap: Gap, now: float) -> tuple[list[_Wound], list[_Wound]]:
        """Return those that are told together with a gap, and the others."""

        def joins(one: _Wound) -> bool:
            apart = one.gap.until < gap.since or gap.until < one.gap.since
            return not apart and not one.repaired and now - one.made < _JOIN

        wounds = self._wounds
        return [one for one in wounds if joins(one)], [one for one in wounds if not joins(one)]

    @property
    def since(self) -> datetime | None:
        """Since when something may still be missing; None where nothing is."""
        return min((one.gap.since for one in self._wounds), default=None)

    async def run(self) -> None:
        """Repair until cancelled."""
        while True:
            now = self.clock.monotonic()
            due = [one for one in self._wounds if one.looks[0] <= now]
            if due:
                await self._look(due)
                continue
            self._news.clear()
            wait = min((one.looks[0] for one in self._wounds), default=now + 3600) - now
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

    async def _look(self, due: Sequence[_Wound]) -> None:
        """Read for several gaps at once what may have been missed in them."""
        last = all(len(one.looks) == 1 for one in due)
        try:
            await self._read_open(due, last)
            for gap in merged(one.gap for one in due):
                await self._read_begun(gap, due)
        except SynclineError as error:
            self._put_off(due, error)
            return
        self.earlier = ()
        self.backoff.reset()
        for wound in due:
            del wound.looks[0]
            if not wound.looks:
                self._done(wound)

    def _put_off(self, due: Sequence[_Wound], error: SynclineError) -> None:
        logger.warning("what was missed cannot be read now", extra={"error": redact(str(error))})
        again = self.clock.monotonic() + self.backoff.next()
        for wound in due:
            wound.failures += 1
            if wound.failures < _TRIES:
                wound.looks[0] = again
                continue
            wound.faults[redact(str(error))] = None
            self._done(wound)

    def _done(self, wound: _Wound) -> None:
        # One that was joined to another meanwhile is told with that.
        if wound in self._wounds:
            self._wounds.remove(wound)
            self.report(_report(wound))

    # -- conversations that were open

    async def _read_open(self, due: Sequence[_Wound], last: bool) -> None:
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
        return max(1, self.budget.per_minute // 2)

    async def _read_bulk(
        self, ids: Sequence[str], due: Sequence[_Wound], last: bool
    ) -> Sequence[str]:
        """Read what analytics know; return the ids that they do not."""
        missing: dict[str, None] = dict.fromkeys(ids)
        for some in chunks(ids, AT_ONCE):
            await self._turn()
            for one in await self._details(some, due):
                id = text(one, "conversationId")
                missing.pop(id, None)
                self._tell(one, due, self.telling.details)
                # What has not ended by analytics may have ended since.
                self._settle(id, due, final=last or moment(one.get("conversationEnd")) is not None)
        return list(missing)

    async def _details(self, ids: Sequence[str], due: Sequence[_Wound]) -> list[Json]:
        try:
            return await self.calls.details(ids)
        except Forbidden as error:
            self._note(due, error)
            return []

    async def _read_one(self, id: str, due: Sequence[_Wound]) -> None:
        await self._turn()
        try:
            found = await self.calls.conversation(id)
        except NotFound:
            for wound in due:
                if id in wound.pending:
                    del wound.pending[id]
                    wound.lost[id] = None
            return
        except Forbidden as error:
            self._note(due, error)
            return
        self._tell(found, due, self.telling.conversation)
        self._settle(id, due, final=True)

    def _settle(self, id: str, due: Sequence[_Wound], *, final: bool) -> None:
        for wound in due:
            if id in wound.pending:
                wound.repaired.add(id)
                if final:
                    del wound.pending[id]

    # -- conversations that nobody had heard of

    async def _read_begun(self, gap: Gap, due: Sequence[_Wound]) -> None:
        """Read the conversations that began inside a gap, and ended there perhaps."""
        about = subjects(gap.topics)
        since, until = gap.since - MARGIN, gap.until + MARGIN
        for number in range(1, _PAGES + 1):
            await self._turn()
            try:
                page = await self.calls.began(since, until, number)
            except Forbidden as error:
                self._note(due, error)
                return
            for one in page:
                if known(one, about) and _began(one, since):
                    self._begun(one, due)
            if len(page) < AT_ONCE or not _began(page[-1], since):
                return

    def _begun(self, conversation: Json, due: Sequence[_Wound]) -> None:
        if self._tell(conversation, due, self.telling.details):
            for wound in due:
                wound.repaired.add(text(conversation, "conversationId"))

    def _tell(
        self,
        found: Json,
        due: Sequence[_Wound],
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

    def _note(self, due: Sequence[_Wound], error: SynclineError) -> None:
        said = redact(str(error))
        for wound in due:
            if said not in wound.faults:
                wound.faults[said] = None
                logger.warning("what was missed cannot be read", extra={"error": said})


def _began(conversation: Json, since: datetime) -> bool:
    start = moment(conversation.get("conversationStart"))
    return start is None or start >= since


def _report(wound: _Wound) -> Report:
    unread = [id for id in wound.pending if id not in wound.repaired]
    reasons = [*wound.faults]
    if wound.lost:
        reasons.append(f"{len(wound.lost)} are not known to the vendor any more")
    if unread:
        reasons.append(f"{len(unread)} could not be read in time")
    reasons.append(UNKNOWABLE)
    return Report(
        gap=wound.gap,
        repaired=len(wound.repaired),
        unrepaired=(*wound.lost, *unread),
        reason="; ".join(reasons),
    )


def _fields(gap: Gap) -> dict[str, Any]:
    return {
        "since": gap.since.isoformat(),
        "until": gap.until.isoformat(),
        "topics": len(gap.topics),
        "reason": gap.why,
    }


__all__ = ["MARGIN", "UNKNOWABLE", "Repairs", "Report", "Telling"]

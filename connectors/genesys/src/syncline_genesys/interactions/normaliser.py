"""Turns what the vendor tells of conversations into events: each once, in the order of their times.

`Normaliser` remembers what was told; everything else here is a function of a snapshot.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from attrs import define
from msgspec import Raw

from syncline.errors import Rejected
from syncline.events import Event, Privacy
from syncline.events import interaction as words

from . import analytics, details, flattened, lookups
from .clock import VendorClock
from .facts import Communications, latest_of
from .fields import EventContext, divisions_of, events_of
from .gaps import gap_event
from .memory import KnownConversation
from .new_facts import NewFact, Seen, is_older, new_facts_of
from .privacy_filter import PrivacyFilter
from .reading import (
    communications_of,
    participant_of,
    snapshot_of,
    text_in,
    time_of,
)
from .shapes import Participant, Snapshot
from .snapshot_order import SnapshotOrder
from .times import newest, text_of

KEPT = timedelta(minutes=10)
"""So long is an ended conversation remembered after the last that was heard of it: after-call work
and wrap-up come later, and other topics repeat its end."""
MOST = 250_000
"""So many conversations are remembered."""
LARGEST = 2_000
"""Participants of a conversation, and their communications: none that people have comes near. All
of them are read without letting anything else work; so many take a tenth of a second."""
_WHOLE = ".conversations"
"""How topics of whole conversations end: nearly all."""
TIMED = frozenset({words.ALERTING, words.CONNECTED, words.DISCONNECTED, words.JOINED, words.LEFT})
"""What always has a time of the vendor's own, and is told at once."""
_DETAILS = 100_000
"""So many ids of detail events, which may be delivered again."""


@define
class Counts:
    """What a normaliser was given, since it was made."""

    frames: int = 0
    repeats: int = 0
    """Frames that said nothing new."""
    events: int = 0
    rejected: int = 0
    """Frames that could not be read."""
    salvaged: int = 0
    """Participants of which a part could not be read; the rest was told."""
    forgotten: int = 0
    """Open conversations that had to be forgotten, because there were too many."""


class Normaliser:
    """Makes events of what one listener hears.

    It does no I/O and has no clock. Within one answer, events come in the order of their times;
    one that comes too late for that says so.
    """

    def __init__(
        self, source: str, listener: str, privacy: Privacy | None = None, *, most: int = MOST
    ) -> None:
        """Make one that remembers nothing.

        Args:
            source: of the events, such as `genesys/cx`: the same for all listeners.
            most: so many conversations are remembered; those heard last longest ago go first.
        """
        self.source = source
        self.listener = listener
        self.counts = Counts()
        self._privacy = PrivacyFilter(privacy or Privacy())
        self._most = most
        self._known: OrderedDict[str, KnownConversation] = OrderedDict()
        self._leaving: deque[tuple[datetime, str]] = deque()
        """Ended conversations, by when they may be forgotten."""
        self._clock = VendorClock()
        self._details: OrderedDict[str, None] = OrderedDict()

    def open(self) -> Iterable[str]:
        """Return the conversations that have not ended, those heard last first."""
        return [id for id, known in reversed(self._known.items()) if known.ended is None]

    def frame(
        self,
        topic: str,
        body: bytes | Raw | Snapshot,
        observed_at: datetime,
        via: object = None,
        since: datetime | None = None,
    ) -> list[Event]:
        """Return what a notification says that was not told yet.

        Args:
            topic: with its real ids; of whole conversations, of one medium, or of detail events.
            body: the JSON of `eventBody`.
            via: the channel that it came through: each tells what happens in an order of its own.
            since: it was sent at this time or later, by the vendor's clock.

        Raises:
            Rejected: it cannot be read, or is of no conversation; it is counted.
        """
        self.counts.frames += 1
        try:
            if topic.startswith(details.PREFIX):
                return self._detail(topic, body, observed_at)
            return self._snapshot(topic, body, observed_at, via, since)
        except Rejected:
            self.counts.rejected += 1
            raise

    detail_event = frame
    """Detail events come by other transports, too; they are told in the same way."""

    def conversation(self, rest: Mapping[str, Any], observed_at: datetime) -> list[Event]:
        """Return what `GET /api/v2/conversations/{id}` says that was not told yet: repairs.

        Raises:
            Rejected: it has no id.
        """
        names, shown = ("id", "endTime"), self._clock.judge(observed_at)
        return self._repaired(rest, *names, lookups.participants_of, observed_at, shown)

    def details(self, analytics_: Mapping[str, Any], observed_at: datetime) -> list[Event]:
        """Return what analytics' details of a conversation say that was not told yet: repairs.

        Raises:
            Rejected: they have no conversationId.
        """
        names = ("conversationId", "conversationEnd")
        return self._repaired(analytics_, *names, analytics.participants_of, observed_at)

    def sent(self, events: Sequence[Event]) -> datetime | None:
        """Return when the vendor sent what became these events, or earlier, by its own clock.

        None where the vendor gave nothing of it a time.
        """
        for event in reversed(events):
            if event.type in TIMED and not event.data.get("late"):
                return event.occurred_at
        return None

    def judged(self, time: datetime) -> datetime | None:
        """Return a time of our clock by the vendor's, or earlier; None while nothing is known."""
        least = self._clock.least
        return None if least is None else time - least

    def at_most(self, time: datetime) -> datetime:
        """Return a time of our clock by the vendor's, or later.

        A clock of ours that is ahead of the vendor's cannot be told from frames that are slow.
        """
        return time - min(self._clock.least or timedelta(0), timedelta(0))

    def gap(
        self,
        begin: datetime,
        end: datetime,
        topics: Sequence[str],
        observed_at: datetime,
        *,
        repaired: int = 0,
        unrepaired: Sequence[str] = (),
        reason: str = "",
    ) -> Event:
        """Return that nothing was heard for a while; `gap_event` says more."""
        self.counts.events += 1
        return gap_event(
            self.source, self.listener, begin, end, topics, observed_at,
            repaired=repaired, unrepaired=unrepaired, reason=reason,
        )  # fmt: skip

    def _snapshot(
        self,
        topic: str,
        body: bytes | Raw | Snapshot,
        now: datetime,
        via: object,
        since: datetime | None,
    ) -> list[Event]:
        snapshot = snapshot_of(topic, body)
        _check_size(topic, len(snapshot.participants))
        known = self._remembered(snapshot.id, now)
        raws = {hash(bytes(raw)): raw for raw in snapshot.participants}
        if known.order.repeats(hash((via, topic)), hash((*raws,)), now):
            self.counts.repeats += 1
            return []
        told, latests = self._read(raws, known, _medium_of(topic))
        _check_size(topic, sum(len(several) for _, several in told))
        latest = newest(latests.values())
        if not is_older(latest, known.framed):
            known.raws = latests
        seen = Seen(told, latest, sent=lambda: self._clock.judge(now))
        heard = known.began
        news = new_facts_of(known, seen, self._privacy, now)
        if not news:
            self.counts.repeats += 1
            return []
        context = EventContext(
            conversation=snapshot.id, listener=self.listener, observed=text_of(now), topic=topic,
            divisions=divisions_of(snapshot.divisions), label=snapshot.utilizationLabelId or "",
            privacy=self._privacy, shown=newest((latest, since)),
        )  # fmt: skip
        if news[-1].fact.at is not None and not news[-1].late:
            self._clock.learn(news[-1].at, now, fresh=heard)
        return self._events(known, news, context, now)

    def _read(
        self, raws: Mapping[int, Raw], known: KnownConversation, media: str
    ) -> tuple[list[tuple[Participant, Communications]], dict[int, datetime | None]]:
        """Return the participants whose text is another, and the newest time of every text."""
        told = []
        latests: dict[int, datetime | None] = {}
        for key, raw in raws.items():
            if key in known.raws:
                latests[key] = known.raws[key]
                continue
            if media:
                participant, communications, whole = flattened.participant_of(raw, media)
            else:
                participant, whole = participant_of(raw)
                communications = communications_of(participant, raw) if participant else []
            self.counts.salvaged += not whole
            if participant is not None:
                latests[key] = latest_of(participant, communications)
                told.append((participant, communications))
        return told, latests

    def _repaired(
        self,
        told: Mapping[str, Any],
        id_: str,
        end: str,
        participants_of: Callable[
            [Mapping[str, Any]], Iterable[tuple[Participant, Communications]]
        ],
        now: datetime,
        shown: datetime | None = None,
    ) -> list[Event]:
        try:
            told = lookups.sound(told)
        except RecursionError as error:
            raise Rejected("an answer about a conversation is nested too deep; left out") from error
        id = text_in(told, id_)
        if id is None:
            raise Rejected(f"a conversation was read without its {id_}; left out")
        participants = list(islice(participants_of(told), LARGEST + 1))
        _check_size(id, max(len(participants), sum(len(several) for _, several in participants)))
        known = self._remembered(id, now)
        latest = newest(latest_of(*one) for one in participants)
        seen = Seen(participants, latest, time_of(told.get(end)), asked_for=True)
        context = EventContext(
            conversation=id, listener=self.listener, observed=text_of(now), repaired=True,
            divisions=lookups.divisions_of(told),
            label=text_in(told, "utilizationLabelId") or "", privacy=self._privacy,
            shown=newest((latest, shown)),
        )  # fmt: skip
        news = new_facts_of(known, seen, self._privacy, now)
        if any(one.fact.at is None for one in news):
            # What it showed came between what was heard and what will be: that may be as before.
            known.order, known.raws = SnapshotOrder(), {}
        return self._events(known, news, context, now)

    def _detail(self, topic: str, body: bytes | Raw | Snapshot, now: datetime) -> list[Event]:
        name, found = details.name_of(topic), details.read(topic, body)
        context = EventContext(
            conversation=found["conversationId"], listener=self.listener, observed=text_of(now),
            topic=topic, divisions=details.divisions_of(found), privacy=self._privacy,
        )  # fmt: skip
        facts = details.facts_of(name, found, self._privacy)
        news = [NewFact(fact, fact.at or now) for fact in facts]
        told = events_of(self.source, news, context, now)
        events = [event for event in told if self._is_new(event.id)]
        self.counts.events += len(events)
        self.counts.repeats += bool(told) and not events
        return events

    def _is_new(self, id: str) -> bool:
        if id in self._details:
            return False
        self._details[id] = None
        if len(self._details) > _DETAILS:
            self._details.popitem(last=False)
        return True

    def _events(
        self,
        known: KnownConversation,
        news: Sequence[NewFact],
        context: EventContext,
        now: datetime,
    ) -> list[Event]:
        if known.ended is not None and news:
            self._leaving.append((now + KEPT, context.conversation))
        self.counts.events += len(news)
        return events_of(self.source, news, context, now)

    def _remembered(self, id: str, now: datetime) -> KnownConversation:
        self._forget(now)
        known = self._known.get(id)
        if known is None:
            known = self._known[id] = KnownConversation()
            if len(self._known) > self._most:
                _, dropped = self._known.popitem(last=False)
                self.counts.forgotten += dropped.ended is None
        else:
            self._known.move_to_end(id)
        known.heard = now
        return known

    def _forget(self, now: datetime) -> None:
        while self._leaving and self._leaving[0][0] <= now:
            _, id = self._leaving.popleft()
            known = self._known.get(id)
            if known is None or known.ended is None or known.heard is None:
                continue
            if known.heard + KEPT <= now:
                del self._known[id]
            else:
                self._leaving.append((known.heard + KEPT, id))


def _check_size(what: str, count: int) -> None:
    if count > LARGEST:
        raise Rejected(
            f"{what}: a conversation with more than {LARGEST:,} participants or communications;"
            " left out"
        )


def _medium_of(topic: str) -> str:
    return "" if topic.endswith(_WHOLE) else flattened.medium_of(topic)


__all__ = ["KEPT", "LARGEST", "MOST", "Counts", "Normaliser"]

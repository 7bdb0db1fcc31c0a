"""Turns what a vendor tells of conversations into events: each once, in the order of their times.

`Normaliser` holds what was told; everything else here is a function of a snapshot.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import define
from msgspec import Raw

from syncline.errors import Rejected
from syncline.events import Event, Privacy
from syncline.events import interaction as words

from .facts import RANK, Fact, ended_at, facts_of, joined_at, latest_of, takes_part
from .fields import Hearing, Screen, data_of, divisions_of
from .identity import event_id
from .memory import KnownCommunication, KnownConversation, KnownParticipant
from .reading import Communications, communications_of, participant_of, snapshot_of
from .shapes import Communication, Participant
from .times import earliest, newest, text_of
from .toggles import toggled

KEPT = timedelta(minutes=15)
"""So long is an ended conversation remembered after the last that was heard of it: after-call work
and wrap-up come later, and other topics repeat its end."""
MOST = 250_000
"""So many conversations are remembered."""
_STATES = {"scheduled": 0, "dialing": 1, "contacting": 1, "offering": 1, "alerting": 1}
_LAST = {"disconnected": 9, "terminated": 9}


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


Told = list[tuple[Participant, Communications]]


class Normaliser:
    """Makes events of one listener's snapshots.

    It does no I/O and has no clock. Events come sorted by when they happened, within one answer.
    """

    def __init__(
        self, source: str, listener: str, privacy: Privacy | None = None, *, most: int = MOST
    ) -> None:
        """Make one that remembers nothing.

        Args:
            source: of the events, such as `genesys/cx`: the same for all listeners.
            most: so many conversations are remembered.
        """
        self.source = source
        self.listener = listener
        self.counts = Counts()
        self._screen = Screen(privacy or Privacy())
        self._most = most
        self._known: OrderedDict[str, KnownConversation] = OrderedDict()
        self._ended: deque[tuple[datetime, str]] = deque()

    def open(self) -> Iterable[str]:
        """Return the conversations that have not ended, those heard last first."""
        return [id for id, known in reversed(self._known.items()) if known.ended is None]

    def frame(self, topic: str, body: bytes | Raw, observed_at: datetime) -> list[Event]:
        """Return what a notification says that was not told yet.

        Args:
            topic: with its real ids.
            body: the JSON of `eventBody`.

        Raises:
            Rejected: it is no conversation, or cannot be read; it is counted.
        """
        self.counts.frames += 1
        try:
            snapshot = snapshot_of(topic, body)
        except Rejected:
            self.counts.rejected += 1
            raise
        known = self._remembered(snapshot.id, observed_at)
        raws = {hash(bytes(raw)): raw for raw in snapshot.participants}
        fresh = raws.keys() - known.raws.keys()
        if not fresh:
            self.counts.repeats += 1
            return []
        told: Told = []
        latests: dict[int, datetime | None] = {}
        for key, raw in raws.items():
            if key not in fresh:
                latests[key] = known.raws[key]
                continue
            participant, whole = participant_of(raw)
            self.counts.salvaged += not whole
            latests[key] = None
            if participant is not None:
                communications = communications_of(participant, raw)
                told.append((participant, communications))
                latests[key] = latest_of(participant, communications)
        hearing = Hearing(
            conversation=snapshot.id,
            listener=self.listener,
            observed=text_of(observed_at),
            topic=topic,
            divisions=divisions_of(snapshot.divisions),
            label=snapshot.utilizationLabelId or "",
            screen=self._screen,
        )
        latest = newest(latests.values())
        if not _is_older(latest, known.latest):
            known.raws = latests
        return self._news(known, told, latest, hearing, observed_at)

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
        while self._ended and self._ended[0][0] <= now:
            _, id = self._ended.popleft()
            known = self._known.get(id)
            if known is None or known.ended is None or known.heard is None:
                continue
            if known.heard + KEPT <= now:
                del self._known[id]
            else:
                self._ended.append((known.heard + KEPT, id))

    def _news(
        self,
        known: KnownConversation,
        told: Told,
        latest: datetime | None,
        hearing: Hearing,
        now: datetime,
        ended: datetime | None = None,
    ) -> list[Event]:
        """Return the events of what is not known yet, and remember it."""
        older = _is_older(latest, known.latest)
        facts: list[Fact] = []
        for participant, communications in told:
            for fact in facts_of(participant, communications):
                what = fact.communication.id
                if known.tell((participant.id, what, fact.type, fact.mark)):
                    facts.append(fact)
            if not older:
                facts += toggled(known, participant, communications, self._screen)
                _learn(known, participant, communications)
        if not older and latest is not None:
            known.latest = latest
        facts += _of_conversation(known, told, ended)
        events = self._events(known, facts, latest or now, older, hearing, now)
        if known.ended is not None and events:
            self._ended.append((now + KEPT, hearing.conversation))
        self.counts.events += len(events)
        return events

    def _events(
        self,
        known: KnownConversation,
        facts: list[Fact],
        latest: datetime,
        older: bool,
        hearing: Hearing,
        now: datetime,
    ) -> list[Event]:
        timed = [(_at(fact, latest), _rank(fact), fact) for fact in facts]
        if len(timed) > 1:
            timed.sort(key=_place)
        through = known.through
        events = []
        for at, _, fact in timed:
            late = through is not None and at < through
            previous = "" if older else _moved(known, fact)
            events.append(self._event(fact, at, hearing, previous, late, now))
        if timed and (through is None or timed[-1][0] > through):
            known.through = timed[-1][0]
        return events

    def _event(
        self, fact: Fact, at: datetime, hearing: Hearing, previous: str, late: bool, now: datetime
    ) -> Event:
        id = event_id(
            fact.type,
            hearing.conversation,
            fact.participant.id or "",
            fact.communication.id or "",
            fact.mark,
        )
        data = data_of(fact, hearing, id, text_of(at), previous=previous, late=late)
        return Event(
            id=id,
            key=hearing.conversation,
            type=fact.type,
            source=self.source,
            occurred_at=at,
            observed_at=now,
            data=data,
        )


def _is_older(latest: datetime | None, known: datetime | None) -> bool:
    return latest is not None and known is not None and latest < known


def _place(timed: tuple[datetime, float, Fact]) -> tuple[datetime, float]:
    return timed[0], timed[1]


def _rank(fact: Fact) -> float:
    return RANK[fact.type] if fact.rank is None else fact.rank


def _at(fact: Fact, latest: datetime) -> datetime:
    """Return when a fact happened; not known better: by the newest time of its snapshot."""
    if fact.at is not None:
        return fact.at
    return min(latest, fact.until) if fact.until is not None else latest


def _learn(
    known: KnownConversation, participant: Participant, communications: Communications
) -> None:
    """Remember whether a participant still takes part."""
    id = participant.id or ""
    one = known.participants.get(id)
    if one is None:
        one = known.participants[id] = KnownParticipant()
    latest = latest_of(participant, communications)
    if _is_older(latest, one.latest):
        return
    one.latest = latest
    one.ended = ended_at(participant, communications)
    one.takes_part = takes_part(participant, communications)
    if not known.media and communications:
        known.media, first = communications[0]
        known.direction = first.direction or ""


def _of_conversation(
    known: KnownConversation, told: Told, ended: datetime | None
) -> Iterable[Fact]:
    """Return that the conversation began, or ended, where that was not told."""
    if not known.began and told:
        known.began = True
        began = earliest(joined_at(*one) for one in told)
        yield Fact(words.STARTED, began, _NOBODY, _of_kind(known), known.media)
    if not known.is_over:
        known.ended = None
    elif known.ended is None:
        last = newest(one.ended for one in known.participants.values())
        known.ended = ended or last
        if last is not None and known.tell((words.ENDED, last)):
            mark = text_of(last)
            yield Fact(words.ENDED, last, _NOBODY, _of_kind(known), known.media, mark)


_NOBODY = Participant()


def _of_kind(known: KnownConversation) -> Communication:
    return Communication(direction=known.direction or None)


def _moved(known: KnownConversation, fact: Fact) -> str:
    """Remember the state of a communication; return the one before, where it is another."""
    id = fact.communication.id
    if not id or not fact.state:
        return ""
    one = known.communications.get(id)
    if one is None:
        one = known.communications[id] = KnownCommunication()
    before = one.state
    if fact.type in _KEEPING or _height(fact.state) < _height(before):
        return ""
    one.state = fact.state
    return before if before != fact.state else ""


_KEEPING = frozenset({words.ACW, words.HELD, words.RESUMED, words.TRANSFERRED})
"""What happens while a communication keeps its state."""


def _height(state: str) -> int:
    return _LAST.get(state) or _STATES.get(state, 5 if state else -1)


__all__ = ["KEPT", "MOST", "Counts", "Normaliser"]

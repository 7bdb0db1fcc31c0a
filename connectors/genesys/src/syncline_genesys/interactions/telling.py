"""What of a snapshot is new, and what is remembered of it then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from syncline.events import interaction as words

from .facts import RANK, Fact, ended_at, facts_of, joined_at, takes_part
from .fields import Screen
from .memory import KnownCommunication, KnownConversation, KnownParticipant
from .reading import Communications
from .shapes import Communication, Participant
from .times import earliest, newest, text_of
from .toggles import toggled

_NOBODY = Participant()
_HEIGHT = {
    "": -1, "none": -1, "scheduled": 0, "dialing": 1, "contacting": 1, "offering": 1, "alerting": 1,
    "disconnected": 9, "terminated": 9,
}  # fmt: skip
"""A communication never goes back to a lower one; all others are in the middle."""
_MIDDLE = 5
_KEEPING = frozenset({words.ACW, words.HELD, words.RESUMED, words.TRANSFERRED})
"""What happens while a communication keeps its state, or just before it gets another."""


@frozen
class Seen:
    """What a snapshot shows, of those participants that are not known to be as they were."""

    told: Sequence[tuple[Participant, Communications]]
    latest: datetime | None
    """The newest time of all participants."""
    ended: datetime | None = None
    """When the conversation ended, where the vendor says so itself."""


@frozen
class News:
    """A fact that was not told, ready to be."""

    fact: Fact
    at: datetime
    previous: str = ""
    """The state of its communication before, where that is another."""
    late: bool = False
    """Something that happened after it was told before it."""


def news_of(known: KnownConversation, seen: Seen, screen: Screen, now: datetime) -> list[News]:
    """Return what was not told yet, in the order of its times, and remember it.

    A snapshot that is older than another one, by the vendor's times, may tell what was missed. What
    is now is not taken from it.
    """
    older = is_older(seen.latest, known.latest)
    facts: list[Fact] = []
    for participant, communications in seen.told:
        id = participant.id
        facts += [
            fact
            for fact in facts_of(participant, communications)
            if known.tell((id, fact.communication.id, fact.type, fact.mark))
        ]
        if not older:
            facts += toggled(known, participant, communications, screen)
        if not older or id not in known.participants:
            _learn(known, participant, communications)
    if seen.latest is not None and not older:
        known.latest = seen.latest
    facts += _of_conversation(known, seen)
    return _in_order(known, facts, seen.latest or now, older)


def is_older(latest: datetime | None, known: datetime | None) -> bool:
    """Tell whether a snapshot with this newest time is older than what is known."""
    return latest is not None and known is not None and latest < known


def _learn(
    known: KnownConversation, participant: Participant, communications: Communications
) -> None:
    """Remember whether a participant still takes part."""
    id = participant.id or ""
    one = known.participants.get(id)
    if one is None:
        one = known.participants[id] = KnownParticipant()
    one.ended = ended_at(participant, communications)
    one.takes_part = takes_part(participant, communications)
    if communications and not known.media:
        known.media, first = communications[0]
        known.direction = first.direction or ""


def _of_conversation(known: KnownConversation, seen: Seen) -> Iterator[Fact]:
    """Yield that the conversation began, or ended, where that was not told."""
    if not known.began and seen.told:
        known.began = True
        began = earliest(joined_at(*one) for one in seen.told)
        yield Fact(words.STARTED, began, _NOBODY, _of_kind(known), known.media)
    if seen.ended is None and not known.is_over:
        known.ended = None
    elif known.ended is None:
        yield from _end(known, seen.ended)


def _end(known: KnownConversation, ended: datetime | None) -> Iterator[Fact]:
    last = newest(one.ended for one in known.participants.values())
    # All listeners go by the participants where they have ended: the vendor's own time may differ.
    known.ended = (last if known.is_over else ended) or ended
    if known.ended is not None and known.tell((words.ENDED, known.ended)):
        mark = text_of(known.ended)
        yield Fact(words.ENDED, known.ended, _NOBODY, _of_kind(known), known.media, mark)


def _of_kind(known: KnownConversation) -> Communication:
    return Communication(direction=known.direction or None)


def _in_order(
    known: KnownConversation, facts: Iterable[Fact], latest: datetime, older: bool
) -> list[News]:
    timed = [(_at(fact, latest), _rank(fact), fact) for fact in facts]
    if len(timed) > 1:
        timed.sort(key=_place)
    through, news = known.through, []
    for at, _, fact in timed:
        late = through is not None and at < through
        news.append(News(fact, at, "" if older else _moved(known, fact), late))
    if timed and (through is None or timed[-1][0] > through):
        known.through = timed[-1][0]
    return news


def _place(timed: tuple[datetime, float, Fact]) -> tuple[datetime, float]:
    return timed[0], timed[1]


def _rank(fact: Fact) -> float:
    return RANK[fact.type] if fact.rank is None else fact.rank


def _at(fact: Fact, latest: datetime) -> datetime:
    """Return when a fact happened; not known better: by the newest time of its snapshot."""
    if fact.at is not None:
        return fact.at
    return min(latest, fact.until) if fact.until is not None else latest


def _moved(known: KnownConversation, fact: Fact) -> str:
    """Remember the state of a communication; return the one before, where it is another."""
    id = fact.communication.id
    if not id or not fact.state or fact.type == words.ACW:
        return ""
    one = known.communications.get(id)
    if one is None:
        one = known.communications[id] = KnownCommunication()
    before = one.state
    if _height(fact.state) < _height(before):
        return ""
    if fact.type not in _KEEPING:
        one.state = fact.state
    return before if before != fact.state else ""


def _height(state: str) -> int:
    return _HEIGHT.get(state, _MIDDLE)


__all__ = ["News", "Seen", "is_older", "news_of"]

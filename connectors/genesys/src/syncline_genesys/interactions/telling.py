"""What of a snapshot is new, and what is remembered of it then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from syncline.events import interaction as words

from .facts import RANK, Fact, ended_at, facts_of, joined_at, takes_part
from .fields import Screen
from .memory import KnownConversation
from .reading import Communications
from .shapes import Communication, Participant
from .states import height
from .times import earliest, newest, text_of
from .toggles import toggled

_NOBODY = Participant()
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
    sent: datetime | None = None
    """About when the vendor sent it, by its own clock; None where that is not known."""


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
    witnessed = known.began and not older
    facts: list[Fact] = []
    for participant, communications in seen.told:
        id = participant.id
        fresh = [
            fact
            for fact in facts_of(participant, communications)
            if known.tell((id, fact.place, fact.type, fact.mark))
        ]
        if not older:
            fresh += toggled(known, participant, communications, fresh, screen)
        facts += fresh
        if not older or id not in known.participants:
            _learn(known, participant, communications)
    if seen.latest is not None and not older:
        known.latest = seen.latest
    facts += _of_conversation(known, seen)
    untimed = newest((seen.latest, seen.sent, known.through)) if witnessed else seen.latest
    return _in_order(known, facts, untimed or now, older)


def is_older(latest: datetime | None, known: datetime | None) -> bool:
    """Tell whether a snapshot with this newest time is older than what is known."""
    return latest is not None and known is not None and latest < known


def _learn(
    known: KnownConversation, participant: Participant, communications: Communications
) -> None:
    """Remember whether a participant still takes part."""
    one = known.participant(participant.id)
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
    known: KnownConversation, facts: Iterable[Fact], untimed: datetime, older: bool
) -> list[News]:
    timed = [(_at(fact, untimed), _rank(fact), fact) for fact in facts]
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


def _at(fact: Fact, untimed: datetime) -> datetime:
    """Return when a fact happened, and for one that has no time: when it was first shown.

    That is when the snapshot was sent, if the change was witnessed, or else its newest time.
    """
    if fact.at is not None:
        return fact.at
    return min(untimed, fact.until) if fact.until is not None else untimed


def _moved(known: KnownConversation, fact: Fact) -> str:
    """Remember the state of a communication; return the one before, where it is another."""
    if not fact.state or fact.type == words.ACW:
        return ""
    one = known.communication(fact.participant.id, fact.communication.id)
    before = one.state
    if height(fact.state) < height(before):
        return ""
    if fact.type not in _KEEPING:
        one.state = fact.state
    return before if before != fact.state else ""


__all__ = ["News", "Seen", "is_older", "news_of"]

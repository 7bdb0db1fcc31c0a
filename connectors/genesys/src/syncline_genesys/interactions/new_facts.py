"""What of a snapshot is new, and what is remembered of it then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from syncline.events import interaction as words

from .facts import (
    RANK,
    Communications,
    Fact,
    ended_at,
    facts_of,
    joined_at,
    takes_part,
)
from .memory import KnownConversation, KnownPlace
from .privacy_filter import PrivacyFilter
from .shapes import Communication, Participant
from .states import height
from .times import earliest, newest, text_of
from .toggles import Age, toggled

_NOBODY = Participant()
_KEEPING = frozenset({words.ACW, words.HELD, words.RESUMED, words.TRANSFERRED})
"""What happens while a communication keeps its state, or just before it gets another."""


def _unknown() -> None:
    return None


class Seen(Struct, gc=False):
    """What a snapshot shows, of those participants that are not known to be as they were."""

    told: Sequence[tuple[Participant, Communications]]
    latest: datetime | None
    """The newest time of all participants."""
    ended: datetime | None = None
    """When the conversation ended, where the vendor says so itself."""
    asked_for: bool = False
    """Whether somebody asked for it: it has no place then in the order of what a channel tells."""
    sent: Callable[[], datetime | None] = _unknown
    """About when the vendor sent it, by its own clock; None where that is not known."""


class NewFact(Struct, gc=False):
    """A fact that was not told, ready to be."""

    fact: Fact
    at: datetime
    previous: str = ""
    """The state of its communication before, where that is another."""
    late: bool = False
    """Something that happened after it was told before it."""


def new_facts_of(
    known: KnownConversation, seen: Seen, privacy: PrivacyFilter, now: datetime
) -> list[NewFact]:
    """Return what was not told yet, in the order of its times, and remember it.

    A snapshot that is older than another one, by the vendor's times, may tell what was missed. What
    is now is not taken from it.
    """
    older = is_older(seen.latest, known.latest)
    behind = older if seen.asked_for else is_older(seen.latest, known.framed)
    age = Age(older, behind, seen.asked_for)
    witnessed = known.began and not older
    facts: list[Fact] = []
    for participant, communications in seen.told:
        learns = not older or not known.knows(participant.id)
        fresh = _new(known, facts_of(participant, communications, known))
        if not age.behind:
            again = toggled(known, participant, communications, fresh, privacy, seen.latest, age)
            fresh += _new(known, again)
        facts += fresh
        if learns:
            _learn(known, participant, communications)
    if seen.latest is not None and not older:
        known.latest = seen.latest
    if seen.latest is not None and not behind and not seen.asked_for:
        known.framed = seen.latest
    if not known.began or not known.active or known.ended is not None or seen.ended is not None:
        facts += _of_conversation(known, seen)
    return _in_order(known, facts, seen, witnessed, older, now) if facts else []


def is_older(latest: datetime | None, known: datetime | None) -> bool:
    """Tell whether a snapshot with this newest time is older than what is known."""
    return latest is not None and known is not None and latest < known


def _new(known: KnownConversation, facts: list[Fact]) -> list[Fact]:
    """Return those that were not told, and remember them."""
    if not facts:
        return facts
    return [fact for fact in facts if _place_of(known, fact).tell(fact.type, fact.once, fact.mark)]


def _place_of(known: KnownConversation, fact: Fact) -> KnownPlace:
    id = fact.participant.id
    if fact.of_participant:
        return known.participant(id)
    return known.communication(id, fact.communication.id)


def _learn(
    known: KnownConversation, participant: Participant, communications: Communications
) -> None:
    """Remember whether a participant still takes part."""
    one = known.participant(participant.id)
    before = one.takes_part
    one.ended = ended_at(participant, communications)
    one.takes_part = takes_part(participant, communications)
    known.active += one.takes_part - before
    if communications and not known.media:
        known.media, first = communications[0]
        known.direction = first.direction


def _of_conversation(known: KnownConversation, seen: Seen) -> Iterator[Fact]:
    """Yield that the conversation began, or ended, where that was not told."""
    if not known.began and seen.told:
        known.began = True
        began = earliest([joined_at(*one) for one in seen.told])
        yield Fact(words.STARTED, began, _NOBODY, _of_kind(known), known.media)
    if known.active and seen.ended is None:
        known.ended = None
    elif known.ended is None and (seen.ended is not None or known.is_over):
        # All listeners go by the participants where they have ended: the vendor's own time of the
        # end may be another.
        known.ended = (known.last if known.is_over else None) or seen.ended
        if known.ended is not None and known.ended not in known.ends:
            known.ends = (*known.ends, known.ended)
            mark = text_of(known.ended)
            yield Fact(words.ENDED, known.ended, _NOBODY, _of_kind(known), known.media, mark=mark)


def _of_kind(known: KnownConversation) -> Communication:
    return Communication(direction=known.direction)


def _in_order(
    known: KnownConversation,
    facts: list[Fact],
    seen: Seen,
    witnessed: bool,
    older: bool,
    now: datetime,
) -> list[NewFact]:
    untimed = None
    news = []
    for fact in facts:
        at = fact.at
        if at is None:
            untimed = untimed or _untimed(known, seen, witnessed, now)
            at = untimed if fact.until is None else min(untimed, fact.until)
        news.append(NewFact(fact, at))
    if len(news) > 1:
        news.sort(key=_place)
    through = known.through
    for one in news:
        if through is not None and one.at < through:
            one.late = True
        if one.fact.state and (not older or one.fact.at is not None):
            one.previous = _moved(known, one.fact, one.at)
    if through is None or news[-1].at > through:
        known.through = news[-1].at
    return news


def _untimed(known: KnownConversation, seen: Seen, witnessed: bool, now: datetime) -> datetime:
    """Return when something happened that has no time: when it was first shown.

    That is when the snapshot was sent, if the change was witnessed, or else its newest time.
    """
    if witnessed:
        return newest((seen.latest, seen.sent(), known.through)) or now
    return seen.latest or now


def _place(news: NewFact) -> tuple[datetime, float]:
    fact = news.fact
    return news.at, RANK[fact.type] if fact.rank < 0 else fact.rank


def _moved(known: KnownConversation, fact: Fact, at: datetime) -> str:
    """Remember the state of a communication; return the one before, where it is another.

    A state that it had before the one that is known is told, and not remembered.
    """
    if fact.type == words.ACW:
        return ""
    one = known.communication(fact.participant.id, fact.communication.id)
    before, rises = one.state, height(fact.state) - height(one.state)
    if rises < 0 or (rises == 0 and one.since is not None and at < one.since):
        return ""
    if fact.type not in _KEEPING:
        one.state, one.since = fact.state, at
    return before if before != fact.state else ""


__all__ = ["NewFact", "Seen", "is_older", "new_facts_of"]

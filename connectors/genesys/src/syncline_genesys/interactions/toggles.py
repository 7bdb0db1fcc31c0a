"""What has no time of its own and can come again: recordings, attributes, holds without a start.

Here alone it matters what was told before: the same value again says nothing, another one does. A
recording or an attribute is named by its value and the newest time of the snapshot that showed it.
Whoever begins in the middle, or missed one, may name it otherwise: merging goes by their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

from msgspec import Struct

from syncline.events import interaction as words

from .facts import BEFORE_HELD, Communications, Fact
from .memory import KnownCommunication, KnownConversation
from .privacy_filter import PrivacyFilter
from .shapes import NULL, Communication, Participant
from .states import SAID, height, is_over
from .times import text_of
from .words import lower


class Age(Struct, gc=False, frozen=True):
    """Where a snapshot stands among those before it, by the newest times that they show."""

    older: bool
    """Older than something that was told, by whom it may be."""
    behind: bool
    """Older than something that a channel told: a look-up may be further on than all channels."""
    asked_for: bool
    """A look-up: it has no place in the order of what a channel tells."""


def toggled(
    known: KnownConversation,
    participant: Participant,
    communications: Communications,
    fresh: Sequence[Fact],
    privacy: PrivacyFilter,
    latest: datetime | None,
    age: Age,
) -> list[Fact]:
    """Return what is another value than the one told last, and remember the value.

    A snapshot that is behind has none.

    Args:
        fresh: what else is told of the participant now.
        latest: the newest time of the snapshot.
    """
    found: list[Fact] = []
    for media, what in communications:
        told = known.communication(participant.id, what.id)
        if what.state != told.state and told.state and not age.older:
            found += _state(participant, what, media, told, fresh)
        if what.recordingState and what.recordingState != told.recording:
            found += _recording(participant, what, media, told, latest)
        if (what.held or told.hold) and not (age.older or (age.asked_for and _crosses(what, told))):
            found += _hold(participant, what, media, told)
    if privacy.lets_attributes and participant.attributes is not NULL:
        found += _attributes(known, participant, privacy, latest)
    return found


def _crosses(what: Communication, told: KnownCommunication) -> bool:
    """Tell whether an answer is from before a hold that a channel has told of since."""
    start = text_of(what.startHoldTime)
    return bool(told.hold) and start != told.hold and (not start or start < told.hold)


def _state(
    participant: Participant,
    what: Communication,
    media: str,
    told: KnownCommunication,
    fresh: Sequence[Fact],
) -> list[Fact]:
    """Return that a communication is back in a state that it had before."""
    state = what.state or ""
    if is_over(what) or (state in SAID and state != "connected"):
        return []
    if height(state) < height(told.state) or any(
        fact.communication is what and fact.state == state for fact in fresh
    ):
        return []
    mark = told.turn(words.CHANGED, state)
    return [Fact(words.CHANGED, None, participant, what, media, mark=mark, state=state)]


def _recording(
    participant: Participant,
    what: Communication,
    media: str,
    told: KnownCommunication,
    latest: datetime | None,
) -> list[Fact]:
    state = lower(what.recordingState)
    if not state or state == told.recording:
        return []
    told.recording = state
    mark = told.turn(words.RECORDING, state, latest)
    until = what.disconnectedTime or participant.endTime
    return [Fact(words.RECORDING, None, participant, what, media, mark=mark, until=until)]


def _hold(
    participant: Participant,
    what: Communication,
    media: str,
    told: KnownCommunication,
) -> list[Fact]:
    if what.held is None or what.holds or is_over(what):
        return []
    state, start = what.state or "", text_of(what.startHoldTime)
    found = []
    if told.hold and (not what.held or start not in ("", told.hold)):
        # Where the next hold has begun already, it was over by then.
        at, rank = (what.startHoldTime, BEFORE_HELD) if start else (None, -1.0)
        mark = told.hold
        found.append(
            Fact(words.RESUMED, at, participant, what, media, mark=mark, state=state, rank=rank)
        )
        told.hold = ""
    if what.held and not told.hold:
        told.hold = start or told.turn(words.HELD, "held")
        if not start:
            found.append(
                Fact(words.HELD, None, participant, what, media, mark=told.hold, state=state)
            )
    return found


def _attributes(
    known: KnownConversation,
    participant: Participant,
    privacy: PrivacyFilter,
    latest: datetime | None,
) -> list[Fact]:
    told = known.participant(participant.id)
    chosen = privacy.attributes(participant.attributes)
    if not chosen and not told.attributes:
        return []
    # Made of what leaves: whoever may not see a value cannot guess it from an id either.
    text = "\0".join([f"{name}\0{value}" for name, value in chosen.items()])
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    if digest == told.attributes:
        return []
    told.attributes = digest
    mark = told.turn(words.ATTRIBUTES, digest, latest)
    return [
        Fact(words.ATTRIBUTES, None, participant, mark=mark, attributes=chosen, of_participant=True)
    ]


__all__ = ["Age", "toggled"]

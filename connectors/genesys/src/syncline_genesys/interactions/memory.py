"""What a listener remembers of a conversation, to tell what is new and what it was before.

Nothing here has a cycle, and there may be millions of these objects: as structures without `gc` the
collector of cycles does not look at them, which would stop everything for seconds.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct, field

from .snapshot_order import SnapshotOrder
from .times import text_of

RUNG, CONNECTED, MOVED, OVER = 1, 2, 4, 8
"""What happens to a communication once at most."""
JOINED, LEFT, WORKING, WORKED = 1, 2, 4, 8
"""What happens to a participant once at most."""
_FEW = 8


class KnownPlace(Struct, gc=False, eq=False):
    """What was told of a participant, or of one of its communications."""

    once: int = 0
    """The sum of what happened that can happen once at most."""
    marks: Collection[str] = ()
    """What was told of all that can happen more than once."""
    _turns: dict[str, int] | None = None

    def tell(self, type: str, once: int, mark: str) -> bool:
        """Remember something; tell whether it was new."""
        if once:
            new = not self.once & once
            self.once |= once
            return new
        marks, said = self.marks, f"{type} {mark}"
        if said in marks:
            return False
        if isinstance(marks, set):
            marks.add(said)
        else:
            # Most have none, or few: a set takes ten times the room.
            self.marks = (*marks, said) if len(marks) < _FEW else {*marks, said}
        return True

    def turn(self, type: str, value: str, latest: datetime | None = None) -> str:
        """Return a mark that tells this turn of a value from earlier ones.

        Args:
            latest: the newest time of the snapshot: turns are only counted while it is the same.
        """
        said = f"{value} {text_of(latest)}" if latest is not None else value
        turns = self._turns = self._turns or {}
        number = turns.get(f"{type} {said}", 0)
        mark = f"{said} {number}" if number else said
        while f"{type} {mark}" in self.marks:
            number += 1
            mark = f"{said} {number}"
        turns[f"{type} {said}"] = number
        return mark


class KnownCommunication(KnownPlace, gc=False, eq=False):
    """What was told of one communication."""

    state: str = ""
    since: datetime | None = None
    """When it got into its state."""
    hold: str = ""
    """The mark of the hold that it is on; "" where it is on none."""
    recording: str = "none"


class KnownParticipant(KnownPlace, gc=False, eq=False):
    """What was told of one participant, and what the newest snapshot said."""

    ended: datetime | None = None
    takes_part: bool = False
    attributes: str = ""
    """The digest of those that left."""


class KnownConversation(Struct, gc=False, eq=False):
    """What was told of one conversation: about three kilobytes, for as long as it is open."""

    began: bool = False
    ended: datetime | None = None
    """When it ended, while it has; None as soon as somebody takes part again."""
    ends: tuple[datetime, ...] = ()
    """The ends that were told: somebody may take part again after one."""
    latest: datetime | None = None
    """The newest time of all snapshots."""
    framed: datetime | None = None
    """The newest time of those that channels told."""
    through: datetime | None = None
    """The newest time that was told."""
    heard: datetime | None = None
    """By our clock."""
    media: str = ""
    direction: str | None = None
    active: int = 0
    """How many participants take part."""
    participants: dict[int, KnownParticipant] = {}
    communications: dict[int, KnownCommunication] = {}
    """Both by hash of their ids, which take a third of the room."""
    order: SnapshotOrder = field(default_factory=SnapshotOrder)
    raws: dict[int, datetime | None] = {}
    """The participants of the newest snapshot, by hash of their text, with their latest time.

    One whose text is the same needs no second look. The hash is one of this process with a secret
    of its own: nobody can make two texts the same.
    """

    def participant(self, id: str | None) -> KnownParticipant:
        """Return what is remembered of a participant."""
        key = hash(id)
        one = self.participants.get(key)
        if one is None:
            one = self.participants[key] = KnownParticipant()
        return one

    def communication(self, participant: str | None, id: str | None) -> KnownCommunication:
        """Return what is remembered of a communication; without an id, of the participant's."""
        key = hash(id or participant)
        one = self.communications.get(key)
        if one is None:
            one = self.communications[key] = KnownCommunication()
        return one

    def knows(self, participant: str | None) -> bool:
        """Tell whether a participant was heard of."""
        return hash(participant) in self.participants

    @property
    def is_over(self) -> bool:
        """Tell whether nobody takes part any longer, of those that ever did."""
        return not self.active and self.last is not None

    @property
    def last(self) -> datetime | None:
        """When somebody took part last, as far as it has ended."""
        ends = [one.ended for one in self.participants.values() if one.ended is not None]
        return max(ends) if ends else None


__all__ = [
    "CONNECTED", "JOINED", "LEFT", "MOVED", "OVER", "RUNG", "WORKED", "WORKING",
    "KnownCommunication", "KnownConversation", "KnownParticipant", "KnownPlace",
]  # fmt: skip

"""What a listener remembers of a conversation, to tell what is new and what it was before."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import datetime
from struct import Struct

_BYTES = Struct("q")


class KnownCommunication:
    """What was told last of one communication."""

    __slots__ = ("hold", "recording", "state")

    def __init__(self) -> None:
        self.state = ""
        self.hold = ""
        """The mark of the hold that it is on; "" where it is on none."""
        self.recording = ""


class KnownParticipant:
    """What the newest snapshot said of one participant."""

    __slots__ = ("attributes", "ended", "takes_part")

    def __init__(self) -> None:
        self.ended: datetime | None = None
        self.takes_part = False
        self.attributes = ""
        """The digest of those that left."""


class KnownConversation:
    """What was told of one conversation. Some kilobytes, for as long as it is open."""

    __slots__ = (
        "began", "communications", "direction", "ended", "heard", "latest", "media",
        "participants", "raws", "through", "told",
    )  # fmt: skip

    def __init__(self) -> None:
        self.told = b""
        """Eight bytes for every fact."""
        self.began = False
        self.ended: datetime | None = None
        """When it ended, while it has; None as soon as somebody takes part again."""
        self.latest: datetime | None = None
        """The newest time of all snapshots."""
        self.through: datetime | None = None
        """The newest time that was told."""
        self.heard: datetime | None = None
        """By our clock."""
        self.media = ""
        self.direction = ""
        self.participants: dict[str, KnownParticipant] = {}
        self.communications: dict[str, KnownCommunication] = {}
        self.raws: dict[int, datetime | None] = {}
        """The participants of the newest snapshot, by hash of their text, with their latest time.

        One whose text is the same needs no second look.
        """

    def tell(self, fact: Hashable) -> bool:
        """Remember a fact; tell whether it is new.

        The hash is that of this process, and of a secret of its own: nobody can make two facts the
        same, and by chance it happens once in 10^16.
        """
        token = _BYTES.pack(hash(fact))
        if token in self.told:
            return False
        self.told += token
        return True

    def participant(self, id: str | None) -> KnownParticipant:
        """Return what is remembered of a participant."""
        key = id or ""
        one = self.participants.get(key)
        if one is None:
            one = self.participants[key] = KnownParticipant()
        return one

    def communication(self, participant: str | None, id: str | None) -> KnownCommunication:
        """Return what is remembered of a communication; without an id, of the participant's."""
        key = id or participant or ""
        one = self.communications.get(key)
        if one is None:
            one = self.communications[key] = KnownCommunication()
        return one

    @property
    def is_over(self) -> bool:
        """Tell whether nobody takes part any longer, of those that ever did."""
        known = self.participants.values()
        return any(one.ended is not None for one in known) and not any(
            one.takes_part for one in known
        )


__all__ = ["KnownCommunication", "KnownConversation", "KnownParticipant"]

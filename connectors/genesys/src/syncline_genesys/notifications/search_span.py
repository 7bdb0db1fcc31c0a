"""Where conversations are looked for of which nobody had heard in a gap. Pure."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from attrs import frozen

from ..blocks.words import Json
from ..documents import moment
from .calls import known
from .gap import Gap
from .topics import subjects

MARGIN = timedelta(seconds=5)
"""How much longer than a gap is looked for: the vendor's clock and ours differ, and a frame takes
its time."""


@frozen
class SearchSpan:
    """The times of a gap, and whom it concerns."""

    since: datetime
    until: datetime
    about: Set[str]
    """Ids of users and queues."""

    @classmethod
    def of(cls, gap: Gap) -> SearchSpan:
        return cls(gap.since - MARGIN, gap.until + MARGIN, subjects(gap.topics))

    def has(self, conversation: Json, name: str) -> bool:
        """Tell whether details of analytics are of a conversation that may have been missed.

        What began after it was heard from its beginning on; the vendor's interval counts in days.

        Args:
            name: the member that says when it began, or ended.
        """
        began = moment(conversation.get("conversationStart"))
        missed = began is None or began <= self.until
        since = is_since(conversation, name, self.since)
        return missed and since and known(conversation, self.about)


def is_since(conversation: Json, name: str, since: datetime) -> bool:
    """Tell whether a member of details of analytics is a time from then on, or none."""
    at = moment(conversation.get(name))
    return at is None or at >= since


__all__ = ["MARGIN", "SearchSpan", "is_since"]

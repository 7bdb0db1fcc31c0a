"""Topics that the vendor said are none: they are left out, and all others are listened to.

Source: Genesys notifications: one name that is no topic refuses a whole subscription, with 400
`notification.invalid.topic`; `ignoreErrors` helps against missing permissions alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from attrs import define, field, frozen

from syncline.errors import Rejected

from ..blocks.decode import text
from .catalogue import SUFFIXES
from .topics import combined, single

INVALID = "notification.invalid.topic"
ALIKE = 5
"""So many of one kind, and the kind itself is none; not of kinds that the catalogue has."""
_TOPIC = re.compile(r"v2\.[^\s'\",;]*[^\s'\",;.]")
"""A topic in a sentence."""
_OWNED = re.compile(r"(v2\.(?:users|routing\.queues))\.[^.?]+\.(.+)")


@frozen(kw_only=True)
class Refusal:
    """A topic that the vendor does not give."""

    topic: str
    reason: str
    permissions: tuple[str, ...] = ()


@define(eq=False)
class RefusedTopics:
    """What one OAuth client was told is no topic, for as long as the process lives."""

    _refusals: dict[str, Refusal] = field(factory=dict, init=False)
    """By single topic."""
    _apart: set[str] = field(factory=set, init=False)
    """Names that stood for several topics, of which one was none: each is asked for by itself."""

    def left(self, names: Iterable[str]) -> list[str]:
        """Return what of these names can be asked for, sorted."""
        return sorted({each for name in names for each in self._left(name)})

    def _left(self, name: str) -> Iterable[str]:
        topics = [*single(name)]
        good = [topic for topic in topics if topic not in self._refusals]
        names = [name] if len(good) == len(topics) else combined(good)
        return [part for one in names for part in (single(one) if one in self._apart else [one])]

    def of(self, names: Iterable[str]) -> list[Refusal]:
        """Return the refusals among these names."""
        return [self._refusals[one] for one in _topics(names) if one in self._refusals]

    def learn(self, names: Sequence[str], error: Rejected) -> bool:
        """Take note of what an answer says is no topic; return whether asking again can help."""
        body = error.body if isinstance(error.body, dict) else {}
        if text(body, "code") != INVALID:
            return False
        said = text(body, "message") or INVALID
        words = set(_TOPIC.findall(said))
        bad, unclear = set(_topics(names)) & words, (set(names) & words) - self._apart
        self._apart |= unclear
        for topic in self._alike(names, bad):
            self._refusals[topic] = Refusal(topic=topic, reason=said)
        return bool(bad or unclear)

    def _alike(self, names: Sequence[str], bad: set[str]) -> set[str]:
        """Return them, and all of a kind of which so many were refused that it is none itself.

        A pattern stands for as many topics as there are users, and they are refused one by one.
        """
        known = Counter(map(kind_of, self._refusals.keys() | bad))
        kinds = {kind for kind, count in known.items() if kind and count >= ALIKE}
        return bad | {each for each in _topics(names) if kind_of(each) in kinds}


def kind_of(topic: str) -> str:
    """Return what a topic of a user or queue is, without whose; "" where that is well known."""
    found = _OWNED.fullmatch(topic)
    return f"{found[1]}.{found[2]}" if found and found[2] not in SUFFIXES else ""


def _topics(names: Iterable[str]) -> Iterator[str]:
    return (topic for name in names for topic in single(name))


__all__ = ["ALIKE", "INVALID", "Refusal", "RefusedTopics", "kind_of"]

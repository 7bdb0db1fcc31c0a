"""The writes that are announced and not settled, as the runs of one process know them.

The journal in the state says the same; this is its mirror for questions that are asked once for
every item. Whoever has the turn of an item, and finds a write of it here, knows that its outcome
was lost: the run that announced it is no longer at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...model import Digest, Ref, Side
from ...state.listing import fold
from ...state.records import CloseIntent, Effect, Intent, OpenIntent
from ..runs.turns import refs_of


class Unsettled(Exception):
    """A write that may have made this item is being looked for: it waits until that is settled."""


class OpenWrites:
    """What is announced and not settled, by item."""

    def __init__(self) -> None:
        self._open: dict[str, Intent] = {}
        self._of: dict[Ref, set[str]] = {}

    def load(self, intents: Iterable[Intent]) -> None:
        """Take over what the journal says; what was known before is forgotten."""
        self._open.clear()
        self._of.clear()
        for intent in intents:
            self._add(intent)

    def note(self, effects: Iterable[Effect]) -> None:
        """Follow a commit."""
        for effect in effects:
            match effect:
                case OpenIntent(intent=intent):
                    self._add(intent)
                case CloseIntent(id=id_):
                    self._drop(id_)

    def names(self, refs: Iterable[Ref]) -> bool:
        """Tell whether a write of any of these items is open."""
        return any(ref in self._of for ref in refs)

    def has(self, intent: Intent) -> bool:
        """Tell whether this one is still open."""
        return intent.id in self._open

    def may_have_made(self, side: Side, title: str, digest: Digest) -> Iterator[Intent]:
        """Yield the open creates that an item on `side` without a mark may have come from.

        An item appears at the vendor, and in its webhooks, before the answer to our create does.
        """
        for intent in self._open.values():
            for planned in intent.writes:
                if planned.side is not side or planned.ref is not None or not planned.value:
                    continue
                if planned.digest == digest or fold(intent.link.title) == fold(title):
                    yield intent

    def _add(self, intent: Intent) -> None:
        self._open[intent.id] = intent
        for ref in refs_of(intent.link):
            self._of.setdefault(ref, set()).add(intent.id)

    def _drop(self, id_: str) -> None:
        intent = self._open.pop(id_, None)
        if intent is None:
            return
        for ref in refs_of(intent.link):
            self._of[ref].discard(id_)
            if not self._of[ref]:
                del self._of[ref]

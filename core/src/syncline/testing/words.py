"""Words that can be followed: each is written once, so that it is known where it came from.

Every text that a person writes in a history is made of them. A word is lost when nobody removed
it and it is nowhere any more; it has leaked when it was never open to everybody and is elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from ..model import Document

_WORD = re.compile(r"\b[wlb]\d+\b")


def words_of(value: Document | None) -> frozenset[str]:
    """Return the words that a document says: in its title, body and labels."""
    if value is None:
        return frozenset()
    texts = (value.title, value.body, *sorted(value.labels or ()), *(value.alternatives or ()))
    return frozenset(word for text in texts for word in _WORD.findall(text))


class Ledger:
    """Where each word stands: removed by a person, secret, or expected to be somewhere."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.deleted: set[str] = set()
        """Words that a person has taken out of a text that had them."""
        self.thrown: set[str] = set()
        """Words that a person has thrown away with an article."""
        self.secret: set[str] = set()
        """Words that were never open to everybody."""
        self.written: set[str] = set()

    def word(self) -> str:
        """Return a new word for a text."""
        return f"w{next(self._numbers)}"

    def label(self) -> str:
        """Return a new label."""
        return f"l{next(self._numbers)}"

    def birth(self) -> str:
        """Return the word by which an article is known: people never remove or copy it."""
        return f"b{next(self._numbers)}"

    def saved(self, before: Document | None, after: Document, *, secretly: bool) -> None:
        """Remember that a person saved a text, having seen the one before."""
        old, new = words_of(before), words_of(after)
        self.deleted |= old - new
        self.thrown -= new - old
        self.written |= new
        if secretly:
            self.secret |= new - old

    def thrown_away(self, value: Document | None) -> None:
        """Remember that a person removed an article, or chose against a text."""
        self.thrown |= words_of(value)

    def published(self, value: Document) -> None:
        """Remember that a text is open to everybody now."""
        self.secret -= words_of(value)

    @property
    def removed(self) -> set[str]:
        """Words that need not be anywhere any more, because a person wanted it so."""
        return self.deleted | self.thrown

    def missing(self, there: Iterable[Document | None]) -> frozenset[str]:
        """Return the words that nobody removed and that none of these documents has."""
        present = frozenset[str]().union(*map(words_of, there))
        return frozenset(self.written - self.removed - present)


def is_birth(word: str) -> bool:
    """True for a word of `Ledger.birth`."""
    return word.startswith("b")

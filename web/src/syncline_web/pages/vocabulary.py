"""The words for what a job keeps: articles on two sides, or fields that follow rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from syncline.engine import ConfigSession
from syncline.engine.opening.jobs import AnySession
from syncline.model import Ref
from syncline.state.browsing import Standing

from .wording import STANDINGS


@frozen(kw_only=True)
class Vocabulary:
    """How pages speak of what a job keeps, and where they lead."""

    one: str
    many: str
    pair: str
    """What the overview counts, and an undo holds."""
    fields: bool
    """True for fields: they have a rule and an object, and no two sides."""
    search: str
    """What the list is searched for."""
    gave_way: str
    """What is kept of an edit that lost."""
    parts: tuple[tuple[str, str], ...]
    """The pages of a job: each by its part of the address, with its name."""
    standings: Mapping[Standing, tuple[str, str]]
    """A sign and a word for where one stands."""

    def ref(self, left: Ref | None, right: Ref | None) -> Ref | None:
        """Return the one by which an article or a field is looked up."""
        return (right or left) if self.fields else (left or right)

    def title(self, title: str, ref: Ref | None) -> str:
        """Return what one is called; of an object without a title, its reference."""
        return title or (str(ref) if self.fields and ref else "")


ARTICLES: Final = Vocabulary(
    one="article",
    many="articles",
    pair="pair",
    fields=False,
    search="Title or id contains",
    gave_way="text that gave way",
    parts=(
        ("articles", "Articles"),
        ("conflicts", "Conflicts"),
        ("plans", "Plans"),
        ("restrictions", "Restrictions"),
        ("quarantine", "Quarantine"),
        ("runs", "Runs"),
        ("losses", "Losses"),
        ("pairs", "Pairs"),
    ),
    standings=STANDINGS,
)
_NO_SIDES = (Standing.WITHDRAWN, Standing.UNKNOWN)
FIELDS: Final = Vocabulary(
    one="field",
    many="fields",
    pair="field",
    fields=True,
    search="Field or rule contains",
    gave_way="value that gave way",
    parts=(
        ("fields", "Fields"),
        ("conflicts", "Conflicts"),
        ("plans", "Plans"),
        ("quarantine", "Quarantine"),
        ("runs", "Runs"),
    ),
    standings={
        **{which: words for which, words in STANDINGS.items() if which not in _NO_SIDES},
        Standing.SKIPPED: ("–", "left alone"),
    },
)


def vocabulary(session: AnySession) -> Vocabulary:
    """Return the words for what a job keeps."""
    return FIELDS if isinstance(session, ConfigSession) else ARTICLES


__all__ = ["ARTICLES", "FIELDS", "Vocabulary", "vocabulary"]

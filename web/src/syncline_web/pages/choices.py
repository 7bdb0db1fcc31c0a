"""What a person can choose in a conflict, in words that say what it does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from attrs import frozen

from syncline.decision import Reason
from syncline.engine import ConflictView
from syncline.model import Side
from syncline.state.records import ConflictRecord


@frozen(kw_only=True)
class Choice:
    """One button."""

    take: str
    label: str
    does: str
    """What happens then."""
    removes: bool = False
    """True where something is taken away: the page asks twice."""


_ONE_LEFT: Final = frozenset({Reason.COPY_DELETED, Reason.DELETE_HELD, Reason.LOST_SIGHT})
_OUTSIDE: Final = {
    Reason.OPEN_DRAFT: "Look whether the draft was published or discarded",
    Reason.NOT_WRITABLE: "Look whether it may be written now",
    Reason.COPY_RESTRICTED: "Look whether the copy is open again",
}


def choices(view: ConflictView, left: str, right: str, origin: Side | None) -> tuple[Choice, ...]:
    """Return the buttons of a conflict.

    Args:
        left: the name of the connection on the left; likewise `right`.
        origin: where the article was written first: it tells which side is gone.
    """
    return tuple(_choices(view, {"left": left, "right": right}, origin))


def _choices(view: ConflictView, names: dict[str, str], origin: Side | None) -> Iterator[Choice]:
    for take in view.choices:
        if take in names:
            yield _side(view, take, names, origin)
        elif take == "merge":
            does = "Both sides get the proposed merge."
            if view.record.clashes:
                does += " Where both changed the same words, it has those of the left."
            yield Choice(take=take, label="Take the merge", does=does)
        elif take == "both":
            yield Choice(take=take, label="Keep both", does=_apart(view.record))


def _side(view: ConflictView, take: str, names: dict[str, str], origin: Side | None) -> Choice:
    record = view.record
    other = "right" if take == "left" else "left"
    label = f"Take {take} ({names[take]})"
    if record.review and record.loser == other:
        return Choice(take=take, label=label, does="It stays as it was decided.")
    if record.reason in _ONE_LEFT and not record.review:
        return _gone(record, take, label, names[other], origin)
    if record.reason in _OUTSIDE and not record.review:
        return Choice(take=take, label=label, does=_look(record))
    return Choice(take=take, label=label, does=f"{names[other]} gets the text of {names[take]}.")


def _look(record: ConflictRecord) -> str:
    return f"{_OUTSIDE[record.reason]}; until then nothing is written."


def _gone(record: ConflictRecord, take: str, label: str, other: str, origin: Side | None) -> Choice:
    # Of a deleted copy the original is left, of an original that is gone the copy.
    is_copy = record.reason is Reason.COPY_DELETED
    left = origin if is_copy or origin is None else origin.other
    if left is not None and left.value == take:
        return Choice(take=take, label=label, does=f"It is created again in {other}.")
    does = f"The article in {other} is removed, too."
    return Choice(take=take, label=label, does=does, removes=True)


def _apart(record: ConflictRecord) -> str:
    if record.reason in _ONE_LEFT or record.reason in _OUTSIDE:
        return "The pair ends; whatever is there stays as it is."
    return "Two articles: the pair takes the original's text, the other becomes one of its own."


def seen(record: ConflictRecord) -> str:
    """Return what tells whether a conflict still is as it was shown."""
    parts = (
        *(record.id, record.base, record.left_value, record.right_value, record.proposed),
        *(record.left_stamp, record.right_stamp, record.resolution, record.reason.name),
        *record.clashes,
    )
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


__all__ = ["Choice", "choices", "seen"]

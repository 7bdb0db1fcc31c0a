"""Texts for people: what one loses on the other side, two beside each other, one to edit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from attrs import frozen

from ...body import from_html
from ...errors import Refused, SynclineError
from ...model import Document, Record, Ref, Side
from ..conflicts.views import ConflictView
from ..content import carrying, links, view
from ..plans.losses import losses_of
from ..steps.observation import read_side
from .browsing import is_veiled

if TYPE_CHECKING:
    from ..session import Session


@frozen(kw_only=True)
class Lost:
    """What one article's text, as it was last agreed on, loses on the other side."""

    ref: Ref
    title: str
    side: Side
    """Where it comes from."""
    losses: tuple[str, ...]


async def losses_of_pair(session: Session, pair: str) -> tuple[Lost, ...]:
    """Return what each side of a pair says that the other cannot hold, from the stored texts.

    Long texts are judged in a thread: nobody else waits for them.

    A text that cannot be judged any more says so, as a loss.
    """
    link = session.state.pair(pair)
    if link is None or is_veiled(session.state, session.job, pair):
        return ()
    found = []
    for side in Side:
        half = link.half(side)
        value = session.state.value(half.value)
        if half.ref is None or value is None or not session.policy.direction.writes(side.other):
            continue
        # Links lead to the other side's articles there: that is no loss.
        carried = links.translate(session._job, side, value)
        losses = await asyncio.to_thread(_losses, session, side, carried.value)
        if apart := len(carried.unresolved):
            noun = "link leads to an article" if apart == 1 else "links lead to articles"
            losses = (*losses, f"{apart} {noun} without a counterpart: plain text there")
        if losses:
            found.append(Lost(ref=half.ref, title=link.title, side=side, losses=losses))
    return tuple(found)


def _losses(session: Session, side: Side, value: Document) -> tuple[str, ...]:
    try:
        return losses_of(session._job, side, value)
    except SynclineError as error:
        return (f"it cannot be judged: {error}",)


async def side_by_side(session: Session, left: Ref, right: Ref) -> tuple[Document, Document]:
    """Read two articles now, both in the vocabulary that both sides share.

    Raises:
        Refused: one of them is not there for everybody.
        StoreError: one of them cannot be read.
    """
    job = session._job
    documents = []
    for side, ref in ((Side.LEFT, left), (Side.RIGHT, right)):
        answer = await read_side(job, ref)
        if not isinstance(answer, Record):
            raise answer
        if answer.value is None:
            raise Refused(f"{ref} is {answer.status.value}: its text is not shown")
        documents.append(view.shared_or_own(job, side, answer.value))
    return documents[0], documents[1]


def editable(session: Session, conflict: ConflictView, start: str) -> Document | None:
    """Return the text that a person starts from, in the vocabulary that both sides share.

    `Session.resolve` takes an edited text in that vocabulary. `start` is `proposed`, `left` or
    `right`; None when there is none.
    """
    job = session._job
    if start == "right":
        return _from_right(session, conflict)
    value = conflict.left if start == "left" else conflict.proposed
    return view.shared_or_own(job, Side.LEFT, value) if value is not None else None


def in_shared_words(session: Session, left: Document) -> Document:
    """Return a left document in the vocabulary that both sides share."""
    return view.shared_or_own(session._job, Side.LEFT, left)


def _from_right(session: Session, conflict: ConflictView) -> Document | None:
    right, base, left = conflict.right, conflict.right_base, conflict.base
    job = session._job
    if right is None:
        return None
    if base is None or left is None:
        value = carrying.fresh(job, Side.LEFT, right).value
    else:
        carried = carrying.carry(job, Side.LEFT, source_base=base, source_now=right, target=left)
        value = carried.value
    return view.shared_or_own(job, Side.LEFT, value)


def edited_body(html: str) -> str:
    """Return what a person typed as a body: hostile or broken HTML is cleaned.

    Raises:
        Rejected: it is too long, too deep, or would cost a parser too much.
    """
    return from_html(html)


__all__ = [
    "Lost",
    "editable",
    "edited_body",
    "in_shared_words",
    "losses_of_pair",
    "side_by_side",
]

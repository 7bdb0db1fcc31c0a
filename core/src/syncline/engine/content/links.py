"""Links between items: led to the other side's items, or to nowhere where none is there."""

from __future__ import annotations

from urllib.parse import quote, unquote

from attrs import evolve, frozen

from ... import body as _body
from ...model import Document, Ref, Side
from ...state.records import TAKEN_AWAY, LinkState
from ..context import Job

PREFIX = "syncline:doc/"
"""What the internal address of an item begins with."""


WITHDRAWN = "withdrawn"
"""The reason on the tombstone of a copy that was taken away: links to it lose their address."""


@frozen(kw_only=True)
class Carried:
    """A document for one side, and what stood in the way."""

    value: Document
    clashes: tuple[str, ...] = ()
    unresolved: frozenset[str] = frozenset()
    """Refs that the source links to and that have no counterpart yet."""


def href_of(ref: Ref) -> str:
    """Return the internal address of an item, as bodies hold it."""
    return f"{PREFIX}{quote(ref.connection)}:{quote(ref.id, safe='')}"


def ref_of(href: str) -> tuple[Ref, str] | None:
    """Return the item and the `#anchor` of an internal address; None for any other."""
    if not href.startswith(PREFIX):
        return None
    address, hash_, anchor = href.removeprefix(PREFIX).partition("#")
    connection, colon, id_ = address.partition(":")
    if not (connection and colon and id_):
        return None
    return Ref(unquote(connection), unquote(id_)), hash_ + anchor


def targets(value: Document) -> frozenset[str]:
    """Return the refs that the body links to, as text."""
    found = (ref_of(href) for href in _body.links(value.body))
    return frozenset(str(pair[0]) for pair in found if pair)


def counterpart(job: Job, ref: Ref) -> Ref | None:
    """Return the other side's item of a pair that is live on both sides."""
    link = job.state.link(job.name, ref)
    side = job.side_of(ref)
    if link is None or side is None or link.state is LinkState.WITHDRAWN:
        return None
    return link.half(side.other).ref


def translate(
    job: Job, side: Side, value: Document, *, frozen_out: frozenset[str] = frozenset()
) -> Carried:
    """Turn links to `side`'s items into links to the other side's.

    A link to an item without a counterpart loses its address; so does one in `frozen_out`, which
    is how the state before a pairing is told again.
    """
    missing: set[str] = set()

    def rewrite(href: str) -> str | None:
        found = ref_of(href)
        if found is None or found[0].connection != job.connection(side):
            return href
        ref, anchor = found
        other = None if str(ref) in frozen_out else counterpart(job, ref)
        if other is None:
            missing.add(str(ref))
            return None
        return href_of(other) + anchor

    if PREFIX not in value.body:
        return Carried(value=value)
    body = _body.rewrite_links(value.body, rewrite)
    return Carried(value=evolve(value, body=body), unresolved=frozenset(missing))


def without_gone(job: Job, side: Side, body: str) -> str:
    """Take the address from links to copies that were taken away since the body was written.

    A copy that was only left behind is there, and keeps its links.
    """

    def rewrite(href: str) -> str | None:
        found = ref_of(href)
        if found is None or found[0].connection != job.connection(side):
            return href
        buried = job.state.tombstone(job.name, found[0]) or ""
        return None if buried == WITHDRAWN or buried.startswith(TAKEN_AWAY) else href

    return _body.rewrite_links(body, rewrite) if PREFIX in body else body


def led_elsewhere(job: Job, source: Document, target: Document) -> frozenset[str]:
    """Return the refs that `source` links to and `target` does not: a copy of theirs is gone."""
    there = targets(target)
    return frozenset(
        ref
        for ref in targets(source)
        if (other := counterpart(job, Ref.parse(ref))) is not None and str(other) not in there
    )


def unaddressed(value: Document) -> Document:
    """Return a document whose links to other items lead nowhere: each side has its own address."""
    return evolve(value, body=_body.rewrite_links(value.body, _outward_only))


def _outward_only(href: str) -> str | None:
    return None if href.startswith(PREFIX) else href

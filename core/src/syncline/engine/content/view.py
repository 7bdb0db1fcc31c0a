"""How one side's document looks to the other: mapping and projection, digests and equality.

Nothing here performs I/O but look-ups in the state.
"""

from __future__ import annotations

import unicodedata

from attrs import evolve

from ... import body as _body
from ...mapping import Excluded
from ...model import Digest, Document, Record, Side, digest, restrict
from ...state.listing import stamp
from ...state.records import Half
from ...state.values import key_of
from ..context import Job
from . import links


def as_shared(job: Job, side: Side, value: Document) -> Document | Excluded:
    """Return one side's document in the vocabulary that both share."""
    if side is Side.LEFT:
        mapped = job.mapping.forward(value)
        if isinstance(mapped, Excluded):
            return mapped
        if not isinstance(mapped, Document):
            raise TypeError(f"the mapping gave {mapped!r}")
        return restrict(mapped, job.shared)
    return restrict(value, job.shared)


def shared_or_own(job: Job, side: Side, value: Document) -> Document:
    """Like `as_shared`; an excluded document is taken as it is."""
    shared = as_shared(job, side, value)
    return restrict(value, job.shared) if isinstance(shared, Excluded) else shared


def side_digest(job: Job, side: Side, value: Document) -> Digest:
    """Return the digest by which one side is compared with itself."""
    return digest(shared_or_own(job, side, value))


def half_of(job: Job, side: Side, record: Record) -> Half:
    """Return what is remembered of one side that holds `record` now."""
    value = record.value
    return Half(
        ref=record.ref,
        version=record.version,
        digest=side_digest(job, side, value) if value else Digest(""),
        value=key_of(value) if value else "",
        stamp=stamp(record),
    )


def common(job: Job, side: Side, value: Document) -> Document:
    """Return what both systems can say of one side's document, in the right's vocabulary."""
    return links.unaddressed(_common(job, side, value))


def _common(job: Job, side: Side, value: Document) -> Document:
    shared = links.translate(job, side, shared_or_own(job, side, value)).value
    projected = restrict(_left_form(job, job.right.project(shared)), job.shared)
    return restrict(job.right.project(projected), job.shared)


def _left_form(job: Job, shared: Document) -> Document:
    """What the left can say; fields that only the mapping gives it are not its own to lose."""
    given = job.mapping.fields(job.left.fields) - job.left.fields
    return evolve(job.left.project(shared), **{name: getattr(shared, name) for name in given})


def equal(job: Job, left: Document, right: Document) -> bool:
    """Tell whether both sides hold the same article, after both projections."""
    mine, theirs = _common(job, Side.LEFT, left), _common(job, Side.RIGHT, right)
    # Most edits change a word: that is told without building both bodies anew.
    if _wording(mine) != _wording(theirs):
        return False
    return digest(links.unaddressed(mine)) == digest(links.unaddressed(theirs))


def _wording(value: Document) -> list[str]:
    # Taking an address from a link leaves its words; only white space may move.
    return unicodedata.normalize("NFC", _body.plain_text(value.body)).split()


def words(value: Document) -> list[str]:
    """Return the words of an article, for comparing two of them."""
    return _body.plain_text(value.body).casefold().split()

"""How one side's document looks to the other: mapping, projection, links, and edits carried over.

Nothing here performs I/O but look-ups in the state.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from urllib.parse import quote, unquote

from attrs import evolve, frozen

from ... import body as _body
from ...decision import OnConflict
from ...mapping import Excluded
from ...model import FIELDS, Asset, Digest, Document, Opaque, Record, Ref, Side, digest, restrict
from ...state.listing import stamp
from ...state.records import TAKEN_AWAY, Half, LinkState
from ...state.values import key_of
from ..context import Job
from . import fields as _fields

_DOC = "syncline:doc/"
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
    return f"{_DOC}{quote(ref.connection)}:{quote(ref.id, safe='')}"


def ref_of(href: str) -> tuple[Ref, str] | None:
    """Return the item and the `#anchor` of an internal address; None for any other."""
    if not href.startswith(_DOC):
        return None
    address, hash_, anchor = href.removeprefix(_DOC).partition("#")
    connection, colon, id_ = address.partition(":")
    if not (connection and colon and id_):
        return None
    return Ref(unquote(connection), unquote(id_)), hash_ + anchor


def targets(value: Document) -> frozenset[str]:
    """Return the refs that the body links to, as text."""
    found = (ref_of(href) for href in _body.links(value.body))
    return frozenset(str(pair[0]) for pair in found if pair)


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

    if _DOC not in value.body:
        return Carried(value=value)
    body = _body.rewrite_links(value.body, rewrite)
    return Carried(value=evolve(value, body=body), unresolved=frozenset(missing))


def _with_own(value: Document, target: Document) -> Document:
    """Give back what only the target's store holds: the shared view does not have it."""
    own = {name: getattr(target, name) for name in FIELDS[2:] if getattr(value, name) is None}
    return evolve(value, **own)


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

    return _body.rewrite_links(body, rewrite) if _DOC in body else body


def _led_elsewhere(job: Job, source: Document, target: Document) -> frozenset[str]:
    """Return the refs that `source` links to and `target` does not: a copy of theirs is gone."""
    there = targets(target)
    return frozenset(
        ref
        for ref in targets(source)
        if (other := counterpart(job, Ref.parse(ref))) is not None and str(other) not in there
    )


def common(job: Job, side: Side, value: Document) -> Document:
    """Return what both systems can say of one side's document, in the right's vocabulary."""
    return unaddressed(_common(job, side, value))


def _common(job: Job, side: Side, value: Document) -> Document:
    shared = translate(job, side, shared_or_own(job, side, value)).value
    projected = restrict(_left_form(job, job.right.project(shared)), job.shared)
    return restrict(job.right.project(projected), job.shared)


def unaddressed(value: Document) -> Document:
    """Return a document whose links to other items lead nowhere: each side has its own address."""
    return evolve(value, body=_body.rewrite_links(value.body, _outward_only))


def _left_form(job: Job, shared: Document) -> Document:
    """What the left can say; fields that only the mapping gives it are not its own to lose."""
    given = job.mapping.fields(job.left.fields) - job.left.fields
    return evolve(job.left.project(shared), **{name: getattr(shared, name) for name in given})


def _outward_only(href: str) -> str | None:
    return None if href.startswith(_DOC) else href


def equal(job: Job, left: Document, right: Document) -> bool:
    """Tell whether both sides hold the same article, after both projections."""
    mine, theirs = _common(job, Side.LEFT, left), _common(job, Side.RIGHT, right)
    # Most edits change a word: that is told without building both bodies anew.
    if _wording(mine) != _wording(theirs):
        return False
    return digest(unaddressed(mine)) == digest(unaddressed(theirs))


def _wording(value: Document) -> list[str]:
    # Taking an address from a link leaves its words; only white space may move.
    return unicodedata.normalize("NFC", _body.plain_text(value.body)).split()


def _opaques(*values: Document) -> Mapping[str, Opaque]:
    return {key: opaque for value in values for key, opaque in value.opaques.items()}


def _assets(*values: Document) -> Mapping[str, Asset]:
    return {key: asset for value in values for key, asset in value.assets.items()}


def _project_body(job: Job, side: Side, title: str, body: str) -> str:
    return job.store(side).project(Document(title=title, body=body)).body


def fresh(job: Job, side: Side, source: Document) -> Carried:
    """Return the new document for `side`, made from the other side's `source`."""
    carried = translate(job, side.other, shared_or_own(job, side.other, source))
    value = evolve(carried.value, url=source.url, language=source.language)
    if side is Side.LEFT:
        value = job.mapping.backward(value, None)
    value = restrict(job.store(side).project(value), job.store(side).fields)
    return evolve(carried, value=value)


def carry(
    job: Job,
    side: Side,
    *,
    source_base: Document,
    source_now: Document,
    target: Document,
    frozen_out: frozenset[str] = frozenset(),
    remap: bool = False,
) -> Carried:
    """Apply the other side's edit to `target`, the document that `side` holds now.

    Fields and blocks that the edit did not touch stay as the target has them.
    """
    shared_target = shared_or_own(job, side, target)
    # Links to what is gone go first, so that they pass for no edit of the target's.
    alive = without_gone(job, side, shared_target.body)
    if alive != shared_target.body:
        frozen_out |= _led_elsewhere(job, source_base, target)
        shared_target = evolve(shared_target, body=alive)
    before = translate(
        job, side.other, shared_or_own(job, side.other, source_base), frozen_out=frozen_out
    ).value
    now = translate(job, side.other, shared_or_own(job, side.other, source_now))
    moved = _fields.transfer(before, now.value, shared_target)
    if remap:
        moved = _fields.align(now.value, moved)
    bodies = _body.carry(
        before.body,
        now.value.body,
        shared_target.body,
        lambda text: _project_body(job, side, target.title, text),
    )
    value = evolve(
        moved,
        body=bodies.body,
        opaques=_opaques(now.value, target),
        assets=_assets(now.value, target),
    )
    value = job.mapping.backward(value, target) if side is Side.LEFT else _with_own(value, target)
    value = restrict(job.store(side).project(value), job.store(side).fields)
    value = evolve(value, url=source_now.url or value.url)
    clashes = tuple(_sentence(clash) for clash in bodies.conflicts)
    return Carried(value=value, clashes=clashes, unresolved=now.unresolved)


@frozen(kw_only=True)
class MergedPair:
    """Both sides' documents after a merge; equal content, each in its own side's form."""

    left: Carried
    right: Carried
    clashes: tuple[str, ...]
    lost: frozenset[Side] = frozenset()
    """Sides whose edit of some field gave way, by the job's policy, to the other side's."""


def merge(
    job: Job,
    *,
    left_base: Document,
    right_base: Document,
    left: Document,
    right: Document,
    newest: Side | None = None,
) -> MergedPair:
    """Merge both edits three ways; clashes are told, and what is proposed then is complete.

    `newest` is the side that was edited later, beyond what the clocks may differ.
    """
    winners = _winners(job, newest)
    theirs = carry(job, Side.LEFT, source_base=right_base, source_now=right, target=left_base)
    base, mine, other = (shared_or_own(job, Side.LEFT, v) for v in (left_base, left, theirs.value))
    categories = [shared_or_own(job, Side.RIGHT, v).category for v in (right_base, right)]
    if categories[0] != categories[1]:
        # The left may have no way to say it, and it is an edit all the same.
        other = evolve(other, category=categories[1])
    scalars = _fields.merge(base, mine, other, winners)
    chosen = _fields.body(left_base.body, left.body, theirs.value.body, winners)
    bodies = _body.merge(left_base.body, left.body, theirs.value.body)
    value = evolve(
        scalars.value,
        body=bodies.body if chosen is None else chosen.value,
        opaques=_opaques(left_base, theirs.value, left),
        assets=_assets(left_base, theirs.value, left),
    )
    merged = restrict(job.left.project(job.mapping.backward(value, left)), job.left.fields)
    outward = carry(job, Side.RIGHT, source_base=theirs.value, source_now=merged, target=right)
    if scalars.value.category == categories[1] and "category" in job.right.fields:
        kept = evolve(outward.value, category=right.category)
        outward = evolve(outward, value=kept)
    in_bodies = tuple(_sentence(clash) for clash in bodies.conflicts)
    if chosen is not None:
        in_bodies = chosen.clashes
    # What the right's edit cannot be on the left is no matter where that edit gives way.
    carried = () if chosen is not None and Side.RIGHT in chosen.lost else theirs.clashes
    clashes = (*scalars.clashes, *carried, *in_bodies, *outward.clashes)
    inward = Carried(value=merged, unresolved=theirs.unresolved)
    lost = scalars.lost | (chosen.lost if chosen is not None else frozenset())
    return MergedPair(left=inward, right=outward, clashes=clashes, lost=lost)


def _winners(job: Job, newest: Side | None) -> _fields.Winners:
    """Return who wins in which field: a job that asks a person proposes a merge of the others."""
    policy = job.policy
    whole = policy.on_conflict if policy.fields else OnConflict.MERGE
    asks = whole is OnConflict.MANUAL
    return _fields.Winners(
        fields=policy.fields, job=OnConflict.MERGE if asks else whole, newest=newest
    )


def _sentence(clash: _body.Clash) -> str:
    """Return a clash for people: where, what both say, and why it cannot be settled."""
    here, there = (_shortened(text) for text in (clash.left, clash.right))
    return f"{clash.reason}: {here} here, {there} there"


def _shortened(text: str, most: int = 60) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= most else flat[: most - 1] + '…'}”"


def words(value: Document) -> list[str]:
    """Return the words of an article, for comparing two of them."""
    return _body.plain_text(value.body).casefold().split()

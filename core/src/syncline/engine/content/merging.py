"""Both sides' edits merged three ways: the body, and everything else by the job's policy."""

from __future__ import annotations

from attrs import evolve, frozen

from ... import body as _body
from ...decision import OnConflict
from ...model import Document, Side, restrict
from ..context import Job
from . import carrying, links, view
from . import fields as _fields


@frozen(kw_only=True)
class MergedPair:
    """Both sides' documents after a merge; equal content, each in its own side's form."""

    left: links.Carried
    right: links.Carried
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
    theirs = carrying.carry(
        job, Side.LEFT, source_base=right_base, source_now=right, target=left_base
    )
    base, mine, other = (
        view.shared_or_own(job, Side.LEFT, v) for v in (left_base, left, theirs.value)
    )
    categories = [view.shared_or_own(job, Side.RIGHT, v).category for v in (right_base, right)]
    if categories[0] != categories[1]:
        # The left may have no way to say it, and it is an edit all the same.
        other = evolve(other, category=categories[1])
    scalars = _fields.merge(base, mine, other, winners)
    chosen = _fields.body(left_base.body, left.body, theirs.value.body, winners)
    bodies = _body.merge(left_base.body, left.body, theirs.value.body)
    value = evolve(
        scalars.value,
        body=bodies.body if chosen is None else chosen.value,
        opaques=carrying.opaques(left_base, theirs.value, left),
        assets=carrying.assets(left_base, theirs.value, left),
    )
    merged = restrict(job.left.project(job.mapping.backward(value, left)), job.left.fields)
    outward = carrying.carry(
        job, Side.RIGHT, source_base=theirs.value, source_now=merged, target=right
    )
    if scalars.value.category == categories[1] and "category" in job.right.fields:
        kept = evolve(outward.value, category=right.category)
        outward = evolve(outward, value=kept)
    in_bodies = tuple(carrying.sentence(clash) for clash in bodies.conflicts)
    if chosen is not None:
        in_bodies = chosen.clashes
    # What the right's edit cannot be on the left is no matter where that edit gives way.
    carried = () if chosen is not None and Side.RIGHT in chosen.lost else theirs.clashes
    clashes = (*scalars.clashes, *carried, *in_bodies, *outward.clashes)
    inward = links.Carried(value=merged, unresolved=theirs.unresolved)
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

"""The edit of one side carried over to the other, and new documents made of the other side's."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from ... import body as _body
from ...model import FIELDS, Asset, Document, Opaque, Side, restrict
from ..context import Job
from . import fields as _fields
from . import links, view


def _with_own(value: Document, target: Document) -> Document:
    """Give back what only the target's store holds: the shared view does not have it."""
    own = {name: getattr(target, name) for name in FIELDS[2:] if getattr(value, name) is None}
    return evolve(value, **own)


def opaques(*values: Document) -> Mapping[str, Opaque]:
    """Return the opaque nodes of several documents; the last one's win."""
    return {key: opaque for value in values for key, opaque in value.opaques.items()}


def assets(*values: Document) -> Mapping[str, Asset]:
    """Return the attachments of several documents; the last one's win."""
    return {key: asset for value in values for key, asset in value.assets.items()}


def _project_body(job: Job, side: Side, title: str, body: str) -> str:
    return job.store(side).project(Document(title=title, body=body)).body


def fresh(job: Job, side: Side, source: Document) -> links.Carried:
    """Return the new document for `side`, made from the other side's `source`."""
    carried = links.translate(job, side.other, view.shared_or_own(job, side.other, source))
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
) -> links.Carried:
    """Apply the other side's edit to `target`, the document that `side` holds now.

    Fields and blocks that the edit did not touch stay as the target has them.
    """
    shared_target = view.shared_or_own(job, side, target)
    # Links to what is gone go first, so that they pass for no edit of the target's.
    alive = links.without_gone(job, side, shared_target.body)
    if alive != shared_target.body:
        frozen_out |= links.led_elsewhere(job, source_base, target)
        shared_target = evolve(shared_target, body=alive)
    before = links.translate(
        job, side.other, view.shared_or_own(job, side.other, source_base), frozen_out=frozen_out
    ).value
    now = links.translate(job, side.other, view.shared_or_own(job, side.other, source_now))
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
        opaques=opaques(now.value, target),
        assets=assets(now.value, target),
    )
    value = job.mapping.backward(value, target) if side is Side.LEFT else _with_own(value, target)
    value = restrict(job.store(side).project(value), job.store(side).fields)
    value = evolve(value, url=source_now.url or value.url)
    clashes = tuple(sentence(clash) for clash in bodies.conflicts)
    return links.Carried(value=value, clashes=clashes, unresolved=now.unresolved)


def sentence(clash: _body.Clash) -> str:
    """Return a clash for people: where, what both say, and why it cannot be settled."""
    here, there = (_shortened(text) for text in (clash.left, clash.right))
    return f"{clash.reason}: {here} here, {there} there"


def _shortened(text: str, most: int = 60) -> str:
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= most else flat[: most - 1] + '…'}”"

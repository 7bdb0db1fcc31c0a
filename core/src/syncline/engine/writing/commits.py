"""What every commit about a pair has in common, as effects."""

from __future__ import annotations

from ...model import Change, Side
from ...state.records import (
    CloseConflict,
    DropQuarantine,
    Effect,
    Half,
    Link,
    MarkDirty,
    SaveLink,
    SaveReferences,
    SaveValue,
)
from ..content import links
from ..context import Job, RunningJob
from ..runs.report import ItemResult
from ..steps.step import Step


def values_of(step: Step) -> list[Effect]:
    """Return what keeps the documents that were read for a step."""
    found = (r.value for r in step.records.values() if r is not None)
    return [SaveValue(value) for value in found if value is not None]


def pair_saved(job: Job, link: Link, step: Step | None) -> list[Effect]:
    """Return what remembers a pair, its links to other items, and who waited for it."""
    effects: list[Effect] = [SaveLink(link), *quarantine_ended(job, link), *approval(job, link)]
    for side in Side:
        record = step.records.get(side) if step else None
        if record is not None and record.value is not None:
            effects.append(SaveReferences(job.name, record.ref, links.targets(record.value)))
        elif link.unresolved:
            effects += _links_of(job, link.half(side))
    known = job.state.pair(link.pair)
    if known is None or _was_apart(known, link):
        effects += _waiting_for(job, link, known or link)
    return effects


def _links_of(job: Job, half: Half) -> list[Effect]:
    """Remember what a text links to that waits for a counterpart, though it was not read now."""
    value = job.state.value(half.value)
    if half.ref is None or value is None:
        return []
    return [SaveReferences(job.name, half.ref, links.targets(value))]


def approval(job: Job, link: Link) -> list[Effect]:
    """Record that a person has looked over what Syncline made: its review mark is gone."""
    known = job.state.pair(link.pair)
    if known is None or link.review or not known.review:
        return []
    return [job.entry(link, "approved", side=link.origin.other, reason="reviewed by a person")]


def _was_apart(known: Link, link: Link) -> bool:
    return any(known.half(side).ref != link.half(side).ref for side in Side)


def _waiting_for(job: Job, *pairs: Link) -> list[Effect]:
    """Mark the items whose bodies link to these: their links lead somewhere else now."""
    halves = ((side, link.half(side).ref) for link in pairs for side in Side)
    return [
        MarkDirty(job.name, side, Change(ref=referrer), priority=2, reencode=True)
        for side, ref in dict.fromkeys(halves)
        if ref is not None
        for referrer in job.state.referrers(job.name, ref)
    ]


def referrers_marked(job: Job, link: Link, *, gone: bool) -> list[Effect]:
    """Return what has the links to a copy that was taken away written anew."""
    return _waiting_for(job, link) if gone else []


def quarantine_ended(job: RunningJob, link: Link) -> list[Effect]:
    """Return what takes both items out of quarantine."""
    refs = (link.half(side).ref for side in Side)
    return [DropQuarantine(job.name, ref) for ref in refs if ref is not None]


def conflict_closed(job: RunningJob, link: Link, how: str) -> list[Effect]:
    """Return what closes the pair's open conflict; nothing where there is none."""
    conflict = job.state.conflict_of(link.pair)
    return [CloseConflict(conflict.id, how, job.now())] if conflict else []


def result_of(link: Link, event: str, step: Step) -> ItemResult:
    """Return the report line of a step."""
    side = getattr(step.decision, "side", None)
    return ItemResult(
        ref=link.left.ref or link.right.ref,
        title=link.title,
        event=event,
        side=side,
        reason=step.reason.value,
        detail="; ".join(step.clashes) or step.detail,
    )

"""Whether a write that was decided is made now: whose the field is, and what its store says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from attrs import evolve

from ...config_store import AuditedStore
from ...decision import Adopt, Conflict, Keep, Reason
from ...errors import StoreError
from ...items import ConfigRecord
from ...model import JSON, Ref
from ...rules import field_ref
from . import reading, writing
from .context import ConfigWork
from .verdicts import Hold, Verdict


def of_others(work: ConfigWork, verdict: Verdict) -> Verdict:
    """Leave a field alone that another job manages."""
    if not isinstance(verdict.decision, Conflict | Adopt) and not verdict.writes:
        return verdict
    for ref in {verdict.one.right, field_ref(verdict.written, verdict.path)}:
        if (other := work.state.linked_elsewhere(work.name, ref)) is not None:
            hold = Hold(f"{ref} is managed by job {other!r}; take it out of one of the two")
            return evolve(verdict, decision=Keep(Reason.NOT_WRITABLE), hold=hold)
    return verdict


def frozen_still(work: ConfigWork, verdict: Verdict) -> Verdict:
    """Stop repairing what somebody changes again and again: a person decides."""
    if not (verdict.drifted and verdict.writes):
        return verdict
    open_ = work.state.conflict_of(verdict.one.pair)
    fights = open_ is not None and open_.reason is Reason.PING_PONG
    since = work.now() - timedelta(hours=1)
    times = work.state.count_events(work.name, [writing.REPAIRED], since, pair=verdict.one.pair)
    if not fights and times < work.limits.writes_per_hour:
        return verdict
    return evolve(verdict, decision=Conflict(Reason.PING_PONG))


async def with_author(work: ConfigWork, verdict: Verdict) -> Verdict:
    """Ask who changed a drifted field, where the vendor tells."""
    store = work.store(verdict.one.rule.target.ref)
    if not verdict.drifted or verdict.quiet or not isinstance(store, AuditedStore):
        return verdict
    rule = verdict.one.rule
    try:
        author = await store.author(rule.target.ref, rule.target.path, verdict.link.synced_at)
    except StoreError:
        return verdict  # it is only for people
    if author is None or author.ours:
        return verdict
    return evolve(verdict, author=f"{author.name} at {author.at:%Y-%m-%d %H:%M:%S} UTC")


def objected(work: ConfigWork, verdicts: Sequence[Verdict], seen: reading.Seen) -> list[Verdict]:
    """Ask each store whether it would take all that is to be written, or else which part."""
    held: dict[str, Hold] = {}
    for batch in batches(verdicts, seen):
        held |= _objections(work, batch)
    return [
        evolve(verdict, hold=held[verdict.one.pair]) if verdict.one.pair in held else verdict
        for verdict in verdicts
    ]


def hindrance(work: ConfigWork, verdict: Verdict, seen: reading.Seen) -> Hold | None:
    """Return why a write that a person asks for cannot be made; None when it can."""
    record = seen.get(verdict.written)
    if isinstance(record, ConfigRecord) and record.foreign:
        return Hold(f"{record.ref} is somebody else's: {record.foreign}")
    (found,) = objected(work, [of_others(work, verdict)], seen)
    return found.hold


def _objections(work: ConfigWork, batch: writing.Batch) -> dict[str, Hold]:
    if _objection(work, batch.record, batch.verdicts) is None:
        return {}
    alone = {v.one.pair: _objection(work, batch.record, [v]) for v in batch.verdicts}
    held = {pair: hold for pair, hold in alone.items() if hold is not None}
    rest = [v for v in batch.verdicts if v.one.pair not in held]
    together = _objection(work, batch.record, rest) if rest else None
    if together is not None:
        held |= {v.one.pair: together for v in rest}
    return held


def _objection(work: ConfigWork, record: ConfigRecord, verdicts: Sequence[Verdict]) -> Hold | None:
    changes: Mapping[str, JSON] = {v.path: v.goal for v in verdicts}
    found = work.store(record.ref).objection(record, changes, work.now())
    return None if found is None else Hold(found.why, found.until)


def gathered(work: ConfigWork, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Let an object rest that was written a moment ago: one write in each debounce window."""
    rest = max(v.one.rule.debounce for v in verdicts)
    last = max((v.link.synced_at for v in verdicts if v.link.synced_at), default=None)
    if last is None or min(last, work.now()) + rest <= work.now():
        return list(verdicts)
    until = min(last, work.now()) + rest
    hold = Hold("changes are gathered", until, told=False)
    return [evolve(v, hold=hold) if v.writes else v for v in verdicts]


def batches(verdicts: Iterable[Verdict], seen: reading.Seen) -> list[writing.Batch]:
    """Return what is written now, object by object."""
    found: dict[Ref, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.writes:
            found.setdefault(verdict.written, []).append(verdict)
    return [
        writing.Batch(record=record, verdicts=tuple(fields), seen=seen)
        for ref, fields in found.items()
        if isinstance(record := seen[ref], ConfigRecord)
    ]


__all__ = [
    "batches",
    "frozen_still",
    "gathered",
    "hindrance",
    "objected",
    "of_others",
    "with_author",
]

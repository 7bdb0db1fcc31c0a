"""One object settled: looked at afresh by whoever alone may write it, decided, and acted on."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

from ...config_store import AuditedStore
from ...decision import Adopt, Conflict, Keep, Reason
from ...errors import Held, LeaseLost, OutcomeUnknown, StateError, StoreError, VersionMismatch
from ...items import ConfigRecord, item_digest
from ...model import JSON, Ref, Side
from ...rules import field_ref
from ...state.records import (
    ConflictRecord,
    DropLink,
    Effect,
    Lease,
    Link,
    LinkState,
    SaveConflict,
    SaveItem,
    SaveLink,
)
from ..quarantine import isolate
from ..remembering import closing, settled
from ..report import Report
from . import reading, writing
from .context import ConfigWork
from .halves import value_of
from .judging import Hold, Verdict, agreed, based, ends, judge
from .leasing import Busy, Tenancy, at_objects
from .recovering import recover_fields
from .rulebook import Group, Managed
from .telling import event_of_hold, held_text, new_hold, result_of, shown, why_of

logger = logging.getLogger(__name__)

_TRIES = 4
"""How often an object that moves while it is looked at is looked at again, at once."""


@frozen
class Outcome:
    """Whether an object has been looked at, or has to be looked at again, and when."""

    again: datetime | None = None
    """Not before this time; None: nothing waits."""
    left: bool = False
    """True when it could not be looked at now: another process is at it, an answer was lost."""


async def settle(work: ConfigWork, group: Group, report: Report) -> Outcome:
    """Look at an object again, decide and act; nobody else writes it meanwhile."""
    try:
        async with at_objects(work, group.locks) as tenancy:
            return await _settle(work, tenancy, group, report)
    except Busy as busy:
        report.counts["busy"] += 1
        logger.debug("another process is at it", extra={"job": work.name, "ref": str(busy.ref)})
        return Outcome(left=True)
    except LeaseLost:
        # This process was away for too long. Whoever took over looks for what was announced.
        report.counts["lost"] += 1
        logger.warning("another process took over", extra={"ref": str(group.ref)})
        return Outcome(left=True)
    except OutcomeUnknown as error:
        report.counts["unsure"] += 1
        logger.warning("an answer was lost", extra={"job": work.name, "detail": str(error)})
        return Outcome(left=True)


async def _settle(work: ConfigWork, tenancy: Tenancy, group: Group, report: Report) -> Outcome:
    for _ in range(_TRIES):
        await recover_fields(work, tenancy.fence, group.fields, report)
        seen = await reading.read(work, group.reads)
        verdicts = gathered(work, [known(work, one, seen) for one in group.fields])
        try:
            return await act(work, tenancy, verdicts, seen, report)
        except VersionMismatch as error:
            moved: Exception = error
    for verdict in verdicts:
        if verdict.writes:
            set_aside(work, verdict, moved, report)
    return Outcome()


def known(work: ConfigWork, one: Managed, seen: reading.Seen) -> Verdict:
    """Return what is to be done about a field, as it is remembered now."""
    link = work.state.pair(one.pair)
    return of_others(work, judge(one, link, seen, work.now(), work.state.item))


async def act(
    work: ConfigWork,
    tenancy: Tenancy,
    verdicts: Sequence[Verdict],
    seen: reading.Seen,
    report: Report,
) -> Outcome:
    """Do what was decided about the fields of one object.

    Raises:
        VersionMismatch: it moved meanwhile.
        OutcomeUnknown: an answer was lost.
    """
    verdicts = [frozen_still(work, verdict) for verdict in verdicts]
    verdicts = [await with_author(work, verdict) for verdict in verdicts]
    verdicts = objected(work, verdicts, seen)
    for verdict in verdicts:
        if verdict.error is not None:
            set_aside(work, verdict, verdict.error, report)
        else:
            remember(work, tenancy.fence, verdict, report)
    again = [v.hold.until for v in verdicts if v.hold is not None and v.hold.until is not None]
    for batch in batches(verdicts, seen):
        try:
            await writing.write(work, tenancy.fence, batch, report)
        except (VersionMismatch, OutcomeUnknown):
            raise
        except Held as error:
            again.append(error.until)
            hold_all(work, tenancy.fence, batch, Hold(str(error), error.until), report)
        except StoreError as error:
            for verdict in batch.verdicts:
                set_aside(work, verdict, error, report)
    return Outcome(again=min(again, default=None))


# -- whether to write now --------------------------------------------------------------------------


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


# -- what is remembered without a write ------------------------------------------------------------


def remember(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    """Make durable, and tell, what a decision means that writes nothing."""
    if verdict.hold is not None:
        told = verdict.hold.told
        report.counts["held_back" if told else "gathered"] += 1
        if told:
            _hold(work, fence, verdict, verdict.hold, report)
        return
    match verdict.decision:
        case Adopt():
            _adopt(work, fence, verdict, report)
        case Conflict():
            raise_conflict(work, fence, verdict, report)
        case Keep() if verdict.settles:
            link = evolve(verdict.link, state=LinkState.SYNCED)
            work.commit([SaveLink(link), *closing(work, link, "agreed")], fence)
        case _ if ends(verdict):
            _end(work, fence, verdict, report)


def hold_all(
    work: ConfigWork, fence: Lease, batch: writing.Batch, hold: Hold, report: Report
) -> None:
    """Tell of every field of an object that its write waits."""
    for verdict in batch.verdicts:
        report.counts["held_back"] += 1
        _hold(work, fence, verdict, hold, report)


def _hold(work: ConfigWork, fence: Lease, verdict: Verdict, hold: Hold, report: Report) -> None:
    effects: list[Effect] = [*settled(work, verdict.link)] if _failed(work, verdict) else []
    line = new_hold(work, verdict, hold)
    if line is not None:
        effects.append(line)
        # It is said once; that it still waits is in the counts.
        report.items.append(result_of(verdict, event_of_hold(hold), detail=held_text(hold)))
    if effects:
        work.commit(effects, fence)


def _failed(work: ConfigWork, verdict: Verdict) -> bool:
    return work.state.quarantined(work.name, verdict.one.right) is not None


def _adopt(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    link, reason = agreed(verdict), verdict.decision.reason.value
    items = (verdict.said, verdict.found)
    after = verdict.link.right.value if based(verdict.link) else ""
    entry = work.entry(
        link,
        "adopted",
        reason=reason,
        detail=f"{shown_value(verdict)} ({_by(verdict)})",
        before=after,
        after=link.right.value,
    )
    saved: list[Effect] = [SaveItem(item) for item in items if item is not None]
    work.commit([*saved, *writing.remembered(work, link), entry], fence)
    report.add(result_of(verdict, "adopted"))


def shown_value(verdict: Verdict) -> str:
    """Return what the field holds, for people."""
    return shown(value_of(verdict.found)) if verdict.found is not None else "nothing"


def _by(verdict: Verdict) -> str:
    author = f"changed by {verdict.author}" if verdict.author else ""
    return why_of(verdict, author=author)


def _end(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    drop(work, fence, verdict.link, verdict.decision.reason.value, verdict.because, report)


def drop(
    work: ConfigWork, fence: Lease | None, link: Link, reason: str, detail: str, report: Report
) -> None:
    """End the managing of a field: it keeps what it holds, and is nobody's from now on."""
    work.commit(
        [
            DropLink(link, work.now(), reason),
            *closing(work, link, "detached"),
            *settled(work, link),
            work.entry(link, "detached", reason=reason, detail=detail),
        ],
        fence,
    )
    report.counts["detached"] += 1


# -- conflicts -------------------------------------------------------------------------------------


def raise_conflict(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    """Save or refresh the conflict of a field, which is frozen until it is settled."""
    open_ = work.state.conflict_of(verdict.one.pair)
    record = record_of(work, verdict, open_)
    if open_ == evolve(record, updated_at=open_.updated_at if open_ else record.updated_at):
        return
    new = open_ is None or open_.reason is not record.reason
    link = evolve(verdict.link, state=LinkState.CONFLICT, title=verdict.one.title)
    items = (verdict.said, verdict.found)
    effects: list[Effect] = [SaveItem(item) for item in items if item is not None]
    effects += [SaveLink(link), SaveConflict(record), *settled(work, link)]
    if new:
        detail = f"{shown_value(verdict)} ({_by(verdict)})"
        effects.append(
            work.entry(link, "conflict", reason=verdict.decision.reason.value, detail=detail)
        )
        report.add(result_of(verdict, "conflict", detail=detail))
        logger.warning(
            "a conflict waits for a person",
            extra={"job": work.name, "ref": str(verdict.one.right)},
        )
    work.commit(effects, fence)


def record_of(work: ConfigWork, verdict: Verdict, open_: ConflictRecord | None) -> ConflictRecord:
    """Return the conflict as it stands now, with what a person needs to choose."""
    now = work.now()
    left = item_digest(verdict.said) if verdict.said is not None else ""
    right = item_digest(verdict.found) if verdict.found is not None else ""
    actors = (verdict.author, *(open_.actors if open_ is not None else ()))
    return ConflictRecord(
        id=open_.id if open_ is not None else work.new_id()[:12],
        job=work.name,
        pair=verdict.one.pair,
        left=verdict.one.left,
        right=verdict.one.right,
        title=verdict.one.title,
        reason=verdict.decision.reason,
        found_at=open_.found_at if open_ is not None else now,
        updated_at=now,
        base=verdict.link.right.value,
        left_value=left,
        right_value=right,
        left_stamp=left,
        right_stamp=right,
        actors=tuple(sorted({actor for actor in actors if actor})),
    )


# -- what fails ------------------------------------------------------------------------------------


def set_aside(work: ConfigWork, verdict: Verdict, error: Exception, report: Report) -> None:
    """Put one field into quarantine: it is tried again later, and nothing waits for it."""
    if isinstance(error, LeaseLost | StateError):
        raise error
    isolate(
        work,
        Side.RIGHT,
        verdict.one.right,
        error,
        report,
        title=verdict.one.title,
        stamp=stamp_of(verdict),
    )


def stamp_of(verdict: Verdict) -> str:
    """Return what a field and its rule say together: another one is tried at once."""
    items = (verdict.said, verdict.found)
    return "|".join(item_digest(item) if item is not None else "" for item in items)


__all__ = [
    "Outcome",
    "act",
    "drop",
    "known",
    "set_aside",
    "settle",
    "stamp_of",
]

"""Choosing content: a side, the proposed merge, or an edited text."""

from __future__ import annotations

from attrs import evolve

from ...decision import Merge
from ...errors import Refused
from ...model import Document, Record, Side
from ...state.records import ConflictRecord, Link, LinkState, SaveLink, SaveValue
from ..content import carrying, view
from ..context import Job
from ..runs.report import Report
from ..steps.step import RemoteWrite, Step
from ..writing.confirmation import confirm
from ..writing.intents import announce, perform
from .views import result_of


async def choose(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    edited: Document | None,
    report: Report,
) -> None:
    """Write what was chosen to the sides that do not hold it yet; the pair goes on from there.

    Raises:
        Refused: there is nothing to take, or the job never writes the side.
    """
    wanted = _wanted(job, record, link, records, take, edited)
    writes = [d for side in Side if (d := _write(job, link, records, side, wanted[side]))]
    after = evolve(link, state=LinkState.SYNCED, synced_at=job.now())
    for side in Side:
        now = records[side]
        if now is not None and now.value is not None:
            after = after.with_half(side, view.half_of(job, side, now))
    step = Step(
        link=link,
        decision=Merge(record.reason),
        records=records,
        writes=tuple(writes),
        after=after,
    )
    if not writes:
        values = (r.value for r in records.values() if r is not None)
        saved = [SaveValue(v) for v in values if v is not None]
        job.commit([*saved, SaveLink(after)])
        report.add(result_of(link, "resolved", take))
        return
    intent = announce(job, step)
    confirm(job, intent, await perform(job, intent, writes), step, report)


def _wanted(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    edited: Document | None,
) -> dict[Side, Document | None]:
    """Return what each side shall hold."""
    now = {side: value_in(job, record, records, side) for side in Side}
    base = {side: job.state.value(link.half(side).value) for side in Side}
    held = link.state is LinkState.HELD
    if take in ("merge", "edit"):
        left = edited if edited is not None else job.state.value(record.proposed)
        if left is None:
            raise Refused(f"conflict {record.id} has no proposed merge; take a side, or edit")
        if edited is not None and now[Side.LEFT] is not None:
            left = job.mapping.backward(edited, now[Side.LEFT])
        right = _onto(job, Side.RIGHT, base, left, now, held=held)
        return {Side.LEFT: left, Side.RIGHT: right}
    winner = Side(take)
    source = now[winner]
    if source is None:
        raise Refused(f"conflict {record.id}: there is nothing on the {take} to take")
    onto = _onto(job, winner.other, base, source, now, held=held)
    return {winner: source, winner.other: onto}


def value_in(
    job: Job, record: ConflictRecord, records: dict[Side, Record | None], side: Side
) -> Document | None:
    """Return what one side says in this choice: now, or when the losing edit was kept."""
    if record.review:
        key = record.left_value if side is Side.LEFT else record.right_value
        return job.state.value(key)
    now = records[side]
    return now.value if now is not None else None


def _onto(
    job: Job,
    side: Side,
    base: dict[Side, Document | None],
    source: Document,
    now: dict[Side, Document | None],
    *,
    held: bool,
) -> Document:
    """Return `source` as `side` holds it, with what only `side` can say taken from its base.

    Args:
        held: an undo has left the two bases different; that difference is taken, too.
    """
    target, source_base = base[side], base[side.other]
    if held and target is not None:
        source_base = carrying.fresh(job, side.other, target).value
    if target is None or source_base is None:
        return carrying.fresh(job, side, source).value
    carried = carrying.carry(job, side, source_base=source_base, source_now=source, target=target)
    if carried.clashes and now[side] is None:
        return carrying.fresh(job, side, source).value
    return carried.value


def _write(
    job: Job,
    link: Link,
    records: dict[Side, Record | None],
    side: Side,
    wanted: Document | None,
) -> RemoteWrite | None:
    now = records[side]
    if wanted is None or now is None or now.value is None:
        return None
    same = view.side_digest(job, side, wanted) == view.side_digest(job, side, now.value)
    if same:
        return None
    if not job.policy.direction.writes(side):
        raise Refused(f"{now.ref}: this job never writes the {side.value}; choose `both` to part")
    return RemoteWrite(side=side, ref=now.ref, expected=now.version, value=wanted, before=now.value)

"""Two articles made of one pair, or one side kept or removed for good."""

from __future__ import annotations

from attrs import evolve

from ...decision import Reason, Remove, Write
from ...errors import Refused, Stale
from ...model import Document, Record, Side
from ...state.records import CloseIntent, ConflictRecord, DropLink, Half, Link
from ..content import carrying
from ..context import Job
from ..pairing.first_steps import creation_step
from ..runs.report import Report
from ..runs.turns import Again, refs_of
from ..steps.step import RemoteWrite, Step
from ..writing.execution import carry_out
from ..writing.intents import announce, perform
from .choice import choose, value_in
from .views import CONTENT, result_of


async def keep_or_remove(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    take: str,
    report: Report,
) -> None:
    """Taking the side that is there creates the other anew; taking the gone side removes it.

    Raises:
        Refused: that would write a side which this job only reads.
    """
    found = [s for s in Side if (r := records[s]) is not None and r.value is not None]
    if len(found) == len(Side):
        raise Stale(f"conflict {record.id}: both sides are there; nothing was done: sync first")
    there = next(iter(found), None)
    if there is None:
        job.commit([DropLink(link, job.now(), record.reason.value)])
        report.add(result_of(link, "forgotten", take))
        return
    present = records[there]
    if present is None:
        raise Stale(f"conflict {record.id}: neither side is there any more")
    written = there.other if Side(take) is there else there
    if not job.policy.direction.writes(written):
        raise Refused(
            f"conflict {record.id}: this job never writes the {written.value}; take the"
            f" {written.value}, or `both` to part"
        )
    if Side(take) is there:
        step = creation_step(job, there, present)
        after = evolve(step.after or link, pair=link.pair, origin=link.origin)
        decision = Write(there.other, None, Reason.RESTORED)
        await carry_out(job, evolve(step, link=link, after=after, decision=decision), report)
        return
    write = RemoteWrite(
        side=there, ref=present.ref, expected=present.version, value=None, before=present.value
    )
    decision_ = Remove(there, present.version, Reason.DELETED)
    step = Step(link=link, decision=decision_, records=records, writes=(write,))
    await carry_out(job, step, report)


async def separate(
    job: Job,
    record: ConflictRecord,
    link: Link,
    records: dict[Side, Record | None],
    report: Report,
) -> None:
    """Make two articles of one pair: the copy's text moves into a new original of its own.

    The pair itself keeps its ids and takes the original's text; so no mark has to change hands.
    """
    live = [s for s in Side if (r := records[s]) is not None and r.value is not None]
    if len(live) < len(Side) or record.reason not in CONTENT:
        job.commit([DropLink(link, job.now(), "kept as two articles")])
        report.add(result_of(link, "detached", "both"))
        return
    origin = link.origin
    edited = value_in(job, record, records, origin.other)
    if edited is None or not job.policy.direction.writes(origin):
        raise Refused(f"conflict {record.id}: this job never writes the {origin.value}")
    await _split_off(job, link, origin, edited, report)
    await choose(job, record, link, records, origin.value, None, report)


async def _split_off(job: Job, link: Link, side: Side, edited: Document, report: Report) -> None:
    value = carrying.fresh(job, side, edited).value
    # Two articles of one title cannot be told apart: the new one says where it comes from.
    value = evolve(value, title=f"{value.title} ({job.connection(side.other)})")
    new = Link(
        pair=job.new_id(), job=job.name, left=Half(), right=Half(), origin=side, title=value.title
    )
    write = RemoteWrite(side=side, ref=None, expected=None, value=value)
    step = Step(link=new, decision=Write(side, None, Reason.NEW), writes=(write,), after=new)
    job.process.turns.also(*refs_of(new), run=job.run)
    intent = announce(job, step)
    (made,) = await perform(job, intent, [write])
    job.commit([CloseIntent(intent.id), job.entry(new, "split off", side=side)])
    report.counts["writes"] += 1
    if made is None or made.value is None:
        return
    try:
        job.process.turns.also(made.ref, run=job.run)
        if job.state.link(job.name, made.ref) is None:
            await carry_out(job, creation_step(job, side, made), report)
    except Again:
        return  # somebody has met it already, as a newcomer like any other

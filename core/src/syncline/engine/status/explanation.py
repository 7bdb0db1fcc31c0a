"""Why is this article (not) there? Everything that is known about one item, in sentences."""

from __future__ import annotations

from ...errors import NotFound, StoreError
from ...model import RULES, Record, Ref, Side, Status
from ...state.records import Entry, Link, LinkState
from ..context import Job, RunningJob
from ..steps.observation import read_side

_STATES = {
    LinkState.SYNCED: "in agreement as of {at}",
    LinkState.CONFLICT: "frozen until a person settles its conflict",
    LinkState.WITHDRAWN: "withdrawn: its copy was taken away because the original is restricted",
    LinkState.HELD: "held after an undo until somebody edits it, or `syncline release` frees it",
}


async def explain(job: Job, ref: Ref) -> list[str]:
    """Return what the state and the store say about `ref`, most telling first."""
    side = job.side_of(ref)
    if side is None:
        names = ", ".join(job.connection(s) for s in Side)
        return [f"{ref} belongs to none of the connections of this job ({names})."]
    link = job.state.link(job.name, ref)
    lines = _paired(job, link, side) if link else _unpaired(job, ref)
    lines += _waiting(job, ref, link)
    now = await read_side(job, ref)
    if _never_seen(job, ref, now):
        return [
            f"{ref} was never seen by this job, and {job.connection(side)} shows it nothing of that"
            " id. Look at the id once more; if the item is there, the connection's account may"
            " not see it, and what that account may not see is never copied."
        ]
    lines.append(_now(now))
    lines += _next(job, link, side, now)
    lines += past(job, ref)
    return lines


def _never_seen(job: Job, ref: Ref, now: Record | StoreError) -> bool:
    """Tell whether neither the state nor the store knows the item: most likely it never was."""
    match now:
        case NotFound() | Record(status=Status.PURGED):
            pass
        case _:
            return False
    return not knows(job, ref)


def knows(job: RunningJob, ref: Ref) -> bool:
    """Tell whether the state remembers anything of an item."""
    state = job.state
    return bool(
        state.link(job.name, ref)
        or state.skipped(job.name, ref)
        or state.quarantined(job.name, ref)
        or state.tombstone(job.name, ref)
        or state.history(job.name, ref=ref, limit=1)
    )


def _paired(job: Job, link: Link, side: Side) -> list[str]:
    other = link.half(side.other).ref
    at = link.synced_at.isoformat(timespec="seconds") if link.synced_at else "never"
    ours = "the original" if link.origin is side else "a copy"
    there = f"It is paired with {other}" if other else "It has no counterpart now"
    lines = [f"{there}; this side holds {ours}. The pair is {_STATES[link.state].format(at=at)}."]
    if link.unresolved:
        lines.append(
            f"{len(link.unresolved)} of its links lead to items without a counterpart, and are"
            f" plain text on the other side: {', '.join(sorted(link.unresolved))}."
        )
    if link.unknown_since:
        since = link.unknown_since.isoformat(timespec="seconds")
        lines.append(f"Its visibility could not be learnt since {since}; nothing is published.")
    if link.missing:
        lines.append(f"{link.missing} reads in a row found it neither there nor in the trash.")
    return lines


def _unpaired(job: Job, ref: Ref) -> list[str]:
    if skipped := job.state.skipped(job.name, ref):
        return [f"It is not synced: {skipped.reason.rstrip('.')}."]
    if reason := job.state.tombstone(job.name, ref):
        return [f"It was paired once, and the pair ended: {reason}."]
    for proposal in job.state.proposals(job.name):
        if ref in (proposal.left, proposal.right):
            other = proposal.right if ref == proposal.left else proposal.left
            return [f"It may be the same article as {other} ({proposal.why}): `syncline pair`."]
    return ["It is in no pair, and no pass has looked at it yet."]


def _waiting(job: Job, ref: Ref, link: Link | None) -> list[str]:
    lines = []
    if link and (conflict := job.state.conflict_of(link.pair)):
        what = "; ".join(conflict.clashes)
        lines.append(
            f"Conflict {conflict.id}: {conflict.reason.value}{': ' + what if what else ''}."
        )
    if held := job.state.quarantined(job.name, ref):
        when = held.next_at.isoformat(timespec="seconds")
        lines.append(
            f"It failed {held.failures} times, last with: {held.reason}. "
            + ("It is left alone until it changes." if held.skipped else f"Next try: {when}.")
        )
    if any(ref in (i.link.left.ref, i.link.right.ref) for i in job.state.intents(job.name)):
        lines.append("A write to it was sent and its answer was lost; it is being looked for.")
    return lines


def _now(answer: Record | StoreError) -> str:
    if not isinstance(answer, Record):
        return f"Read just now: {answer}"
    if answer.status is Status.LIVE:
        return f"Read just now: it is live, version {answer.version}."
    reason = f" ({answer.reason})" if answer.reason else ""
    return f"Read just now: it is {answer.status.value}{reason}."


def _next(job: Job, link: Link | None, side: Side, now: Record | StoreError) -> list[str]:
    """Say what the next pass makes of an item that is gone while its counterpart is there."""
    if link is None or link.state is not LinkState.SYNCED or not isinstance(now, Record):
        return []
    if not now.status.gone or link.half(side.other).ref is None or link.origin is not side:
        return []
    return [
        "The next full pass looks for it once more and removes its copy; many removals at once"
        " wait for `syncline approve`."
    ]


def past(job: RunningJob, ref: Ref) -> list[str]:
    """Return the latest lines of the history about an item."""
    lines = []
    for entry in job.state.history(job.name, ref=ref, limit=5):
        where, why = where_and_why(entry)
        said = "".join(f": {part}" for part in why)
        at = entry.at.isoformat(timespec="seconds")
        lines.append(f"{at} {entry.event}{f' on the {where}' if where else ''}{said}")
        lines[-1] += f" (run {entry.run})"
    return lines


def where_and_why(entry: Entry) -> tuple[str, list[str]]:
    """Return the side that a line of the history is about, and what it says, for people.

    A field that a rule manages has no left and no right, and its detail says it all: the reasons
    are in the words of articles.
    """
    if entry.left is not None and entry.left.connection == RULES:
        return "", [entry.detail or entry.reason]
    side = entry.side.value if entry.side else ""
    return side, [part for part in (entry.reason, entry.detail) if part]

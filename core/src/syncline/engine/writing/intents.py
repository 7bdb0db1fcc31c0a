"""Intent before effect: what is about to be written is journalled, then written step by step."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from ...errors import Refused, Rejected, VersionMismatch
from ...model import Digest, Document, Record, Ref, Side, digest, restrict
from ...ports import Note
from ...ports import Write as Lent
from ...state.records import (
    CloseIntent,
    DropNotes,
    Effect,
    Intent,
    KeepNotes,
    LinkState,
    NoteIntent,
    OpenIntent,
    Planned,
    SaveValue,
)
from ...state.values import key_of
from ..conflicts.records import reviews
from ..content import view
from ..context import Job, RunningJob
from ..steps.step import RemoteWrite, Step
from .commits import values_of

_MOST_NOTES = 50
"""How many announcements of failed attempts are remembered for a pair."""


def announce(job: Job, step: Step) -> Intent:
    """Make the intent durable, with everything that recovery needs."""
    intent, effects = _announcement(job, step)
    job.commit(effects)
    return intent


async def announce_with_others(job: Job, step: Step) -> Intent:
    """Like `announce`, in one commit with what is announced at the same time."""
    intent, effects = _announcement(job, step)
    await job.commit_with_others(lambda: effects)
    return intent


def _announcement(job: Job, step: Step) -> tuple[Intent, list[Effect]]:
    writes = tuple(_planned(job, write) for write in step.writes)
    left_open = job.state.intents(job.name, pair=step.link.pair)
    notes = [*job.state.notes(step.link.pair), *(note for old in left_open for note in old.notes)]
    intent = Intent(
        id=job.new_id(),
        job=job.name,
        run=job.run,
        link=step.after or step.link,
        writes=writes,
        reason=step.reason,
        notes=tuple(dict.fromkeys(notes)),
        opened_at=job.now(),
        tries=1 + max((old.tries for old in left_open), default=0),
    )
    saved = [SaveValue(d.value) for d in step.writes if d.value is not None]
    return intent, [
        *(CloseIntent(old.id) for old in left_open),
        DropNotes(step.link.pair),
        *saved,
        *values_of(step),
        *reviews(job, step),
        OpenIntent(intent),
    ]


def _planned(job: Job, write: RemoteWrite) -> Planned:
    if write.value is None:
        return Planned(side=write.side, ref=write.ref, expected=write.expected)
    return Planned(
        side=write.side,
        ref=write.ref,
        expected=write.expected,
        value=key_of(write.value),
        digest=expected_digest(job, write.side, write.value),
    )


def expected_digest(job: Job, side: Side, value: Document) -> Digest:
    """Return the digest that a read-back of `value` will have."""
    store = job.store(side)
    return digest(view.shared_or_own(job, side, restrict(store.project(value), store.fields)))


def given_up(intent: Intent) -> list[Effect]:
    """Close an intent that is not followed any further; what it announced stays known as ours."""
    notes = tuple(dict.fromkeys(intent.notes))[-_MOST_NOTES:]
    kept: list[Effect] = [KeepNotes(intent.link.pair, notes)] if notes else []
    return [CloseIntent(intent.id), *kept]


def begun(job: RunningJob, intent: Intent) -> bool:
    """Tell whether a sub-step of the write was announced: it may have had an effect."""
    open_now = job.state.intents(job.name, pair=intent.link.pair)
    notes = (i.notes for i in open_now if i.id == intent.id)
    return any(len(known) > len(intent.notes) for known in notes)


async def perform(job: Job, intent: Intent, writes: Sequence[RemoteWrite]) -> list[Record | None]:
    """Carry out the remote writes of an intent, in order; None for a removal."""
    return [await _perform_one(job, intent, write) for write in writes]


async def _perform_one(job: Job, intent: Intent, write: RemoteWrite) -> Record | None:
    if job.dry:
        raise Refused("a dry run does not write")
    store = job.store(write.side)
    if write.value is None:
        if write.ref is not None and write.expected is not None:
            await store.delete(write.ref, expected=write.expected)
        return None
    lent = evolve(lend(job, intent, write.side, write.value), before=write.before)
    if write.ref is None:
        return await store.create(write.value, write=lent)
    if write.expected is None:
        raise Rejected("an update needs the version it was decided on", ref=write.ref)
    record = await store.update(write.ref, write.value, expected=write.expected, write=lent)
    if record.status.gone:
        # A person removed it between the store's check and its write: that is decided anew.
        raise VersionMismatch(f"{write.ref}: it was removed while it was written", ref=write.ref)
    return record


def lend(job: Job, intent: Intent, side: Side, value: Document) -> Lent:
    """Return what the adapter may use while it writes."""
    # An article that was split off has no counterpart: nothing looks like its mark.
    other = intent.link.half(side.other).ref or Ref(job.connection(side.other), intent.link.pair)

    async def asset(sha256: str) -> bytes:
        return await job.store(side.other).asset(other, sha256)

    def noting(step: str, detail: str) -> NoteIntent:
        return NoteIntent(intent.id, Note(step=step, detail=detail))

    def note(step: str, detail: str) -> None:
        job.commit([noting(step, detail)])

    async def note_soon(step: str, detail: str) -> None:
        await job.commit_with_others(lambda: [noting(step, detail)])

    return Lent(
        origin=other,
        asset=asset,
        note=note,
        note_soon=note_soon,
        earlier=intent.notes,
        mark=intent.link.origin is not side or _brings_back(intent),
    )


def _brings_back(intent: Intent) -> bool:
    """Tell whether an undo creates again what was removed: it is known as ours from then on."""
    held = intent.link.state is LinkState.HELD
    return held and any(planned.ref is None for planned in intent.writes)

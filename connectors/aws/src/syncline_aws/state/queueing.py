"""How effects on open writes, conflicts, failures, skips and hints change the items."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve

from syncline.model import Ref
from syncline.ports import Note
from syncline.state import records as r
from syncline.state.rows import conflict_of, iso

from . import keys, shapes
from .effects import apply
from .keys import Key
from .pairing import shelve, unskip
from .rows import Rows
from .wire import Item, body_of, key_of, new

PAIR = "pair "
"""Before the id of a pair, where notes belong to no intent any more."""


@apply.register
def _(effect: r.OpenIntent, rows: Rows, id: int) -> None:
    item = shapes.intent_item(effect.intent)
    pointer = keys.intent_pointer(effect.intent.id)
    known = rows.get(pointer)
    if known is not None and (old := _pointed(known)) != key_of(item):
        rows.delete(old)
    pk, sk = key_of(item)
    rows.put(new(pointer, to=pk, at=sk))
    rows.put(item)


def _pointed(pointer: Item) -> Key:
    return str(pointer["to"]), str(pointer["at"])


@apply.register
def _(effect: r.NoteIntent, rows: Rows, id: int) -> None:
    _note(effect.id, [effect.note], rows, id)


def _note(owner: str, notes: Iterable[Note], rows: Rows, id: int) -> None:
    for nth, note in enumerate(notes):
        rows.add(new(keys.note(owner, id, nth), [note.step, note.detail]))


@apply.register
def _(effect: r.CloseIntent, rows: Rows, id: int) -> None:
    pointer = rows.get(keys.intent_pointer(effect.id))
    if pointer is not None:
        rows.delete(_pointed(pointer))
        rows.delete(key_of(pointer))
    _drop_notes(effect.id, rows)


def _drop_notes(owner: str, rows: Rows) -> None:
    for note in rows.query(keys.note(owner)[0]):
        rows.delete(key_of(note))


@apply.register
def _(effect: r.KeepNotes, rows: Rows, id: int) -> None:
    _note(PAIR + effect.pair, effect.notes, rows, id)


@apply.register
def _(effect: r.DropNotes, rows: Rows, id: int) -> None:
    _drop_notes(PAIR + effect.pair, rows)


@apply.register
def _(effect: r.SaveConflict, rows: Rows, id: int) -> None:
    _save_conflict(rows, effect.conflict)


def _save_conflict(rows: Rows, conflict: r.ConflictRecord) -> None:
    items = shapes.conflict_items(conflict)
    kept = rows.get(keys.conflict(conflict.id))
    if kept is not None:
        old = {key_of(item) for item in shapes.conflict_items(shapes.conflict_from(kept))}
        for key in old - {key_of(item) for item in items}:
            rows.delete(key)
    rows.put(items[0])
    for item in items[1:]:
        rows.add(item)


@apply.register
def _(effect: r.CloseConflict, rows: Rows, id: int) -> None:
    kept = rows.get(keys.conflict(effect.id))
    if kept is not None:
        id_, job, pair, found_at, body = body_of(kept)
        old = conflict_of(id_, job, pair, found_at, body)
        _save_conflict(rows, _settled(old, effect))


def _settled(conflict: r.ConflictRecord, effect: r.CloseConflict) -> r.ConflictRecord:
    return evolve(conflict, resolution=effect.resolution, resolved_at=effect.at)


@apply.register
def _(effect: r.SaveQuarantine, rows: Rows, id: int) -> None:
    q = effect.quarantined
    kept = rows.get(keys.quarantine(q.job, q.ref))
    old = [shapes.quarantine_from(kept)] if kept else []
    rows.put(shapes.quarantine_item(q))
    lines = [shapes.lone_shelf_item(q.job, shapes.FAILED, one) for one in (*old, q)]
    shelve(rows, lines[:-1], lines[-1:])


@apply.register
def _(effect: r.DropQuarantine, rows: Rows, id: int) -> None:
    drop_quarantine(rows, effect.job, effect.ref)


def drop_quarantine(rows: Rows, job: str, ref: Ref) -> None:
    """Forget that an item failed."""
    kept = rows.get(keys.quarantine(job, ref))
    if kept is not None:
        rows.delete(key_of(kept))
        old = shapes.quarantine_from(kept)
        rows.delete(key_of(shapes.lone_shelf_item(job, shapes.FAILED, old)))


@apply.register
def _(effect: r.SaveSkip, rows: Rows, id: int) -> None:
    s = effect.skipped
    kept = rows.get(keys.skip(s.job, s.ref))
    old = [shapes.skip_from(kept)] if kept else []
    rows.put(shapes.skip_item(s))
    lines = [shapes.lone_shelf_item(s.job, shapes.SKIPPED, one) for one in (*old, s)]
    shelve(rows, lines[:-1], lines[-1:])


@apply.register
def _(effect: r.DropSkip, rows: Rows, id: int) -> None:
    unskip(rows, effect.job, effect.ref)


@apply.register
def _(effect: r.MarkDirty, rows: Rows, id: int) -> None:
    side, change = effect.side, effect.change
    kept = rows.get(keys.dirty(effect.job, side, change.ref))
    generation, priority, reencode = id, effect.priority, effect.reencode
    first = latest = iso(effect.at)
    if kept is not None:
        _, _, subtree, old, only_links, urgency, since, last = body_of(kept)
        rows.delete(keys.queued(effect.job, urgency, old, side, change.ref))
        # Two marks of one item are told apart whatever the clocks of two machines say.
        generation = max(generation, old + 1)
        priority, reencode = min(priority, urgency), reencode and only_links
        change = type(change)(ref=change.ref, subtree=change.subtree or subtree)
        first, latest = since or first, latest or last
    waiting = (generation, priority, reencode)
    hint, queued = shapes.hint_items(effect.job, side, change, waiting, (first, latest))
    rows.put(hint)
    rows.add(queued)


@apply.register
def _(effect: r.ClearDirty, rows: Rows, id: int) -> None:
    kept = rows.get(keys.dirty(effect.job, effect.side, effect.ref))
    if kept is None:
        return
    hint, (*_, priority, _, latest) = shapes.dirty_from(kept), body_of(kept)
    if hint.generation == effect.generation:
        rows.delete(key_of(kept))
        rows.delete(keys.queued(effect.job, priority, hint.generation, effect.side, effect.ref))
        return
    # It was hinted at again meanwhile: from now on it waits since then.
    waiting = (hint.generation, priority, hint.reencode)
    again, queued = shapes.hint_items(
        effect.job, effect.side, hint.change, waiting, (latest, latest)
    )
    rows.put(again)
    rows.add(queued)

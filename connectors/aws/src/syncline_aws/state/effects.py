"""How each effect changes the items; runs inside one commit, on its view of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch
from typing import Any

from attrs import evolve

from syncline.errors import StateError
from syncline.model import Ref, Side
from syncline.ports import Note
from syncline.state import records as r
from syncline.state.rows import conflict_of, iso

from . import keys, shapes
from .keys import Key
from .rows import Rows
from .values import Keep
from .wire import Item, body_of, key_of, new

PAIR = "pair "
"""Before the id of a pair, where notes belong to no intent any more."""


class Taken(StateError):
    """An item belongs to another pair already."""


def looked_at(effect: r.Effect) -> Iterator[Key]:
    """Yield what `apply` is known to read, so that a commit reads it in one go."""
    match effect:
        case r.SaveLink(link) | r.DropLink(link):
            yield keys.link(link.job, link.pair)
            for ref in _refs(link):
                yield keys.item(link.job, ref)
                yield keys.skip(link.job, ref)
        case r.Bury():
            yield keys.item(effect.job, effect.ref)
        case r.OpenIntent(intent):
            yield keys.intent_pointer(intent.id)
            yield keys.intent(intent.job, intent.opened_at, intent.id)
        case r.CloseIntent(id):
            yield keys.intent_pointer(id)
        case r.SaveConflict(conflict):
            yield keys.conflict(conflict.id)
        case r.CloseConflict():
            yield keys.conflict(effect.id)
        case r.SaveQuarantine(q):
            yield keys.quarantine(q.job, q.ref)
        case r.DropQuarantine():
            yield keys.quarantine(effect.job, effect.ref)
        case r.SaveSkip(s):
            yield keys.skip(s.job, s.ref)
        case r.DropSkip():
            yield keys.skip(effect.job, effect.ref)
        case r.MarkDirty():
            yield keys.dirty(effect.job, effect.side, effect.change.ref)
        case r.ClearDirty():
            yield keys.dirty(effect.job, effect.side, effect.ref)
        case r.SaveReferences():
            yield keys.targets(effect.job, effect.ref)
        case r.SaveRun(run):
            yield keys.run(run.job, run.id)
        case _:
            pass


def _refs(link: r.Link) -> list[Ref]:
    return [half.ref for half in (link.left, link.right) if half.ref is not None]


@singledispatch
def apply(effect: Any, rows: Rows, id: int) -> None:
    """Carry out one effect."""
    raise TypeError(f"not an effect: {effect!r}")


# --- pairs ---------------------------------------------------------------------------------------


@apply.register
def _(effect: r.SaveLink, rows: Rows, id: int) -> None:
    link = effect.link
    kept = rows.get(keys.link(link.job, link.pair))
    old = shapes.link_from(kept) if kept else None
    if old is None:
        rows.add(new(keys.pointer(link.pair), job=link.job))
    rows.put(shapes.link_item(link))
    _shelve(rows, shapes.shelf_items(old) if old else [], shapes.shelf_items(link))
    for side in Side:
        _claim(rows, old, link, side)


def _shelve(rows: Rows, old: Iterable[Item], new_: Iterable[Item]) -> None:
    before, after = ({key_of(item): item for item in items} for items in (old, new_))
    for key in before.keys() - after.keys():
        rows.delete(key)
    for key, item in after.items():
        if before.get(key) != item:
            rows.add(item)


def _claim(rows: Rows, old: r.Link | None, link: r.Link, side: Side) -> None:
    """Let the item of one half point to its pair, and forget that it was skipped or buried."""
    ref, before = link.half(side).ref, old.half(side).ref if old else None
    if before is not None and before != ref:
        _unclaim(rows, link, side, before)
    if ref is None:
        return
    key = keys.item(link.job, ref)
    known = rows.get(key) or new(key, job=link.job)
    if known.get(side.value, link.pair) != link.pair:
        raise Taken(
            f"{ref} belongs to the pair {known[side.value]!s} already, and cannot belong to"
            f" {link.pair} (UNIQUE); nothing was recorded"
        )
    rows.put({**_without(known, "tomb"), side.value: link.pair})
    _unskip(rows, link.job, ref)


def _unclaim(rows: Rows, link: r.Link, side: Side, ref: Ref) -> None:
    key = keys.item(link.job, ref)
    known = rows.get(key)
    if known is not None and known.get(side.value) == link.pair:
        rows.put(_without(known, side.value))


def _without(item: Item, name: str) -> Item:
    return {key: value for key, value in item.items() if key != name}


def _unskip(rows: Rows, job: str, ref: Ref) -> None:
    kept = rows.get(keys.skip(job, ref))
    if kept is not None:
        rows.delete(key_of(kept))
        rows.delete(key_of(shapes.lone_shelf_item(job, shapes.SKIPPED, shapes.skip_from(kept))))


@apply.register
def _(effect: r.DropLink, rows: Rows, id: int) -> None:
    link = effect.link
    kept = rows.get(keys.link(link.job, link.pair))
    if kept is not None:
        old = shapes.link_from(kept)
        rows.delete(key_of(kept))
        rows.delete(keys.pointer(link.pair))
        _shelve(rows, shapes.shelf_items(old), [])
        for side in Side:
            if (ref := old.half(side).ref) is not None:
                _unclaim(rows, old, side, ref)
    for side in Side:
        if (ref := link.half(side).ref) is not None:
            _bury(rows, link.job, side, ref, [link.pair, iso(effect.at), _why(effect, side)])
            rows.delete(keys.targets(link.job, ref))


def _why(effect: r.DropLink, side: Side) -> str:
    if side is effect.link.origin:
        return effect.reason
    return (r.TAKEN_AWAY if effect.gone else r.LEFT_BEHIND) + effect.reason


def _bury(rows: Rows, job: str, side: Side, ref: Ref, what: list[Any]) -> None:
    key = keys.item(job, ref)
    known = rows.get(key) or new(key, job=job)
    rows.put({**known, "tomb": new(key, [side.value, *what])["d"]})


@apply.register
def _(effect: r.Bury, rows: Rows, id: int) -> None:
    what = [effect.pair, iso(effect.at), effect.reason]
    _bury(rows, effect.job, effect.side, effect.ref, what)


@apply.register
def _(effect: r.SaveReferences, rows: Rows, id: int) -> None:
    # What leads from a target here was written before (`Commits.commit`).
    key = keys.targets(effect.job, effect.ref)
    if effect.targets:
        rows.put(new(key, sorted(effect.targets)))
    else:
        rows.delete(key)


@apply.register
def _(effect: Keep, rows: Rows, id: int) -> None:
    # The pieces of the value were written before (`Values.keep`).
    rows.add(effect.item())


# --- what waits ----------------------------------------------------------------------------------


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
    _shelve(rows, lines[:-1], lines[-1:])


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
    _shelve(rows, lines[:-1], lines[-1:])


@apply.register
def _(effect: r.DropSkip, rows: Rows, id: int) -> None:
    _unskip(rows, effect.job, effect.ref)


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


# --- history and small facts -----------------------------------------------------------------


@apply.register
def _(effect: r.Log, rows: Rows, id: int) -> None:
    for item in shapes.line_items(effect.entry, id):
        rows.add(item)


@apply.register
def _(effect: r.SaveRun, rows: Rows, id: int) -> None:
    run = effect.run
    items = shapes.run_items(run)
    kept = rows.get(keys.run(run.job, run.id))
    if kept is not None:
        old = {key_of(item) for item in shapes.run_items(shapes.run_from(kept))}
        for key in old - {key_of(item) for item in items}:
            rows.delete(key)
    rows.put(items[0])
    for item in items[1:]:
        rows.add(item)


@apply.register
def _(effect: r.SaveCursor, rows: Rows, id: int) -> None:
    rows.add(new(keys.cursor(effect.job, effect.side), effect.cursor))


@apply.register
def _(effect: r.SaveScope, rows: Rows, id: int) -> None:
    rows.add(new(keys.scope(effect.job, effect.side), effect.scope))


@apply.register
def _(effect: r.SavePairing, rows: Rows, id: int) -> None:
    job, left, right = effect.job, effect.left, effect.right
    rows.add(new(keys.pairing(job, effect.same, left, right), [str(left), str(right)]))
    rows.delete(keys.pairing(job, not effect.same, left, right))
    for ref in (left, right):
        _unskip(rows, job, ref)
    named = [str(left), str(right)]
    for part in rows.query(keys.proposals(job)[0]):
        rows.put(new(key_of(part), [row for row in body_of(part) if row[:2] != named]))


@apply.register
def _(effect: r.SaveProposals, rows: Rows, id: int) -> None:
    for part in rows.query(keys.proposals(effect.job)[0]):
        rows.delete(key_of(part))
    for item in shapes.proposal_items(effect.job, effect.proposals):
        rows.put(item)


@apply.register
def _(effect: r.SaveApproval, rows: Rows, id: int) -> None:
    key = keys.approval(effect.job)
    if effect.token is None:
        rows.delete(key)
    else:
        rows.add(new(key, effect.token))


@apply.register
def _(effect: r.NoteDelivery, rows: Rows, id: int) -> None:
    # `ttl` is DynamoDB's own clock for forgetting: whole seconds, and days late at times.
    until = effect.until.timestamp()
    key = keys.delivery(effect.connection, effect.delivery)
    rows.add(new(key, until, ttl=int(until) + 1))


@apply.register
def _(effect: r.DropDeliveries, rows: Rows, id: int) -> None:
    """Do nothing: what is too old is not seen any more, and DynamoDB deletes it by its `ttl`."""

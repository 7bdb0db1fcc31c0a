"""How the records of the state look as items, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncline.model import Change, Ref, Side
from syncline.ports import Note
from syncline.state import records as r
from syncline.state.browsing import Shelved, Standing
from syncline.state.rows import (
    conflict_json,
    conflict_of,
    entry_of,
    entry_row,
    intent_json,
    intent_of,
    iso,
    link_of,
    link_row,
    quarantined_of,
    ref_of,
    run_of,
    skipped_of,
    text_of,
    when,
)

from . import keys
from .wire import Item, body_of, new

UNKNOWN, FAILED, SKIPPED = (s.value for s in (Standing.UNKNOWN, Standing.FAILED, Standing.SKIPPED))


def link_item(link: r.Link) -> Item:
    return new(keys.link(link.job, link.pair), link_row(link))


def link_from(item: Item) -> r.Link:
    return link_of(tuple(body_of(item)))


def shelf_items(link: r.Link) -> list[Item]:
    """Return the lines of the lists that a pair stands in: by its state, and of the unknown."""
    standings = [link.state.value, *([UNKNOWN] if link.unknown_since is not None else [])]
    body = [link.pair, link.title, text_of(link.left.ref), text_of(link.right.ref)]
    return [new(keys.shelf(link.job, s, link.title, link.pair), body) for s in standings]


def pair_on_shelf(item: Item, standing: Standing) -> Shelved:
    pair, title, left, right = body_of(item)
    return Shelved(
        key=pair, title=title, standing=standing, left=ref_of(left), right=ref_of(right), pair=pair
    )


def lone_shelf_item(job: str, standing: str, it: r.Skipped | r.Quarantined) -> Item:
    """Return the line of an item by itself, in the list of the failed or of the skipped."""
    key = keys.shelf(job, standing, it.title, str(it.ref))
    return new(key, [str(it.ref), it.title, it.side.value, it.reason])


def lone_on_shelf(item: Item, standing: Standing) -> Shelved:
    ref, title, side, reason = body_of(item)
    return lone(Ref.parse(ref), Side(side), standing, title=title, reason=reason)


def lone(ref: Ref, side: Side, standing: Standing, *, title: str = "", reason: str = "") -> Shelved:
    """Return the line of an item that belongs to no pair."""
    return Shelved(
        key=str(ref),
        title=title,
        standing=standing,
        left=ref if side is Side.LEFT else None,
        right=ref if side is Side.RIGHT else None,
        reason=reason,
    )


def skip_item(s: r.Skipped) -> Item:
    body = [s.job, s.side.value, str(s.ref), s.title, s.stamp, s.epoch, s.reason]
    return new(keys.skip(s.job, s.ref), body)


def skip_from(item: Item) -> r.Skipped:
    return skipped_of(tuple(body_of(item)))


def quarantine_item(q: r.Quarantined) -> Item:
    times = (iso(q.first_at), iso(q.next_at))
    row = (q.job, str(q.ref), q.side.value, q.title, q.reason, q.failures, *times, q.stamp)
    return new(keys.quarantine(q.job, q.ref), [*row, q.skipped])


def quarantine_from(item: Item) -> r.Quarantined:
    return quarantined_of(tuple(body_of(item)))


def intent_item(intent: r.Intent) -> Item:
    key = keys.intent(intent.job, intent.opened_at, intent.id)
    body = [intent.id, intent.job, iso(intent.opened_at), intent_json(intent)]
    return new(key, body, pair=intent.link.pair)


def intent_from(item: Item, notes: list[Note]) -> r.Intent:
    id_, job, opened_at, body = body_of(item)
    return intent_of(id_, job, opened_at, body, notes)


def intent_id(item: Item) -> str:
    return str(body_of(item)[0])


def note_from(item: Item) -> Note:
    step, detail = body_of(item)
    return Note(step=step, detail=detail)


def which_of(conflict: r.ConflictRecord) -> str:
    """Return the list that a conflict stands in, in the words of `conflict_page`."""
    if conflict.resolution:
        return "settled"
    return "review" if conflict.review else "open"


def conflict_items(c: r.ConflictRecord) -> list[Item]:
    """Return a conflict as it is found by its id, in its list, and by its pair."""
    body = [c.id, c.job, c.pair, iso(c.found_at), conflict_json(c)]
    which = which_of(c)
    found = (
        keys.conflict(c.id),
        keys.conflicts(c.job, which, c.found_at, c.id),
        keys.pair_conflicts(c.pair, c.found_at, c.id),
    )
    return [new(key, body, which=which) for key in found]


def conflict_from(item: Item) -> r.ConflictRecord:
    return conflict_of(*body_of(item))


def line_items(entry: r.Entry, id: int) -> list[Item]:
    """Return a line of the history in each of the orders in which it is looked for."""
    body, job = [*entry_row(entry), id], entry.job
    found = [
        keys.line(job, id),
        keys.line_of_run(job, entry.run, id),
        keys.line_of_event(job, entry.event, entry.at, id),
        *([keys.line_of_pair(job, entry.pair, id)] if entry.pair else []),
        *(keys.line_of_ref(job, ref, id) for ref in {entry.left, entry.right} if ref is not None),
    ]
    return [new(key, body, pair=entry.pair, event=entry.event) for key in found]


def entry_from(item: Item) -> r.Entry:
    return entry_of(tuple(body_of(item)))


def run_items(run: r.Run) -> list[Item]:
    """Return a run by its id, by its beginning and, once it has ended, among those of its kind."""
    body = [run.id, run.job, run.kind, iso(run.started_at), iso(run.ended_at), run.counts]
    found = [keys.run(run.job, run.id), keys.begun(run.job, run.started_at, run.id)]
    if run.ended_at is not None:
        found.append(keys.ended(run.job, run.kind, run.started_at, run.id))
    return [new(key, body) for key in found]


def run_from(item: Item) -> r.Run:
    return run_of(tuple(body_of(item)))


def hint_items(
    job: str, side: Side, change: Change, waiting: tuple[int, int, bool], at: tuple[Any, Any]
) -> tuple[Item, Item]:
    """Return a hint by its item, and in the order of work.

    Args:
        waiting: generation, priority, and whether only links are meant.
        at: when it came first and last, as `iso` wrote them.
    """
    generation, priority, reencode = waiting
    body = [side.value, str(change.ref), change.subtree, generation, reencode, priority, *at]
    return (
        new(keys.dirty(job, side, change.ref), body),
        new(keys.queued(job, priority, generation, side, change.ref), body),
    )


def dirty_from(item: Item) -> r.Dirty:
    side, ref, subtree, generation, reencode, _, first, _ = body_of(item)
    return r.Dirty(
        side=Side(side),
        change=Change(ref=Ref.parse(ref), subtree=bool(subtree)),
        generation=generation,
        reencode=bool(reencode),
        at=when(first),
    )


_PROPOSALS_TOGETHER = 500


def proposal_items(job: str, proposals: Sequence[r.Proposal]) -> list[Item]:
    """Return proposals, some hundreds in an item."""
    rows = [
        [str(p.left), str(p.right), p.left_title, p.right_title, p.score, p.why] for p in proposals
    ]
    parts = (rows[n : n + _PROPOSALS_TOGETHER] for n in range(0, len(rows), _PROPOSALS_TOGETHER))
    return [new(keys.proposals(job, n), part) for n, part in enumerate(parts)]


def proposal_from(row: list[Any]) -> r.Proposal:
    return r.Proposal(
        left=Ref.parse(row[0]),
        right=Ref.parse(row[1]),
        left_title=row[2],
        right_title=row[3],
        score=row[4],
        why=row[5],
    )

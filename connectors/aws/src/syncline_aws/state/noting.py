"""How effects on the history, on runs, on bookmarks and on people's words change the items."""

from __future__ import annotations

from syncline.state import records as r

from . import keys, shapes
from .effects import apply
from .pairing import unskip
from .rows import Rows
from .wire import body_of, key_of, new


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
        unskip(rows, job, ref)
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

"""How each effect changes the tables; runs inside the transaction of one commit."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import singledispatch
from itertools import groupby
from typing import Any

from ..model import Document, Side
from . import records as r
from .rows import (
    ENTRY_COLUMNS,
    LINK_COLUMNS,
    LINK_WIDTH,
    conflict_json,
    entry_row,
    intent_json,
    iso,
    link_row,
    text_of,
)
from .values import pack, pack_item

_LINK_MARKS = ",".join("?" * LINK_WIDTH)
# Not `insert or replace`: that would drop another pair which holds one of the items.
_UPSERT_LINK = (
    f"insert into links({LINK_COLUMNS}) values ({_LINK_MARKS}) on conflict(pair) do update set "  # noqa: S608 -- constants
    + ", ".join(f"{name}=excluded.{name}" for name in LINK_COLUMNS.split(", ")[1:])
)
_ENTRY_NAMES = ENTRY_COLUMNS.removesuffix(", id")
_ENTRY_MARKS = ",".join("?" * 15)

PAIR = "pair "
"""Before the id of a pair, where notes belong to no intent any more."""

Execute = Callable[..., sqlite3.Cursor]


def apply_all(effects: Iterable[r.Effect], db: sqlite3.Connection) -> None:
    """Carry out effects in their order; links and values that follow each other go together."""
    for kind, found in groupby(effects, type):
        group = list(found)
        if kind is r.SaveLink and len(group) > 1:
            _save_links([effect.link for effect in group if isinstance(effect, r.SaveLink)], db)
        elif kind is r.SaveValue and len(group) > 1:
            _save_values([effect.value for effect in group if isinstance(effect, r.SaveValue)], db)
        else:
            for effect in group:
                apply(effect, db.execute)


def _save_values(values: Iterable[Document], db: sqlite3.Connection) -> None:
    packed = dict(map(pack, values))
    sql = "select key from vals where key in (select value from json_each(?))"
    for (known,) in db.execute(sql, (json.dumps([*packed]),)).fetchall():
        del packed[known]
    # Each is compressed as it is written.
    db.executemany(
        "insert into vals values (?,?)", ((key, compressed()) for key, compressed in packed.items())
    )


def _save_links(links: Sequence[r.Link], db: sqlite3.Connection) -> None:
    db.executemany(_UPSERT_LINK, map(link_row, links))
    refs: dict[str, list[str]] = defaultdict(list)
    for link in links:
        refs[link.job] += [str(half.ref) for half in (link.left, link.right) if half.ref]
    for job, found in refs.items():
        for table in ("skipped", "tombstones"):
            sql = f"delete from {table} where job=? and ref in (select value from json_each(?))"  # noqa: S608 -- constants
            db.execute(sql, (job, json.dumps(found)))


@singledispatch
def apply(effect: Any, run: Execute) -> None:
    """Carry out one effect."""
    raise TypeError(f"not an effect: {effect!r}")


@apply.register
def _(effect: r.SaveLink, run: Execute) -> None:
    link = effect.link
    run(_UPSERT_LINK, link_row(link))
    # `ref in (..., null)` finds nothing for a half that has no item.
    refs = (link.job, text_of(link.left.ref), text_of(link.right.ref))
    run("delete from skipped where job=? and ref in (?,?)", refs)
    run("delete from tombstones where job=? and ref in (?,?)", refs)


@apply.register
def _(effect: r.DropLink, run: Execute) -> None:
    link = effect.link
    run("delete from links where pair=?", (link.pair,))
    for side in Side:
        ref = link.half(side).ref
        if ref is not None:
            run(
                "insert or replace into tombstones values (?,?,?,?,?,?)",
                (link.job, side.value, str(ref), link.pair, iso(effect.at), _why(effect, side)),
            )
            run("delete from refs where job=? and ref=?", (link.job, str(ref)))


def _why(effect: r.DropLink, side: Side) -> str:
    if side is effect.link.origin:
        return effect.reason
    return (r.TAKEN_AWAY if effect.gone else r.LEFT_BEHIND) + effect.reason


@apply.register
def _(effect: r.Bury, run: Execute) -> None:
    at, reason = iso(effect.at), effect.reason
    run(
        "insert or replace into tombstones values (?,?,?,?,?,?)",
        (effect.job, effect.side.value, str(effect.ref), effect.pair, at, reason),
    )


@apply.register
def _(effect: r.SaveValue, run: Execute) -> None:
    key, compressed = pack(effect.value)
    if run("select 1 from vals where key=?", (key,)).fetchone() is None:
        run("insert into vals values (?,?)", (key, compressed()))


@apply.register
def _(effect: r.SaveItem, run: Execute) -> None:
    run("insert or ignore into vals values (?,?)", pack_item(effect.item))


@apply.register
def _(effect: r.OpenIntent, run: Execute) -> None:
    i = effect.intent
    run(
        "insert or replace into intents values (?,?,?,?,?)",
        (i.id, i.job, i.link.pair, iso(i.opened_at), intent_json(i)),
    )


@apply.register
def _(effect: r.NoteIntent, run: Execute) -> None:
    note = effect.note
    run("insert into notes values (?,?,?)", (effect.id, note.step, note.detail))


@apply.register
def _(effect: r.CloseIntent, run: Execute) -> None:
    run("delete from intents where id=?", (effect.id,))
    run("delete from notes where intent=?", (effect.id,))


@apply.register
def _(effect: r.KeepNotes, run: Execute) -> None:
    for note in effect.notes:
        run("insert into notes values (?,?,?)", (PAIR + effect.pair, note.step, note.detail))


@apply.register
def _(effect: r.DropNotes, run: Execute) -> None:
    run("delete from notes where intent=?", (PAIR + effect.pair,))


@apply.register
def _(effect: r.Log, run: Execute) -> None:
    run(f"insert into history({_ENTRY_NAMES}) values ({_ENTRY_MARKS})", entry_row(effect.entry))  # noqa: S608 -- constants


@apply.register
def _(effect: r.SaveConflict, run: Execute) -> None:
    c = effect.conflict
    run(
        "insert or replace into conflicts values (?,?,?,?,?,?)",
        (c.id, c.job, c.pair, int(not c.resolution), iso(c.found_at), conflict_json(c)),
    )


@apply.register
def _(effect: r.CloseConflict, run: Execute) -> None:
    run(
        "update conflicts set open=0, body=json_set(body, '$.resolution', ?, '$.resolved_at', ?)"
        " where id=?",
        (effect.resolution, iso(effect.at), effect.id),
    )


@apply.register
def _(effect: r.SaveQuarantine, run: Execute) -> None:
    q = effect.quarantined
    times = (iso(q.first_at), iso(q.next_at))
    run(
        "insert or replace into quarantine values (?,?,?,?,?,?,?,?,?,?)",
        (
            q.job,
            str(q.ref),
            q.side.value,
            q.title,
            q.reason,
            q.failures,
            *times,
            q.stamp,
            q.skipped,
        ),
    )


@apply.register
def _(effect: r.DropQuarantine, run: Execute) -> None:
    run("delete from quarantine where job=? and ref=?", (effect.job, str(effect.ref)))


@apply.register
def _(effect: r.SaveSkip, run: Execute) -> None:
    s = effect.skipped
    run(
        "insert or replace into skipped values (?,?,?,?,?,?,?)",
        (s.job, s.side.value, str(s.ref), s.title, s.stamp, s.epoch, s.reason),
    )


@apply.register
def _(effect: r.DropSkip, run: Execute) -> None:
    run("delete from skipped where job=? and ref=?", (effect.job, str(effect.ref)))


@apply.register
def _(effect: r.MarkDirty, run: Execute) -> None:
    run("insert or ignore into generations values ('dirty', 0)")
    run("update generations set value=value+1 where name='dirty'")
    run(
        "insert into dirty(job, side, ref, generation, subtree, priority, reencode, at, latest)"
        " select ?,?,?,value,?,?,?,?,? from generations where name='dirty'"
        " on conflict(job, side, ref) do update set generation=excluded.generation,"
        " subtree=max(subtree, excluded.subtree), priority=min(priority, excluded.priority),"
        " reencode=min(reencode, excluded.reencode), at=coalesce(at, excluded.at),"
        " latest=coalesce(excluded.latest, latest)",
        (
            effect.job,
            effect.side.value,
            str(effect.change.ref),
            int(effect.change.subtree),
            effect.priority,
            int(effect.reencode),
            iso(effect.at),
            iso(effect.at),
        ),
    )


@apply.register
def _(effect: r.ClearDirty, run: Execute) -> None:
    key = (effect.job, effect.side.value, str(effect.ref))
    done = run(
        "delete from dirty where job=? and side=? and ref=? and generation=?",
        (*key, effect.generation),
    )
    if not done.rowcount:
        # It was hinted at again meanwhile: from now on it waits since then.
        run("update dirty set at=latest where job=? and side=? and ref=?", key)


@apply.register
def _(effect: r.SaveCursor, run: Execute) -> None:
    run(
        "insert into cursors(job, side, cursor) values (?,?,?)"
        " on conflict(job, side) do update set cursor=excluded.cursor",
        (effect.job, effect.side.value, effect.cursor),
    )


@apply.register
def _(effect: r.SaveScope, run: Execute) -> None:
    run(
        "insert into cursors(job, side, scope) values (?,?,?)"
        " on conflict(job, side) do update set scope=excluded.scope",
        (effect.job, effect.side.value, effect.scope),
    )


@apply.register
def _(effect: r.SaveReferences, run: Execute) -> None:
    run("delete from refs where job=? and ref=?", (effect.job, str(effect.ref)))
    for target in sorted(effect.targets):
        run("insert or ignore into refs values (?,?,?)", (effect.job, str(effect.ref), target))


@apply.register
def _(effect: r.SaveRun, run: Execute) -> None:
    x = effect.run
    run(
        "insert or replace into runs values (?,?,?,?,?,?)",
        (x.id, x.job, x.kind, iso(x.started_at), iso(x.ended_at), x.counts),
    )


@apply.register
def _(effect: r.SavePairing, run: Execute) -> None:
    key = (effect.job, str(effect.left), str(effect.right))
    run("insert or replace into pairings values (?,?,?,?)", (*key, int(effect.same)))
    run("delete from proposals where job=? and left_ref=? and right_ref=?", key)
    for ref in key[1:]:
        run("delete from skipped where job=? and ref=?", (effect.job, ref))


@apply.register
def _(effect: r.SaveProposals, run: Execute) -> None:
    run("delete from proposals where job=?", (effect.job,))
    for p in effect.proposals:
        run(
            "insert or replace into proposals values (?,?,?,?,?,?,?)",
            (effect.job, str(p.left), str(p.right), p.left_title, p.right_title, p.score, p.why),
        )


@apply.register
def _(effect: r.SaveApproval, run: Execute) -> None:
    run("insert or replace into approvals values (?,?)", (effect.job, effect.token))


@apply.register
def _(effect: r.NoteDelivery, run: Execute) -> None:
    key = (effect.connection, effect.delivery)
    run("insert or replace into deliveries values (?,?,?)", (*key, iso(effect.until)))


@apply.register
def _(effect: r.DropDeliveries, run: Execute) -> None:
    run(
        "delete from deliveries where (connection, delivery) in"
        " (select connection, delivery from deliveries where until<=? order by until limit ?)",
        (iso(effect.now), effect.most),
    )

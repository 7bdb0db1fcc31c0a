"""How effects on pairs, tombstones and references change the items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from syncline.errors import StateError
from syncline.model import Ref, Side
from syncline.state import records as r
from syncline.state.rows import iso

from . import keys, shapes
from .effects import apply
from .rows import Rows
from .wire import Item, key_of, new


class Taken(StateError):
    """An item belongs to another pair already."""


@apply.register
def _(effect: r.SaveLink, rows: Rows, id: int) -> None:
    link = effect.link
    kept = rows.get(keys.link(link.job, link.pair))
    old = shapes.link_from(kept) if kept else None
    if old is None:
        rows.add(new(keys.pointer(link.pair), job=link.job))
    rows.put(shapes.link_item(link))
    shelve(rows, shapes.shelf_items(old) if old else [], shapes.shelf_items(link))
    for side in Side:
        _claim(rows, old, link, side)


def shelve(rows: Rows, old: Iterable[Item], new_: Iterable[Item]) -> None:
    """Put lines of lists in the place of others."""
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
    unskip(rows, link.job, ref)


def _unclaim(rows: Rows, link: r.Link, side: Side, ref: Ref) -> None:
    key = keys.item(link.job, ref)
    known = rows.get(key)
    if known is not None and known.get(side.value) == link.pair:
        rows.put(_without(known, side.value))


def _without(item: Item, name: str) -> Item:
    return {key: value for key, value in item.items() if key != name}


def unskip(rows: Rows, job: str, ref: Ref) -> None:
    """Forget that an item was skipped."""
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
        shelve(rows, shapes.shelf_items(old), [])
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

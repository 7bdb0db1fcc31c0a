"""What an effect does to the items: `apply` knows it of every kind, each in a module of its own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from syncline.model import Ref
from syncline.state import records as r

from . import keys
from .keys import Key
from .rows import Rows
from .values import Keep


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


@apply.register
def _(effect: Keep, rows: Rows, id: int) -> None:
    # The pieces of the value were written before (`Values.keep`).
    rows.add(effect.item())

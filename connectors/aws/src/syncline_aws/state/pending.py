"""Commits too large for one transaction: decided by one item, carried out in steps.

DynamoDB takes 100 changes in a transaction. A larger commit writes all that it is going to do
first, where nobody looks; then, in one transaction with the check of its lease, the item that says
that it counts; then it is carried out, some effects at a time, each time with how far it got.
Whoever opens the state or takes a lease over finishes what a process that died has left. So it
happens wholly or not at all, whatever crashes; but for an instant another process may see its
beginning without its end.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from attrs import define

from syncline.state.records import Effect

from . import keys
from .pieces import PIECE
from .table import Table
from .values import Keep
from .wire import Item, key_of, new

if TYPE_CHECKING:
    from cattrs import Converter

Step: TypeAlias = Effect | Keep


@define
class Pending:
    """A commit that counts and is being carried out."""

    id: str
    first: int
    """Number of its first step."""
    steps: Sequence[Step]


def prepare(table: Table, id: str, first: int, steps: Sequence[Step]) -> Item:
    """Write down a commit, and return the item that makes it count."""
    data = zlib.compress(json.dumps([*map(_text, steps)]).encode(), 6)
    parts = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
    table.put_all(new(keys.pending_part(id, nth), bytes=part) for nth, part in enumerate(parts))
    return new(keys.pending(id), id=id, parts=len(parts), first=first, done=0)


def all_pending(table: Table) -> list[Pending]:
    """Return the commits that count and may not have been carried out to their end."""
    heads = list(table.query(keys.pending("")[0]))
    return [found for head in heads if (found := _read(table, head)) is not None]


def _read(table: Table, head: Item) -> Pending | None:
    id = str(head["id"])
    found = [part["bytes"] for part in table.query(keys.pending_part(id, 0)[0])]
    parts = [data for data in found if isinstance(data, bytes)]
    if len(parts) != head["parts"]:
        # It was carried out, and whoever was about to forget it died.
        table.delete_all([keys.pending(id)])
        return None
    rows = json.loads(zlib.decompress(b"".join(parts)))
    return Pending(id=id, first=int(head["first"]), steps=[*map(_step, rows)])


def forget(table: Table, id: str) -> None:
    """Delete what was written down of a commit that has been carried out."""
    table.delete_all([key_of(part) for part in table.query(keys.pending_part(id, 0)[0])])
    table.delete_all([keys.pending(id)])


# --- effects as JSON ---------------------------------------------------------------------------

_KINDS = {kind.__name__: kind for kind in (*get_args(Effect), Keep)}


@cache
def _converter() -> Converter:
    from cattrs.preconf.json import make_converter

    return make_converter()


def _text(step: Step) -> list[Any]:
    return [type(step).__name__, _converter().unstructure(step)]


def _step(row: Sequence[Any]) -> Step:
    step: Step = _converter().structure(row[1], _KINDS[row[0]])
    return step

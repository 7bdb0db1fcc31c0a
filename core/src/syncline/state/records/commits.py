"""The effects of one atomic commit: what may change of what is remembered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from ...config_items import ConfigItem
from ...model import Change, Cursor, Document, Ref, Side
from ...ports import Note
from .remembered import ConflictRecord, Entry, Intent, Link, Proposal, Quarantined, Run, Skipped


@frozen
class SaveLink:
    link: Link


LEFT_BEHIND = "what was left of a pair that ended: "
"""How the reason on the tombstone of a copy begins; the original's is the bare reason."""

TAKEN_AWAY = "what was taken away with its pair: "
"""How it begins where the copy went with its pair: links to it lose their address."""


def why_ended(buried: str) -> str:
    """Return the bare reason on a tombstone."""
    return buried.removeprefix(LEFT_BEHIND).removeprefix(TAKEN_AWAY)


@frozen
class DropLink:
    """Forget the pair; a tombstone of both refs remains."""

    link: Link
    at: datetime
    reason: str
    gone: bool = False
    """True when the copy is gone, too, and not only out of the pair."""


@frozen
class Bury:
    """Remember that an item was taken away; its pair goes on without it."""

    job: str
    side: Side
    ref: Ref
    pair: str
    at: datetime
    reason: str


@frozen
class SaveValue:
    value: Document


@frozen
class SaveItem:
    """Keep the owned fields of a configuration object, under its digest."""

    item: ConfigItem


@frozen
class OpenIntent:
    intent: Intent


@frozen
class NoteIntent:
    id: str
    note: Note


@frozen
class CloseIntent:
    id: str


@frozen
class KeepNotes:
    """Remember what attempts at a pair's write had announced, although none is under way.

    A half-done write (a draft that was filled and not published) is known by them as ours.
    """

    pair: str
    notes: tuple[Note, ...]


@frozen
class DropNotes:
    pair: str


@frozen
class Log:
    entry: Entry


@frozen
class SaveConflict:
    conflict: ConflictRecord


@frozen
class CloseConflict:
    id: str
    resolution: str
    at: datetime


@frozen
class SaveQuarantine:
    quarantined: Quarantined


@frozen
class DropQuarantine:
    job: str
    ref: Ref


@frozen
class SaveSkip:
    skipped: Skipped


@frozen
class DropSkip:
    job: str
    ref: Ref


@frozen
class MarkDirty:
    job: str
    side: Side
    change: Change
    priority: int = 1
    reencode: bool = False
    at: datetime | None = None
    """When the hint came; None for what the engine marks itself."""


@frozen
class ClearDirty:
    """Only if nothing marked it again since `generation`."""

    job: str
    side: Side
    ref: Ref
    generation: int


@frozen
class SaveCursor:
    job: str
    side: Side
    cursor: Cursor


@frozen
class SaveScope:
    """The fingerprint of the last complete listing."""

    job: str
    side: Side
    scope: str


@frozen
class SaveReferences:
    """What the body of `ref` links to."""

    job: str
    ref: Ref
    targets: frozenset[str]


@frozen
class SaveRun:
    run: Run


@frozen
class SavePairing:
    """A person's word: these two are one article (or, `same=False`, are not)."""

    job: str
    left: Ref
    right: Ref
    same: bool


@frozen
class SaveProposals:
    job: str
    proposals: Sequence[Proposal] = field(factory=tuple)


@frozen
class SaveApproval:
    """A one-shot permission for the removals that hash to `token`; None spends it."""

    job: str
    token: str | None


@frozen
class NoteDelivery:
    """A signed webhook delivery was taken; until then a copy of it is recognised by `seen`."""

    connection: str
    delivery: str
    until: datetime


@frozen
class DropDeliveries:
    """Forget deliveries whose signatures are too old by then, the oldest `most` of them."""

    now: datetime
    most: int = 2000


Effect: TypeAlias = (
    SaveLink
    | DropLink
    | Bury
    | SaveValue
    | SaveItem
    | OpenIntent
    | NoteIntent
    | CloseIntent
    | KeepNotes
    | DropNotes
    | Log
    | SaveConflict
    | CloseConflict
    | SaveQuarantine
    | DropQuarantine
    | SaveSkip
    | DropSkip
    | MarkDirty
    | ClearDirty
    | SaveCursor
    | SaveScope
    | SaveReferences
    | SaveRun
    | SavePairing
    | SaveProposals
    | SaveApproval
    | NoteDelivery
    | DropDeliveries
)

"""What the engine remembers: one class for each kind of record."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import evolve, frozen

from ...decision import Reason
from ...model import Change, Digest, Ref, Side, Version
from ...ports import Note


class LinkState(Enum):
    """What the engine may do with a pair."""

    SYNCED = "synced"
    CONFLICT = "conflict"
    """Frozen for content until a person settles it; restriction and deletion still act."""
    WITHDRAWN = "withdrawn"
    """The copy was taken away because the original is restricted."""
    HELD = "held"
    """Undone: left alone until somebody edits either side or releases it."""

    @property
    def told_by(self) -> str | None:
        """The event of the line of the history that says since when a pair is so, and why.

        Its latest such line is kept for as long as it is; None where no single line says it.
        """
        return {LinkState.WITHDRAWN: "withdrawn", LinkState.HELD: "undone"}.get(self)


@frozen(kw_only=True)
class Half:
    """What one side of a pair itself held when both last agreed."""

    ref: Ref | None = None
    version: Version = Version("")
    digest: Digest = Digest("")
    """Of the side's content as the other side's vocabulary sees it."""
    value: str = ""
    """Key of the side's own document in the value store."""
    stamp: str = ""
    """Version, aux and status as last examined, agreed or not: what a listing is compared with."""


@frozen(kw_only=True)
class Link:
    """The memory of one pair: who belongs to whom, and what each side itself held."""

    pair: str
    job: str
    left: Half
    right: Half
    origin: Side = Side.LEFT
    """The side the item was first written on."""
    state: LinkState = LinkState.SYNCED
    title: str = ""
    norm: int = 0
    """Version of the normaliser that made the digests."""
    epoch: str = ""
    """Version of the mapping that made the digests."""
    unresolved: frozenset[str] = frozenset()
    """Items that the body links to and that had no counterpart when it was last written."""
    unknown_since: datetime | None = None
    """Since when the original's visibility could not be learnt."""
    missing: int = 0
    """How many passes in a row the original answered 404."""
    synced_at: datetime | None = None
    review: bool = False
    """True while the copy waits for a person to look it over."""

    def half(self, side: Side) -> Half:
        return self.left if side is Side.LEFT else self.right

    def with_half(self, side: Side, half: Half) -> Link:
        return evolve(self, left=half) if side is Side.LEFT else evolve(self, right=half)


@frozen(kw_only=True)
class Planned:
    """One remote write that an intent announces."""

    side: Side
    ref: Ref | None
    """None for a create."""
    expected: Version | None
    value: str = ""
    """Key of the document to be written; empty for a removal."""
    digest: Digest = Digest("")
    """What the target's digest will be once it is done; empty for a removal."""


@frozen(kw_only=True)
class Intent:
    """A write that was announced before it was tried, and is looked for after a crash."""

    id: str
    job: str
    run: str
    link: Link
    """The pair as it will be, but for the halves that are written."""
    writes: tuple[Planned, ...]
    reason: Reason
    notes: tuple[Note, ...] = ()
    opened_at: datetime
    tries: int = 1


@frozen(kw_only=True)
class ConflictRecord:
    """A choice that waits for a person, or a losing edit that is kept for review."""

    id: str
    job: str
    pair: str
    left: Ref | None
    right: Ref | None
    title: str
    reason: Reason
    found_at: datetime
    updated_at: datetime
    review: bool = False
    """True when the decision has been taken and only the losing edit is kept."""
    loser: str = ""
    """Of a review: the side (`left`, `right`) whose text gave way."""
    base: str = ""
    """Value keys: what the left held at the last agreement, each side now, the proposal."""
    left_value: str = ""
    right_value: str = ""
    proposed: str = ""
    left_stamp: str = ""
    right_stamp: str = ""
    clashes: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    resolution: str = ""
    resolved_at: datetime | None = None


@frozen(kw_only=True)
class Entry:
    """One line of the history: what was done to an item, and why."""

    run: str
    job: str
    pair: str
    at: datetime
    event: str
    """created, updated, removed, withdrawn, adopted, detached, forgotten, conflict, resolved, …"""
    side: Side | None = None
    left: Ref | None = None
    right: Ref | None = None
    title: str = ""
    reason: str = ""
    detail: str = ""
    before: str = ""
    """Value key of what the written side held before; empty for a create."""
    after: str = ""
    before_version: str = ""
    after_version: str = ""
    id: int = 0


@frozen(kw_only=True)
class Quarantined:
    """An item that failed; it is tried again at `next_at`, and nothing else waits for it."""

    job: str
    side: Side
    ref: Ref
    title: str = ""
    reason: str
    failures: int
    first_at: datetime
    next_at: datetime
    stamp: str = ""
    skipped: bool = False
    """True when a person said to leave it until it changes."""


@frozen(kw_only=True)
class Skipped:
    """An item that is deliberately not synced, with its reason: counted and explained."""

    job: str
    side: Side
    ref: Ref
    title: str
    stamp: str
    epoch: str
    reason: str


@frozen(kw_only=True)
class Proposal:
    """Two unlinked items that look like one article; a person decides."""

    left: Ref
    right: Ref
    left_title: str
    right_title: str
    score: float
    """Between 0 and 1; 1 when the content is equal, too."""
    why: str


@frozen(kw_only=True)
class Dirty:
    """An item that has to be looked at again."""

    side: Side
    change: Change
    generation: int
    reencode: bool = False
    """True when only what its links point to has changed."""
    at: datetime | None = None
    """When the first hint came that nobody has worked yet; None where no hint said so."""


@frozen(kw_only=True)
class Backlog:
    """How much of a job waits to be looked at."""

    count: int = 0
    oldest: datetime | None = None
    """When the first hint came that nobody has worked yet."""
    generation: int = 0
    """Of the latest mark; every further mark has a higher one."""


@frozen(kw_only=True)
class Run:
    """One pass, as the history knows it."""

    id: str
    job: str
    kind: str
    started_at: datetime
    ended_at: datetime | None = None
    counts: str = "{}"
    """JSON: how often each event happened."""


@frozen(kw_only=True)
class Lease:
    """Exclusive use of `name` until `expires_at`; `token` grows with every grant."""

    name: str
    holder: str
    token: int
    expires_at: datetime


@frozen(kw_only=True)
class Fact:
    """A text that processes share; `version` grows with every change."""

    text: str
    version: int

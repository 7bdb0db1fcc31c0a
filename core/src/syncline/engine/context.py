"""What every part of the engine works with: the two stores, the state, the policy."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from attrs import define, field

from ..decision import Limits, Policy
from ..model import Document, Record, Ref, Side
from ..ports import Clock, Store
from ..state.port import StateStore
from ..state.records import Effect, Entry, Lease, Link, Log
from .runs.group_commit import Change, GroupCommit
from .runs.turns import Turns
from .writing.abandoned import AbandonedCreates
from .writing.open_writes import OpenWrites


class MappingPort(Protocol):
    """A lens between the left's documents and the right's vocabulary (see `syncline.mapping`)."""

    @property
    def version(self) -> str:
        """Return the fingerprint of all rules: it changes what absence and digests mean."""
        ...

    def fields(self, left: frozenset[str]) -> frozenset[str]:
        """Return the fields that the left has in the right's vocabulary."""
        ...

    def forward(self, left: Document) -> object:
        """Return the document in the right's vocabulary, or an `Excluded` with its reason."""
        ...

    def backward(self, shared: Document, left: Document | None) -> Document: ...

    def admits(self, shared: Document) -> object:
        """Return None where a new right document may be created on the left, else `Excluded`."""
        ...


def _quiet(event: str, **fields: object) -> None:
    return None


def new_id() -> str:
    """Return an id that nobody else has."""
    return uuid.uuid4().hex


@define(kw_only=True)
class Process:
    """What the runs of one job have in common that go on side by side in one process."""

    turns: Turns = field(factory=Turns)
    open_writes: OpenWrites = field(factory=OpenWrites)
    abandoned: AbandonedCreates = field(factory=AbandonedCreates)
    group_commit: GroupCommit = field(factory=GroupCommit)
    leaving: set[str] = field(factory=set)
    """Pairs that may lose an item by the governor's leave, and have not yet."""
    hinted: set[tuple[Side, Ref]] = field(factory=set)
    """Hints that some run is working now."""
    later: set[tuple[Side, Ref]] = field(factory=set)
    """Hints that came during the first pass, about items that it may have to pair."""
    learning: asyncio.Lock = field(factory=asyncio.Lock)
    """Held while it is learnt which items lie below which."""
    lease: Lease | None = None
    """One for all of them, for as long as any goes on: only its holder may write."""


@define(slots=False, kw_only=True)
class CommonParts:
    """What every kind of job works with, from the moment it is opened."""

    state: StateStore
    clock: Clock
    limits: Limits = field(factory=Limits)
    holder: str = "this process"
    progress: Callable[..., None] = _quiet
    """`progress(event, **fields)`: listed, started, done, for whoever shows a bar."""
    new_id: Callable[[], str] = new_id
    """Returns a fresh id; a test gives one that counts, so that a seed repeats a run."""
    process: Process = field(factory=Process)


@define(slots=False, kw_only=True)
class RunningJob(CommonParts):
    """A job of any kind while it runs: its name, its run, and how it is remembered."""

    name: str
    run: str = ""
    """The id of the pass that is under way: history is written under it."""
    dry: bool = False
    """True while a plan is made: nothing may be changed, remotely or in the state."""

    def now(self) -> datetime:
        """Return the time that goes into the state."""
        return self.clock.now()

    def commit(self, effects: Iterable[Effect], fence: Lease | None = None) -> None:
        """Make the effects durable, all or none; a dry run changes nothing.

        Args:
            fence: the lease that must stand; the job's, where it is held, unless told otherwise.
        """
        if not self.dry:
            effects = list(effects)
            self.state.commit(effects, fence or self.process.lease)
            self.process.open_writes.note(effects)
            self.process.abandoned.note(effects)

    async def commit_with_others(self, change: Change, *, owed: bool = False) -> None:
        """Like `commit` of what `change` returns, in one transaction with other items' changes.

        `owed`: what it tells has happened already, so that it counts even when this is cancelled.
        """
        if not self.dry:
            await self.process.group_commit.join(change, self.commit, owed=owed)

    def entry(
        self,
        link: Link,
        event: str,
        *,
        side: Side | None = None,
        reason: str = "",
        detail: str = "",
        before: str = "",
        after: str = "",
        before_version: str = "",
        after_version: str = "",
    ) -> Log:
        """Return the history line of something that happened to `link`."""
        return Log(
            Entry(
                run=self.run,
                job=self.name,
                pair=link.pair,
                at=self.now(),
                event=event,
                side=side,
                left=link.left.ref,
                right=link.right.ref,
                title=link.title,
                reason=reason,
                detail=detail,
                before=before,
                after=after,
                before_version=before_version,
                after_version=after_version,
            )
        )


@define(slots=False, kw_only=True)
class DocumentParts(CommonParts):
    """What a job of documents works with, from the moment it is opened."""

    left: Store
    right: Store
    left_name: str
    right_name: str
    mapping: MappingPort
    policy: Policy = field(factory=Policy)


@define(slots=False, kw_only=True)
class Job(DocumentParts, RunningJob):
    """One job of documents while it runs."""

    def store(self, side: Side) -> Store:
        """Return the store of one side."""
        return self.left if side is Side.LEFT else self.right

    def connection(self, side: Side) -> str:
        """Return the name of one side's connection: the first half of its refs."""
        return self.left_name if side is Side.LEFT else self.right_name

    def side_of(self, ref: Ref) -> Side | None:
        """Return the side on which `ref` lives; None for another job's connection."""
        for side in Side:
            if self.connection(side) == ref.connection:
                return side
        return None

    @property
    def shared(self) -> frozenset[str]:
        """The fields that both sides hold after mapping."""
        return self.mapping.fields(self.left.fields) & self.right.fields


Records = dict[Side, "Record | None"]
"""What was read of each side; None where nothing could be."""

"""The state port: what the engine asks of a place that remembers.

Calls are synchronous: on SQLite they take some 5-200 µs, less than a hop to a thread. Nothing is
ever held open across a network call: every change is one `commit` of effects, atomic, and refused
when the lease it names has been granted to somebody else since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from attrs import frozen

from ..config_items import ConfigItem
from ..model import Change, Cursor, Document, Head, Ref, Side
from ..ports import Note
from .browsing import Place, Shelved, Standing
from .records import (
    Backlog,
    ConflictRecord,
    Dirty,
    Effect,
    Entry,
    Fact,
    Intent,
    Lease,
    Link,
    Proposal,
    Quarantined,
    Run,
    Skipped,
)


@frozen(kw_only=True)
class Staged:
    """One head of the listing that is being compared."""

    ref: Ref
    stamp: str
    status: str
    title: str


@frozen(kw_only=True)
class PairWork:
    """A linked pair about which a listing says something new."""

    link: Link
    left: Staged | None
    right: Staged | None
    reencode: bool = False


class LeaseStore(Protocol):
    """One holder at a time for each name, between all processes that share the state.

    Every grant of a name has a higher token than the one before, given back or not.
    """

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        """Return a lease of `ttl` seconds, or None while another holder has it.

        A holder that is known to be dead may be replaced at once: `instead_of`.
        """
        ...

    def holder(self, name: str) -> str | None:
        """Return who has or had the lease last."""
        ...

    def renew(self, lease: Lease, *, ttl: float) -> Lease:
        """Return the lease with `ttl` seconds from now on.

        Raises:
            LeaseLost: it was taken over.
        """
        ...

    def check(self, lease: Lease) -> None:
        """Do nothing while a lease is the latest grant of its name; writes nothing.

        Raises:
            LeaseLost: it was taken over.
        """
        ...

    def release(self, lease: Lease) -> None:
        """Give it back, if it is the latest grant; do nothing otherwise."""
        ...


class FactStore(Protocol):
    """Texts by name that several processes read and change, none of them unseen."""

    def fact(self, name: str) -> Fact | None:
        """Return a fact as it is now."""
        ...

    def put_fact(self, name: str, text: str, *, after: Fact | None) -> bool:
        """Change a fact if it still is as it was read; tell whether it was changed."""
        ...


class StateStore(LeaseStore, FactStore, Protocol):
    """What is remembered between runs. Each method is atomic."""

    def for_job(self, job: str) -> StateStore:
        """Return this state with a listing of its own: jobs of one process list side by side.

        It is closed with the state that it came from.
        """
        ...

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        """Apply all effects, or none.

        Raises:
            LeaseLost: `fence` is no longer the current grant of its name.
            StateError: the disk is full or the file is damaged.
        """
        ...

    # links and values
    def link(self, job: str, ref: Ref) -> Link | None: ...
    def pair(self, pair: str) -> Link | None: ...
    def links(self, job: str) -> Iterator[Link]: ...
    def linked_elsewhere(self, job: str, ref: Ref) -> str | None: ...
    def value(self, key: str) -> Document | None: ...
    def item(self, key: str) -> ConfigItem | None:
        """Return what `SaveItem` kept under the item's digest."""
        ...

    def referrers(self, job: str, target: Ref) -> Sequence[Ref]: ...
    def tombstone(self, job: str, ref: Ref) -> str | None: ...

    # what waits
    def intents(self, job: str, *, pair: str | None = None) -> Sequence[Intent]:
        """Return the open intents, oldest first; with `pair`, only those of one pair."""
        ...

    def notes(self, pair: str) -> Sequence[Note]:
        """Return what earlier attempts at writes of a pair announced (`KeepNotes`)."""
        ...

    def conflict(self, id: str) -> ConflictRecord | None: ...
    def conflict_of(self, pair: str) -> ConflictRecord | None: ...
    def conflicts(self, job: str, *, open_only: bool = True) -> Sequence[ConflictRecord]: ...
    def quarantined(self, job: str, ref: Ref) -> Quarantined | None: ...
    def quarantine(self, job: str) -> Sequence[Quarantined]: ...
    def skipped(self, job: str, ref: Ref) -> Skipped | None: ...
    def all_skipped(self, job: str) -> Iterator[Skipped]: ...
    def dirty(self, job: str, limit: int = 500) -> Sequence[Dirty]: ...
    def backlog(self, job: str) -> Backlog:
        """Return how many items wait to be looked at, and since when the oldest does."""
        ...

    def proposals(self, job: str) -> Sequence[Proposal]: ...
    def pairings(self, job: str, *, same: bool) -> Sequence[tuple[Ref, Ref]]: ...
    def approval(self, job: str) -> str | None: ...

    # listings
    def stage(self, job: str, side: Side, heads: Iterable[Head]) -> None:
        """Add heads to the listing that will be compared; the first call of a pass clears it."""
        ...

    def unstage(self, job: str) -> None: ...
    def staged(self, side: Side, ref: Ref) -> Staged | None: ...
    def staged_counts(self, side: Side) -> dict[str, int]: ...
    def children(self, side: Side, ref: Ref) -> Sequence[Ref]:
        """Return what lies, or lately lay, directly below an item."""
        ...

    def place(self, side: Side, below: Iterable[tuple[Ref, Ref]]) -> None:
        """Remember of items what they are below of, for as long as this process runs."""
        ...

    def keep_tree(self, side: Side) -> None:
        """Say that all of one side has been staged or placed."""
        ...

    def has_tree(self, side: Side) -> bool:
        """True once `keep_tree` was said in this process."""
        ...

    def changed_pairs(
        self, job: str, *, complete: frozenset[Side], epoch: str
    ) -> Iterator[PairWork]:
        """Yield, in a stable order, the pairs that the staged listings do not prove unchanged.

        Absence counts only on the sides in `complete`.
        """
        ...

    def unlinked(self, job: str, side: Side, *, epoch: str) -> Iterator[Staged]:
        """Yield the staged heads that belong to no pair and were not skipped as they are now."""
        ...

    def same_titles(self, job: str) -> Sequence[tuple[Staged, Staged]]:
        """Return the unlinked live heads of both sides that have one title, normalised."""
        ...

    # bookkeeping
    def cursor(self, job: str, side: Side) -> Cursor | None: ...
    def scope(self, job: str, side: Side) -> str | None: ...
    def history(
        self,
        job: str,
        *,
        run: str | None = None,
        ref: Ref | None = None,
        pair: str | None = None,
        event: str | None = None,
        limit: int = 100,
    ) -> Sequence[Entry]:
        """Return the latest lines, newest first; those that fit all that is given."""
        ...

    def count_events(
        self, job: str, events: Sequence[str], since: datetime, *, pair: str | None = None
    ) -> int: ...
    def runs(self, job: str, limit: int = 20) -> Sequence[Run]: ...
    def last_run(self, job: str, kind: str) -> Run | None:
        """Return the latest pass of one kind that came to its end."""
        ...

    def count_links(self, job: str) -> dict[str, int]: ...

    # pages for people: read by key, so that a page costs the same wherever it begins
    def shelf(
        self, job: str, standing: Standing | None, after: Place, limit: int
    ) -> Sequence[Shelved]:
        """Return up to `limit` articles by title, after a place; None: all pairs."""
        ...

    def unpaired(self, job: str, standing: Standing, after: Place, limit: int) -> Sequence[Shelved]:
        """Like `shelf`, without what belongs to a pair."""
        ...

    def counts(self, job: str) -> dict[str, int]:
        """Return how many articles stand where, and `conflicts`, `reviews` and `proposals`."""
        ...

    def conflict_page(
        self, job: str, *, which: str, after: Place, limit: int
    ) -> Sequence[ConflictRecord]:
        """Return conflicts, oldest first: `open`, `review` or `settled`; after a time and id."""
        ...

    def entry(self, job: str, id: int) -> Entry | None: ...
    def last_entry(self, job: str, pair: str, event: str) -> Entry | None: ...
    def history_page(
        self, job: str, *, run: str | None, pair: str | None, before: int, limit: int
    ) -> Sequence[Entry]:
        """Return lines of the history older than line `before`, newest first."""
        ...

    def run(self, job: str, id: str) -> Run | None: ...
    def run_page(self, job: str, before: Place, limit: int, *, quiet: bool = True) -> Sequence[Run]:
        """Return runs that began before a time and id, newest first.

        Without `quiet`, only full passes and those that changed or said something.
        """
        ...

    # small facts
    def seen(self, connection: str, delivery: str) -> bool:
        """Tell whether a webhook delivery of this identity was taken (`NoteDelivery`)."""
        ...

    def cached(self, connection: str, key: str) -> str | None: ...
    def cache(self, connection: str, key: str, value: str) -> None: ...
    def purge(self, job: str, ref: Ref) -> None:
        """Forget bodies, history and conflicts of one item; the pair itself stays."""
        ...

    def sweep(self, job: str, *, before: datetime, quiet: datetime | None = None) -> int:
        """Drop history older than `before` and values that nothing refers to; return how many.

        The line that says why a pair is withdrawn or held (`LinkState.told_by`) stays for as long
        as it is, and names no values any more.

        Runs without history go with it; those that only worked hints, and did nothing, from `quiet`
        on backwards.
        """
        ...

    def tidy(self) -> None:
        """Do what the place needs from time to time; returns soon."""
        ...

    def close(self) -> None: ...


__all__ = ["Change", "FactStore", "LeaseStore", "PairWork", "Staged", "StateStore"]

"""The state in one DynamoDB table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Self

from attrs import define, field

from syncline.clock import SystemClock
from syncline.model import Cursor, Head, Ref, Side
from syncline.ports import Clock
from syncline.state.port import PairWork, Staged
from syncline.state.records import Effect, Fact, Lease

from . import keys
from .cache import TextCache
from .committing import Commits
from .leases import Leases
from .mirror import Mirror
from .pieces import drop_pieces, pieces_of, read_pieces
from .retention import Retention
from .table import Table
from .values import GRACE, Values
from .wire import body_of, new


def _nothing() -> None:
    return None


_INLINE = 200_000
"""Bytes of a cached fact; a larger one is kept in pieces."""


@define(slots=False)
class DynamoState(Retention):
    """The `StateStore` in one table, which several processes share. Use it from one thread.

    Reads are strongly consistent. A commit is one transaction or, above 100 items, written down
    first and then carried out (`pending`).
    """

    _commits: Commits
    _leases: Leases
    _clock: Clock
    _closing: Callable[[], None] = _nothing
    _listed: str = ""
    """Of which job the listing is, where jobs share a process; empty for any."""
    _mirror: Mirror = field(init=False)
    _lent: list[DynamoState] = field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self._mirror = Mirror(self.table, self._listed)

    @classmethod
    def open(
        cls,
        client: Any,
        table: str,
        *,
        clock: Clock | None = None,
        grace: float = GRACE,
        closing: Callable[[], None] = _nothing,
    ) -> Self:
        """Open a table that `create_table` made, with a boto3 client of DynamoDB.

        Args:
            clock: tells when a webhook delivery is too old; this machine's unless given.
            grace: seconds that a value is kept though nothing refers to it.
            closing: called when the state is closed; the client is otherwise its owner's.

        Raises:
            StateError: the table is not there, or cannot be used.
        """
        opened = Table(client, table)
        values = Values(opened, grace)
        commits = Commits(opened, values)
        commits.finish()
        leases = Leases(opened, taken_over=commits.finish)
        return cls(opened, values, commits, leases, clock or SystemClock(), closing)

    def for_job(self, job: str) -> Self:
        """Return this state, on the same table, with a listing of its own for `job`."""
        parts = (self.table, self._values, self._commits, self._leases, self._clock)
        own = type(self)(*parts, _nothing, job)
        self._lent.append(own)
        return own

    def commit(self, effects: Iterable[Effect], fence: Lease | None) -> None:
        """Apply all effects or none, if `fence` still stands."""
        self._mirror.follow(self._commits.commit([*effects], fence))

    # -- leases -------------------------------------------------------------------------

    def acquire(
        self, name: str, *, holder: str, ttl: float, instead_of: str | None = None
    ) -> Lease | None:
        return self._leases.acquire(name, holder=holder, ttl=ttl, instead_of=instead_of)

    def holder(self, name: str) -> str | None:
        return self._leases.holder(name)

    def renew(self, lease: Lease, *, ttl: float) -> Lease:
        return self._leases.renew(lease, ttl=ttl)

    def check(self, lease: Lease) -> None:
        self._leases.check(lease)

    def release(self, lease: Lease) -> None:
        self._leases.release(lease)

    # -- what processes share -----------------------------------------------------------

    def fact(self, name: str) -> Fact | None:
        return TextCache(self.table).fact(name)

    def put_fact(self, name: str, text: str, *, after: Fact | None) -> bool:
        return TextCache(self.table).put_fact(name, text, after=after)

    # -- listings -----------------------------------------------------------------------

    def stage(self, job: str, side: Side, heads: Iterable[Head]) -> None:
        self._mirror.listing.stage(side, heads)

    def unstage(self, job: str) -> None:
        self._mirror.clear()

    def staged(self, side: Side, ref: Ref) -> Staged | None:
        return self._mirror.listing.staged(side, ref)

    def staged_counts(self, side: Side) -> dict[str, int]:
        return self._mirror.listing.counts(side)

    def children(self, side: Side, ref: Ref) -> Sequence[Ref]:
        return self._mirror.listing.children(side, ref)

    def place(self, side: Side, below: Iterable[tuple[Ref, Ref]]) -> None:
        self._mirror.listing.place(side, below)

    def keep_tree(self, side: Side) -> None:
        self._mirror.listing.keep_tree(side)

    def has_tree(self, side: Side) -> bool:
        return self._mirror.listing.has_tree(side)

    def changed_pairs(
        self, job: str, *, complete: frozenset[Side], epoch: str
    ) -> Iterator[PairWork]:
        return self._mirror.changed_pairs(job, complete=complete, epoch=epoch)

    def unlinked(self, job: str, side: Side, *, epoch: str) -> Iterator[Staged]:
        return self._mirror.unlinked(job, side, epoch=epoch)

    def same_titles(self, job: str) -> Sequence[tuple[Staged, Staged]]:
        return self._mirror.same_titles(job)

    # -- small facts --------------------------------------------------------------------

    def cursor(self, job: str, side: Side) -> Cursor | None:
        kept = self.table.get(keys.cursor(job, side))
        return Cursor(body_of(kept)) if kept else None

    def scope(self, job: str, side: Side) -> str | None:
        kept = self.table.get(keys.scope(job, side))
        return str(body_of(kept)) if kept else None

    def seen(self, connection: str, delivery: str) -> bool:
        kept = self.table.get(keys.delivery(connection, delivery))
        # DynamoDB deletes what is over within days, and shows it until then.
        return kept is not None and body_of(kept) > self._clock.now().timestamp()

    def cached(self, connection: str, key: str) -> str | None:
        at = keys.cached(connection, key)
        kept = self.table.get(at)
        if kept is None:
            return None
        if "copy" not in kept:
            return str(body_of(kept))
        blob = read_pieces(self.table, at[0], str(kept["copy"]))
        return blob.decode("utf-8", "surrogatepass") if blob is not None else None

    def cache(self, connection: str, key: str, value: str) -> None:
        at, copy = keys.cached(connection, key), ""
        blob = value.encode("utf-8", "surrogatepass")
        if len(blob) <= _INLINE:
            self.table.put_all([new(at, value)])
        else:
            copy, pieces = pieces_of(at[0], blob)
            self.table.put_all(pieces)
            self.table.put_all([new(at, copy=copy)])
        drop_pieces(self.table, at[0], but=copy)

    def tidy(self) -> None:
        """Finish what processes that died have left."""
        self._commits.finish()

    def close(self) -> None:
        """Forget the listings, and close what was opened with the state."""
        for state in (*self._lent, self):
            state._mirror.close()
        self._lent.clear()
        self._closing()

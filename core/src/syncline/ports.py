"""The ports: what the engine needs from the outside world.

Ports are async protocols; adapters need not import this module to satisfy them. Every method may
raise `Forbidden`, `RateLimited` and `Unavailable`; further errors are listed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from enum import Flag, auto
from typing import Protocol, TypeAlias, runtime_checkable

from attrs import frozen

from .model import (
    Change,
    ChangePage,
    Complete,
    Costs,
    Cursor,
    Document,
    Head,
    Incomplete,
    Record,
    Ref,
    Version,
)
from .secret import Secret as Secret


class Capability(Flag):
    """What a store can do; the engine refuses a job that needs more."""

    READ = 0
    WRITE = auto()
    DELETE = auto()
    CONDITIONAL_WRITE = auto()
    """`expected` is enforced by the server itself (version numbers, If-Match)."""
    CHANGE_FEED = auto()
    """`changes` can resume; without it every pass lists everything."""
    ORIGIN = auto()
    """Items carry the origin mark, and `find` can look it up."""
    DRAFTS = auto()
    """People edit drafts beside the published state."""
    ACL = auto()
    """Items can be restricted to a smaller audience."""
    BULK_WRITE = auto()
    """The store satisfies `BulkStore`."""
    CLIENT_IDS = auto()
    """The client chooses ids, so that a repeated create is refused by the server."""


@frozen(kw_only=True)
class Note:
    """A sub-step of a write that was journalled before it was carried out."""

    step: str
    detail: str = ""


@frozen(kw_only=True)
class Write:
    """What the engine lends to one write.

    A vendor's write is often several calls (create, fill the draft, publish). Before each one the
    adapter says so with `note`; after a crash the same write is tried again, and `earlier` holds
    what had been noted: our own half-done work is recognised and never taken for a person's.
    """

    origin: Ref
    """The item on the other side: the mark that a copy carries."""
    asset: Callable[[str], Awaitable[bytes]]
    """Returns the bytes of `syncline:asset/<sha256>`."""
    note: Callable[[str, str], None]
    """`note(step, detail)`: durable when it returns."""
    earlier: Sequence[Note] = ()
    mark: bool = True
    """False when the item written is the original: origin marks go on copies only."""
    before: Document | None = None
    """What the item said when the write was decided on, where that is known. Of what changes
    without a new version (labels, say) it is the precondition: where the item says something else
    by now, or gets more while it is written, `update` raises `VersionMismatch`."""
    note_soon: Callable[[str, str], Awaitable[None]] | None = None
    """Like `note`, for `announce`; None where nothing is gained by waiting for others."""

    async def announce(self, step: str, detail: str) -> None:
        """Note a sub-step together with those of items that are written side by side.

        Durable when it returns, like `note`; some share one trip to the disk.
        """
        if self.note_soon is None:
            self.note(step, detail)
        else:
            await self.note_soon(step, detail)


Listed: TypeAlias = Head | Complete | Incomplete


@runtime_checkable
class Store(Protocol):
    """A place that holds documents."""

    @property
    def capabilities(self) -> Capability: ...

    @property
    def fields(self) -> frozenset[str]:
        """The names of `model.FIELDS` that it can hold."""
        ...

    @property
    def costs(self) -> Costs: ...

    def heads(self) -> AsyncIterator[Listed]:
        """Yield every item in scope, without bodies, then exactly one `Complete` or `Incomplete`.

        Restricted items are listed with that status; a visibility that could not be learnt is
        `Status.UNKNOWN`. A failure in the middle ends in `Incomplete`, never in a short `Complete`.
        """
        ...

    def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield hints about what may have changed since `cursor`; from now on when None."""
        ...

    async def fetch(self, ref: Ref) -> Record:
        """Return the item as it is now, whatever its status (visibility is checked first).

        Raises:
            NotFound: the store cannot tell whether it is gone or hidden.
            Rejected: its body cannot be read into the profile.
        """
        ...

    def fetch_many(self, refs: Sequence[Ref]) -> AsyncIterator[Record | tuple[Ref, Exception]]:
        """Yield each item in any order, by the vendor's cheapest way; failures are per item."""
        ...

    async def create(self, value: Document, *, write: Write) -> Record:
        """Create it, publish it, mark it with `write.origin`, and return it as stored.

        Repeating with the same origin is safe: an item that carries the mark is returned as is.

        Raises:
            AlreadyExists: the title is taken by an unrelated item.
            Rejected: the value breaks a rule of the store.
            OutcomeUnknown: the answer was lost.
        """
        ...

    async def update(self, ref: Ref, value: Document, *, expected: Version, write: Write) -> Record:
        """Change what differs from `value`, and return the item as stored.

        The raw item is re-read at `expected`; vendor markup of untouched blocks stays verbatim.

        Raises:
            NotFound, VersionMismatch, OpenDraft, Rejected, OutcomeUnknown
        """
        ...

    async def delete(self, ref: Ref, *, expected: Version) -> None:
        """Remove it in the most recoverable way there is. A missing item is success.

        Raises:
            VersionMismatch: its version is not `expected`; nothing was done.
        """
        ...

    async def find(self, origin: Ref, value: Document | None) -> Sequence[Ref]:
        """Return the live items that carry the mark `origin`, or that a create of `value` by us,
        interrupted before it could be marked, must have left behind."""
        ...

    async def asset(self, ref: Ref, sha256: str) -> bytes:
        """Return the bytes of a file that `ref`'s body refers to.

        Raises:
            NotFound: there is no such file any more.
        """
        ...

    def project(self, value: Document) -> Document:
        """Return the nearest document that this store can hold. Pure, deterministic, idempotent."""
        ...

    async def aclose(self) -> None: ...


@frozen(kw_only=True)
class BulkItem:
    """One write of a bulk job: a create when `ref` is None."""

    value: Document
    write: Write
    ref: Ref | None = None
    expected: Version | None = None


@runtime_checkable
class BulkStore(Store, Protocol):
    """A store that can write many items in one job of its vendor."""

    @property
    def bulk_threshold(self) -> int:
        """From how many writes in one pass on a bulk job pays."""
        ...

    def write_many(self, items: Sequence[BulkItem]) -> AsyncIterator[Record | Exception | None]:
        """Yield one result for each item, in order; None where it must be written singly."""
        ...


@frozen(kw_only=True)
class PastVersion:
    """One version in a store's own history."""

    version: Version
    updated_at: datetime
    updated_by: str | None = None


@runtime_checkable
class HistoryStore(Store, Protocol):
    """A store that keeps old versions of its items."""

    async def versions(self, ref: Ref) -> Sequence[PastVersion]:
        """Return the known versions, newest first."""
        ...

    async def fetch_version(self, ref: Ref, version: Version) -> Record:
        """Return the item as it was.

        Raises:
            NotFound: that version is not kept any more.
        """
        ...


@frozen(kw_only=True)
class WebhookRequest:
    """A request as it arrived: what a signature was made of is what is checked."""

    method: str
    path: str
    """As sent, percent-encoded, without the query."""
    query: str
    """As sent, without the question mark."""
    headers: tuple[tuple[str, str], ...]
    """In the order of arrival; names in lower case, repeated ones repeated."""
    body: bytes
    received_at: datetime

    def header(self, name: str) -> str | None:
        """Return the value of a header; None when it is absent or was sent more than once."""
        found = [value for key, value in self.headers if key == name.lower()]
        return found[0] if len(found) == 1 else None


@frozen(kw_only=True)
class Hints:
    """What a genuine delivery says: these items have to be looked at again."""

    changes: tuple[Change, ...]
    delivery: str = ""
    """Identity of this delivery where the signature covers one; a repeat within the replay window
    is answered like the first and stores nothing. Empty: repeats are merely looked at again."""
    until: datetime | None = None
    """When the replay window of `delivery` ends: from then on its signature is too old anyway."""


@frozen(kw_only=True)
class Reply:
    """An answer that a vendor expects by itself, such as the echo that proves an address."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    status: int = 200


class Webhook(Protocol):
    """Reads the deliveries of one connection. Pure but for its keys, which it was opened with."""

    def receive(self, request: WebhookRequest) -> Hints | Reply:
        """Return what a delivery says; the signature is checked first, in constant time.

        Raises:
            Forbidden: it is not signed, wrongly signed, or outside its time window.
            Rejected: it is genuine, and makes no sense.
            Unavailable: the keys that would tell are not at hand (`KeyedWebhook`).
        """
        ...


@runtime_checkable
class KeyedWebhook(Webhook, Protocol):
    """A webhook whose keys its vendor publishes and replaces: only `refresh` looks for them."""

    async def refresh(self) -> None:
        """Get the published keys, at most once at a time and not more often than is decent.

        Raises:
            Unavailable: they cannot be had now; the ones that were known still count.
        """
        ...


class SecretProvider(Protocol):
    """Resolves `{ <provider> = "<name>" }` in the configuration."""

    async def get(self, name: str) -> Secret:
        """Return the current value.

        Raises:
            NotFound: there is no such secret.
        """
        ...


class Cache(Protocol):
    """Small facts that are expensive to learn again; losing them costs calls, nothing else."""

    def get(self, key: str) -> str | None: ...

    def put(self, key: str, value: str) -> None: ...


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall clock's time, aware, in UTC: to show and to store."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go backwards: for time-outs and pacing."""
        ...

    async def sleep(self, seconds: float) -> None: ...

"""The ports of configuration jobs: where objects are, and where news of them comes from.

Like those of `syncline.ports`, they are async protocols, and every method may raise `Forbidden`,
`RateLimited` and `Unavailable`; further errors are listed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from attrs import frozen

from .config_items import Author, ConfigRecord, Kind, Objection
from .model import JSON, Change, ChangePage, Costs, Cursor, Ref, Version
from .ports import Capability, Note


@frozen(kw_only=True)
class FieldWrite:
    """What the engine lends to one write of a configuration object."""

    note: Callable[[str, str], None]
    """`note(step, detail)`: durable when it returns, and handed back after a crash."""
    earlier: Sequence[Note] = ()


class ConfigStore(Protocol):
    """A place that holds configuration objects."""

    @property
    def capabilities(self) -> Capability:
        """`WRITE`, `CONDITIONAL_WRITE` and `CHANGE_FEED` count."""
        ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What it holds, by the name of the kind; constant, and known without asking anybody."""
        ...

    @property
    def costs(self) -> Costs: ...

    def fetch_many(
        self, refs: Sequence[Ref]
    ) -> AsyncIterator[ConfigRecord | tuple[Ref, Exception]]:
        """Yield each object as it is now, in any order, in as few calls as the vendor allows.

        An object that does not exist is a record with a status that says so; failures are per
        object. Nothing is cached: what is yielded was read after the call began.
        """
        ...

    def objection(
        self, record: ConfigRecord, changes: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        """Return why these changes (by dotted path) would be refused or have to wait. Pure.

        `record` is what `fetch_many` yielded. Values that are out of range are refused, never
        clamped.
        """
        ...

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], *, expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        """Change these fields (by dotted path) and no other, and return the object as it is then.

        The object is read again first. Where the vendor needs the whole object, what is written is
        what was just read with these fields exchanged. A change that is already there is left out;
        when all are, nothing is sent.

        Raises:
            VersionMismatch: its version is not `expected`; nothing was written.
            Held: the vendor lets it be written only later.
            NotFound, Rejected, OutcomeUnknown
        """
        ...

    def changes(self, cursor: Cursor | None) -> AsyncIterator[ChangePage]:
        """Yield hints about what may have changed since `cursor`; from now on when None."""
        ...

    async def aclose(self) -> None: ...


@runtime_checkable
class AuditedStore(ConfigStore, Protocol):
    """A store whose vendor remembers who changed what."""

    async def author(self, ref: Ref, path: str, since: datetime | None) -> Author | None:
        """Return who changed a field last, if the vendor tells; asked only for drift."""
        ...


class EventReader(Protocol):
    """Tells what an event of a vendor's event bus is about. Pure."""

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Change] | None:
        """Return the objects to look at again; None when the event is not of this connection.

        `envelope` is an EventBridge envelope (`source`, `detail-type`, `detail`, …). Values in it
        are never trusted: only identities leave.
        """
        ...


@frozen(kw_only=True)
class Delivery:
    """One message of a queue, not yet acknowledged."""

    id: str
    """The queue's own id of the message."""
    body: bytes
    group: str = ""
    """Messages of one group are in order: after one that failed, the rest of its group waits."""
    receipt: str = ""
    received: int = 1
    """How many times it has been handed out."""


class Intake(Protocol):
    """A queue that news arrives in: a message stays there until it is stored durably here."""

    async def receive(self) -> Sequence[Delivery]:
        """Return the next messages; waits some seconds for one, and may return none."""
        ...

    async def done(self, deliveries: Sequence[Delivery]) -> None:
        """Take these away: what they say is stored."""
        ...

    async def failed(self, delivery: Delivery, why: str) -> None:
        """Leave it for later, and in the end for the queue's own dead letters."""
        ...

    async def aclose(self) -> None: ...


__all__ = ["AuditedStore", "ConfigStore", "Delivery", "EventReader", "FieldWrite", "Intake"]

"""What each kind of object offers to the store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import NoReturn, Protocol, TypeAlias

from syncline.config_items import ConfigRecord, kind_and_name
from syncline.config_store import FieldWrite
from syncline.errors import NotFound, OutcomeUnknown, Rejected, VersionMismatch
from syncline.model import JSON, Ref, Status, Version

from ..blocks.decode import text
from ..blocks.words import Json

IGNORE = "syncline:ignore"
"""In the description of an object that Syncline is to leave alone."""

Sight: TypeAlias = "ConfigRecord | tuple[Ref, Exception]"


class Part(Protocol):
    """Objects of one kind, or of a few that are read together."""

    def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        """Yield each object as it is now."""
        ...

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        """Return what the kind cannot tell by its fields alone; empty when there is nothing."""
        ...

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        """Change these fields, as `ConfigStore.update` promises."""
        ...


def name_of(ref: Ref) -> str:
    """Return the name half of an object's id."""
    return kind_and_name(ref)[1]


def absent(ref: Ref, why: str, *, gone: bool) -> ConfigRecord:
    """Return the record of an object that is not there.

    `gone` where it was there once, and the vendor answers 404 for its id. What was never seen may
    be misspelt, or in a division that the credential does not see.
    """
    status = Status.PURGED if gone else Status.UNKNOWN
    return ConfigRecord(ref=ref, version=Version("absent"), status=status, reason=why)


def foreign(entity: Json) -> str:
    """Return why an object is left alone: its description says so, as Genesys has no tags."""
    told = IGNORE in text(entity, "description")
    return f"its description says {IGNORE!r}" if told else ""


def nothing(ref: Ref, reason: str) -> NotFound:
    """Return the error of a write to an object that is not there."""
    return NotFound(f"{ref}: {reason}; create it in Genesys Cloud, or change the rule", ref=ref)


def stale(ref: Ref, at: str = "") -> VersionMismatch:
    """Return the error of a write to what was changed after it was read."""
    when = f" at {at}" if at else ""
    return VersionMismatch(
        f"{ref}: it was changed{when}, after it was read; it is read again", ref=ref
    )


def unread(ref: Ref, error: Exception) -> NoReturn:
    """Refuse to tell what a write left, when that could not be read.

    Raises:
        OutcomeUnknown: always; what is there is looked up later.
    """
    raise OutcomeUnknown(
        f"{ref}: it was written and could not be read back ({error}); it is looked up", ref=ref
    ) from error


def read_only(ref: Ref) -> Rejected:
    """Return the error of a write to what can only be read."""
    kind = kind_and_name(ref)[0]
    return Rejected(f"{ref}: a {kind} can only be read; use it as an input", ref=ref)


__all__ = [
    "IGNORE",
    "Part",
    "Sight",
    "absent",
    "foreign",
    "name_of",
    "nothing",
    "read_only",
    "stale",
    "unread",
]

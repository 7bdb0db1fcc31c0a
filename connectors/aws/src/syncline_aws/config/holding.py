"""What a service's module offers to the store: how its objects are read, judged and written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from attrs import field, frozen

from syncline.config_items import ConfigRecord, Objection, kind_and_name
from syncline.model import JSON, Ref, Status


@frozen(kw_only=True)
class Found:
    """One object as AWS shows it."""

    ref: Ref
    values: Mapping[str, JSON] = field(factory=dict)
    versioned: Sequence[str] = ()
    """The fields that make up its version: what a write would overwrite, or has to agree with."""
    version: str = ""
    """The vendor's own, where there is one."""
    status: Status = Status.LIVE
    reason: str = ""
    foreign: str = ""
    updated_at: datetime | None = None


Answer: TypeAlias = "Found | tuple[Ref, Exception]"


class Holder(Protocol):
    """The objects of one service."""

    @property
    def kinds(self) -> Sequence[str]:
        """The names of its kinds; `syncline_aws.kinds` says what they are."""
        ...

    def read(self, refs: Sequence[Ref]) -> AsyncIterator[Answer]:
        """Yield each object in any order; failures are per object."""
        ...

    def objection(
        self, record: ConfigRecord, wanted: Mapping[str, JSON], now: datetime
    ) -> Objection | None:
        """Return why the object would not take these values now. Pure; types and bounds of single
        fields have been looked at, and what is there already was left out."""
        ...

    def busy(self, record: ConfigRecord) -> bool:
        """Return whether a change of the object is under way, so that it shows old values."""
        ...

    async def write(self, record: ConfigRecord, wanted: Mapping[str, JSON]) -> None:
        """Change these fields and no other of the object that was just read as `record`."""
        ...


def missing(ref: Ref, what: str) -> Found:
    """Return what is found of an object that is not there."""
    return Found(ref=ref, status=Status.PURGED, reason=f"there is no {what}")


def name_of(ref: Ref) -> str:
    """Return what an object is called, without its kind."""
    return kind_and_name(ref)[1]


def number(values: Mapping[str, JSON], name: str) -> int:
    """Return a whole number of an object; 0 where it has none."""
    value = values.get(name)
    return value if isinstance(value, int) else 0


def parts(items: Sequence[Ref], size: int) -> list[Sequence[Ref]]:
    """Return the items in pieces of at most this size."""
    return [items[start : start + size] for start in range(0, len(items), size)]


__all__ = ["Answer", "Found", "Holder", "missing", "name_of", "number", "parts"]

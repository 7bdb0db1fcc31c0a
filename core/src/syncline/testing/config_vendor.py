"""What a `MemoryConfigStore` is a store of: objects with fields, versions and people's edits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from ..config_items import (
    ConfigRecord,
    FieldSpec,
    FieldType,
    Kind,
    at_path,
    item_ref,
    kind_and_name,
)
from ..model import JSON, Ref, Status, Version
from ..ports import Clock
from .vendor import PERSON

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(
                name="group",
                summary="Machines that do the work.",
                fields={
                    "desired": FieldSpec(
                        type=FieldType.INT, writable=True, minimum=0, maximum=1_000
                    ),
                    "in_service": FieldSpec(type=FieldType.INT, help="Machines that work now."),
                    "tags.owner": FieldSpec(type=FieldType.STRING, writable=True),
                },
            ),
            Kind(
                name="limits",
                summary="How much a team may be given at once.",
                fields={
                    "call.maximum": FieldSpec(
                        type=FieldType.INT, writable=True, minimum=1, maximum=25_000
                    ),
                    "chat.maximum": FieldSpec(
                        type=FieldType.INT, writable=True, minimum=1, maximum=25_000
                    ),
                    "ratio": FieldSpec(type=FieldType.DOUBLE, writable=True),
                    "note": FieldSpec(type=FieldType.STRING, writable=True),
                    "enabled": FieldSpec(type=FieldType.BOOL, writable=True),
                },
            ),
            Kind(
                name="schedule",
                summary="Opening hours.",
                fields={
                    "open": FieldSpec(type=FieldType.BOOL, help="Whether it is open now."),
                    "start": FieldSpec(type=FieldType.STRING, writable=True),
                },
            ),
            Kind(
                name="parameter",
                summary="A text.",
                fields={"value": FieldSpec(type=FieldType.STRING, writable=True)},
            ),
            Kind(
                name="row",
                summary="A row of a table; its columns are known only there.",
                fields={},
                others=FieldSpec(type=FieldType.ANY, writable=True),
                naming="table/key",
                names="[^/]+/.+",
            ),
        )
    }
)
"""The kinds of a `MemoryConfigStore` unless told otherwise."""


@attrs.frozen(kw_only=True)
class Edit:
    """One change of one field, by whomever: the vendor's audit."""

    ref: Ref
    path: str
    by: str
    at: datetime


@attrs.define(kw_only=True)
class Thing:
    """One object as the vendor holds it; `values` are never changed in place."""

    ref: Ref
    values: Mapping[str, JSON]
    number: int = 1
    """Counts the edits."""
    status: Status = Status.LIVE
    foreign: str = ""
    held: tuple[datetime, str, bool] | None = None
    """Until when and why writes wait, and whether the vendor announces that."""
    updated_at: datetime | None = None
    updated_by: str | None = None


class ConfigVendor:
    """Objects, and what people and other programs do to them; every method takes effect at once.

    Args:
        hashed: versions are hashes of the content (the vendor has none): an object that is put
            back as it was has its old version again.
    """

    def __init__(
        self,
        connection: str,
        clock: Clock,
        *,
        kinds: Mapping[str, Kind] = KINDS,
        hashed: bool = False,
    ) -> None:
        self.connection = connection
        self.clock = clock
        self.things: dict[Ref, Thing] = {}
        self.log: list[Ref] = []
        """The objects that changed, oldest first: the change feed."""
        self.edits: list[Edit] = []
        """Every change of a field, oldest first."""
        self._kinds = kinds
        self._hashed = hashed

    # -- what people do ---------------------------------------------------------------------

    def put(self, kind: str, name: str, values: Mapping[str, JSON], *, by: str = PERSON) -> Ref:
        """Make an object, or replace all of it; `values` are nested, or by dotted path."""
        ref = item_ref(self.connection, kind, name)
        kind_and_name(ref)
        nested: Mapping[str, JSON] = {}
        for path, value in values.items():
            nested = exchanged(nested, path, value)
        thing = self.things.get(ref)
        if thing is None:
            thing = self.things[ref] = Thing(ref=ref, values={})
        thing.status = Status.LIVE
        self._save(thing, nested, by)
        return ref

    def edit(self, ref: Ref, path: str, value: JSON, *, by: str = PERSON) -> None:
        """Change one field."""
        thing = self.things[ref]
        self._save(thing, exchanged(thing.values, path, value), by)

    def drop(self, ref: Ref, path: str, *, by: str = PERSON) -> None:
        """Take a field away."""
        thing = self.things[ref]
        self._save(thing, _without(thing.values, path.split(".")), by)

    def remove(self, ref: Ref, status: Status = Status.PURGED) -> None:
        """Let an object no longer be live."""
        self.things[ref].status = status
        self.log.append(ref)

    def claim(self, ref: Ref, why: str) -> None:
        """Let an object be somebody else's: a tag, an auto-scaling target. Empty: no more."""
        self.things[ref].foreign = why
        self.log.append(ref)

    def hold(self, ref: Ref, until: datetime, why: str, *, announced: bool = True) -> None:
        """Let writes wait until then.

        Args:
            announced: False when only a write finds out (it raises `Held`).
        """
        self.things[ref].held = (until, why, announced)

    def value(self, ref: Ref, path: str) -> JSON:
        """Return what a field holds.

        Raises:
            KeyError: there is no such object or field.
        """
        return at_path(self.things[ref].values, path)

    # -- for the store ----------------------------------------------------------------------

    def record(self, ref: Ref) -> ConfigRecord:
        """Return the object as it is now; one that never was is purged."""
        thing = self.things.get(ref)
        if thing is None:
            reason = f"there is no {ref.id.partition('/')[0]} of this name"
            return ConfigRecord(ref=ref, version=Version("-"), status=Status.PURGED, reason=reason)
        if thing.status is not Status.LIVE:
            return ConfigRecord(
                ref=ref, version=self.version(thing), status=thing.status, reason="it was removed"
            )
        return ConfigRecord(
            ref=ref,
            version=self.version(thing),
            values=thing.values,
            updated_at=thing.updated_at,
            updated_by=thing.updated_by,
            foreign=thing.foreign,
        )

    def version(self, thing: Thing) -> Version:
        """Return the version that an object has now."""
        if not self._hashed:
            return Version(str(thing.number))
        text = json.dumps(thing.values, sort_keys=True)
        return Version(hashlib.sha256(text.encode()).hexdigest()[:16])

    def _save(self, thing: Thing, values: Mapping[str, JSON], by: str) -> None:
        now = self.clock.now()
        for path in sorted(_changed(thing.values, values)):
            self.edits.append(Edit(ref=thing.ref, path=path, by=by, at=now))
        thing.values = values
        thing.number += 1
        thing.updated_at, thing.updated_by = now, by
        self.log.append(thing.ref)


def exchanged(values: Mapping[str, JSON], path: str, value: JSON) -> dict[str, JSON]:
    """Return nested values with the one at a dotted path exchanged; the rest is shared."""
    name, dot, rest = path.partition(".")
    if not dot:
        return {**values, name: value}
    below = values.get(name)
    return {**values, name: exchanged(below if isinstance(below, dict) else {}, rest, value)}


def _without(values: Mapping[str, JSON], path: list[str]) -> dict[str, JSON]:
    name, *rest = path
    below = values.get(name)
    if rest and isinstance(below, dict):
        return {**values, name: _without(below, rest)}
    return {key: value for key, value in values.items() if key != name}


def _changed(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> set[str]:
    old, new = flat(before), flat(after)
    return {
        path for path in old.keys() | new.keys() if old.get(path, _NONE) != new.get(path, _NONE)
    }


_NONE = object()


def flat(values: Mapping[str, JSON], above: str = "") -> dict[str, JSON]:
    """Return nested values by dotted path, leaves alone."""
    leaves: dict[str, JSON] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            leaves.update(flat(value, f"{above}{name}."))
        else:
            leaves[above + name] = value
    return leaves


__all__ = ["KINDS", "ConfigVendor", "Edit", "Thing", "exchanged", "flat"]

"""Routing utilization of the organisation and of users, whose labels may be named.

Source: Genesys Platform API, PUT /api/v2/routing/utilization and /routing/users/{id}/utilization:
the whole map is replaced, what is left out goes back to a default, and there is no version.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.errors import NotFound, Rejected, StoreError
from syncline.model import JSON, Ref, Version

from ..blocks.decode import part, text
from ..blocks.words import Json
from .calls import LABELS, UTILIZATION, Calls, segment
from .directory import is_id
from .fields import digest, exchanged, fitting, news
from .kinds import UTILIZATION as KIND
from .part import Sight, absent, name_of, nothing, stale
from .readback import read_back

ORGANIZATION = "organization"
_LABELS = "labelUtilizations"


@frozen
class Utilizations:
    """The kind `utilization`: `organization`, and `user/<id>`."""

    _calls: Calls

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        for ref in refs:
            try:
                yield _record(ref, await self._calls.one(_path(ref), ref=ref))
            except NotFound:
                yield absent(ref, "there is no user with this id", gone=False)
            except StoreError as error:
                yield ref, error

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        return ""

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        fitting(KIND, ref, changes)
        path = _path(ref)
        fresh = await self._fresh(ref, path)
        if _version(fresh) != expected:
            raise stale(ref)
        new = news(values(fresh), changes)
        if not new:
            return _record(ref, fresh)
        ids = await self._label_ids(ref, fresh, new)
        written = await self._calls.put(path, request(fresh, by_id(new, ids)), ref=ref)
        return _record(ref, await read_back(self._calls, path, ref, written))

    async def _fresh(self, ref: Ref, path: str) -> Json:
        try:
            return await self._calls.one(path, ref=ref)
        except NotFound:
            raise nothing(ref, "there is no user with this id") from None

    async def _label_ids(
        self, ref: Ref, fresh: Json, changes: Mapping[str, JSON]
    ) -> Mapping[str, str]:
        """Return the ids of the labels that changes name.

        Raises:
            Rejected: there is no label, or more than one, of a name.
        """
        known = {text(one, "labelName"): id for id, one in part(fresh, _LABELS).items()}
        for label in {path.split(".")[1] for path in changes if path.startswith(_LABELS)}:
            if label not in known and not is_id(label):
                known[label] = await self._label_id(ref, label)
        return known

    async def _label_id(self, ref: Ref, name: str) -> str:
        found = await self._calls.named(LABELS, name)
        if len(found) == 1:
            return text(found[0], "id")
        many = f"{len(found)} utilization labels are" if found else "no utilization label is"
        raise Rejected(f"{ref}: {many} called {name!r}; use the id of one", ref=ref)


def _path(ref: Ref) -> str:
    """Return where a utilization is.

    Raises:
        Rejected: the name is neither `organization` nor `user/<id>`.
    """
    what, _, user = name_of(ref).partition("/")
    if what == ORGANIZATION and not user:
        return UTILIZATION
    if what == "user" and is_id(user):
        return f"/api/v2/routing/users/{segment(user)}/utilization"
    raise Rejected(f"{ref}: a utilization is called 'organization' or 'user/<id>'", ref=ref)


def values(raw: Json) -> Json:
    """Return a utilization with its media at the top, and its labels by id and by name."""
    labels = part(raw, _LABELS)
    named = {text(one, "labelName") or id: one for id, one in labels.items()}
    rest = {name: value for name, value in raw.items() if name not in ("utilization", _LABELS)}
    return {**part(raw, "utilization"), _LABELS: {**labels, **named}, **rest}


def by_id(changes: Mapping[str, JSON], ids: Mapping[str, str]) -> dict[str, JSON]:
    """Return changes whose labels are ids."""
    return {_by_id(path, ids): value for path, value in changes.items()}


def _by_id(path: str, ids: Mapping[str, str]) -> str:
    parts = path.split(".")
    if parts[0] == _LABELS:
        parts[1] = ids.get(parts[1], parts[1])
    return ".".join(parts)


def request(raw: Json, changes: Mapping[str, JSON]) -> Json:
    """Return the UtilizationRequest that leaves a utilization as it is, but for the changes.

    A user who has nothing of their own gets only the media that change: the others go on following
    the organisation.
    """
    labels = {
        id: {name: value for name, value in one.items() if name != "labelName"}
        for id, one in part(raw, _LABELS).items()
    }
    whole = {**part(raw, "utilization"), _LABELS: labels}
    found: dict[str, Any] = exchanged(whole, changes)
    media = {name: one for name, one in found.items() if name not in (_LABELS, "maxInboundCalls")}
    if raw.get("level") == "Organization":
        touched = {path.partition(".")[0] for path in changes}
        media = {name: one for name, one in media.items() if name in touched}
        found[_LABELS] = _touched(found[_LABELS], changes)
    most = found.get("maxInboundCalls", raw.get("maxInboundCalls"))
    return {
        "utilization": media,
        _LABELS: found[_LABELS],
        **({} if most is None else {"maxInboundCalls": most}),
    }


def _touched(labels: Json, changes: Mapping[str, JSON]) -> Json:
    named = {path.split(".")[1] for path in changes if path.startswith(_LABELS)}
    return {id: one for id, one in labels.items() if id in named}


def _version(raw: Json) -> Version:
    return Version(digest(raw))


def _record(ref: Ref, raw: Json) -> ConfigRecord:
    return ConfigRecord(ref=ref, version=_version(raw), values=values(raw))


__all__ = ["Utilizations", "by_id", "request", "values"]

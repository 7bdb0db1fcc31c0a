"""Skills and queues of users, by the vendor's operations on each of them.

Source: Genesys Platform API, /api/v2/users/{id}/routingskills, /api/v2/routing/queues/{id}/members.
There is no version, and no write of a whole user: each skill and each membership is its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence, Set

from attrs import frozen

from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.errors import NotFound, Rejected, StoreError
from syncline.model import JSON, Ref, Version

from ..blocks.decode import part, text
from ..blocks.words import Json
from .calls import QUEUES, SKILLS, USERS, Calls, chunks, segment
from .directory import is_id
from .fields import digest, fitting, news
from .kinds import USER
from .part import Sight, absent, name_of, nothing, stale, unread

EXPAND = "skills,routingStatus,presence"


@frozen
class Users:
    """The kind `user`, called by its id: users are not found by name here, and names repeat."""

    _calls: Calls

    async def records(self, refs: Sequence[Ref]) -> AsyncIterator[Sight]:
        wanted = [ref for ref in refs if is_id(name_of(ref))]
        for ref in refs:
            if not is_id(name_of(ref)):
                yield ref, Rejected(f"{ref}: a user is called by the id", ref=ref)
        for some in chunks(wanted):
            ids = ",".join(name_of(ref) for ref in some)
            params = {"id": ids, "expand": EXPAND, "state": "any"}
            users = {text(one, "id"): one async for one in self._calls.all(USERS, params)}
            told = (self._sight(ref, users.get(name_of(ref))) for ref in some)
            for sight in await asyncio.gather(*told):
                yield sight

    def objection(self, record: ConfigRecord, changes: Mapping[str, JSON]) -> str:
        return ""

    async def _sight(self, ref: Ref, user: Json | None) -> Sight:
        if user is None:
            return absent(ref, "there is no user with this id", gone=False)
        try:
            return _record(ref, user, await self._queues(ref))
        except StoreError as error:
            return ref, error

    async def _queues(self, ref: Ref) -> list[Json]:
        path = f"{USERS}/{segment(name_of(ref))}/queues"
        return [one async for one in self._calls.all(path, ref=ref)]

    async def _read(self, ref: Ref) -> tuple[Json, list[Json]]:
        path = f"{USERS}/{segment(name_of(ref))}"
        try:
            user = await self._calls.one(path, {"expand": EXPAND}, ref=ref)
        except NotFound:
            raise nothing(ref, "there is no user with this id") from None
        return user, await self._queues(ref)

    async def update(
        self, ref: Ref, changes: Mapping[str, JSON], expected: Version, write: FieldWrite
    ) -> ConfigRecord:
        fitting(USER, ref, changes)
        user, queues = await self._read(ref)
        if _version(values(user, queues)) != expected:
            raise stale(ref)
        new = missing(values(user, queues), changes)
        if not new:
            return _record(ref, user, queues)
        skills, places = await self._ids(ref, new, user, queues)
        held = {_label(one) for one in queues}
        await self._write(ref, with_membership(new, held), skills, places, write)
        try:
            return _record(ref, *(await self._read(ref)))
        except StoreError as error:
            unread(ref, error)

    async def _ids(
        self, ref: Ref, new: Mapping[str, JSON], user: Json, queues: Sequence[Json]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Return the ids of the skills and the queues that are named, before anything is written.

        Raises:
            Rejected: there is none, or there are several.
        """
        skills = {text(one, "name"): text(one, "id") for one in user.get("skills") or ()}
        places = {text(one, "name"): text(one, "id") for one in queues}
        for path in new:
            what, name = path.split(".")[:2]
            known, listing = (skills, SKILLS) if what == "skills" else (places, QUEUES)
            if name not in known:
                known[name] = name if is_id(name) else await self._id(ref, listing, what, name)
        return skills, places

    async def _id(self, ref: Ref, listing: str, what: str, name: str) -> str:
        found = await self._calls.named(listing, name)
        if len(found) == 1:
            return text(found[0], "id")
        many = "several" if found else "no"
        raise Rejected(f"{ref}: there are {many} {what} called {name!r}; use the id", ref=ref)

    async def _write(
        self,
        ref: Ref,
        new: Mapping[str, JSON],
        skills: Mapping[str, str],
        places: Mapping[str, str],
        write: FieldWrite,
    ) -> None:
        """Carry the changes out, each announced before it is sent."""
        user = name_of(ref)
        levels = [
            {"id": skills[path.split(".")[1]], "proficiency": value}
            for path, value in new.items()
            if path.startswith("skills.")
        ]
        if levels:
            write.note("skills", digest(levels))
            await self._calls.patch(f"{USERS}/{user}/routingskills/bulk", levels, ref=ref)
        for path, value in new.items():
            what, name, last = [*path.split("."), ""][:3]
            if what != "queues":
                continue
            write.note("queue", path)
            members = f"{QUEUES}/{segment(places[name])}/members"
            if last == "member":
                params = {} if value else {"delete": "true"}
                await self._calls.post(members, [{"id": user}], params, ref=ref)
            else:
                body = {"id": user, "joined": value}
                await self._calls.patch(f"{members}/{user}", body, ref=ref)


def missing(found: Json, changes: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the changes that are not there already; nobody has to leave where they are not."""
    left = news(found, changes)
    return {
        path: value
        for path, value in left.items()
        if not (path.startswith("queues.") and value is False and _absent(found, path))
    }


def _absent(found: Json, path: str) -> bool:
    return path.split(".")[1] not in part(found, "queues")


def with_membership(changes: Mapping[str, JSON], held: Set[str]) -> dict[str, JSON]:
    """Return changes in the order in which they can be made: members first, and who is to work for
    a queue is made a member of it."""
    queues = {path: path.split(".")[1] for path in changes if path.startswith("queues.")}
    implied = {
        f"queues.{name}.member": True
        for path, name in queues.items()
        if path.endswith(".joined") and changes[path] is True and name not in held
    }
    wanted = {**implied, **changes}
    return dict(sorted(wanted.items(), key=lambda one: one[0].endswith(".joined")))


def values(user: Json, queues: Sequence[Json]) -> Json:
    """Return a user with skills and queues by name, and by id where names hold a dot."""
    skills = {_label(one): one.get("proficiency") for one in user.get("skills") or ()}
    member = {_label(one): {"member": True, "joined": bool(one.get("joined"))} for one in queues}
    kept = ("id", "name", "email", "state", "routingStatus", "presence")
    return {
        **{name: user[name] for name in kept if name in user},
        "skills": skills,
        "queues": member,
        "skillCount": len(skills),
        "queueCount": len(member),
        "joinedQueueCount": sum(one["joined"] for one in member.values()),
    }


def _label(one: Json) -> str:
    name = text(one, "name")
    return text(one, "id") if "." in name or not name else name


def _version(found: Json) -> Version:
    # Statuses come and go by the minute: a write that goes by skills need not wait for them.
    return Version(digest({name: found[name] for name in ("skills", "queues")}))


def _record(ref: Ref, user: Json, queues: Sequence[Json]) -> ConfigRecord:
    found = values(user, queues)
    return ConfigRecord(ref=ref, version=_version(found), values=found, title=text(user, "name"))


__all__ = ["Users", "missing", "values", "with_membership"]

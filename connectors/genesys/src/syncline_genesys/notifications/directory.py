"""The users, queues and groups that patterns stand for, as the vendor lists them."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from syncline.errors import ConfigError

from ..blocks.decode import part, text
from ..blocks.words import Json
from ..config.calls import QUEUES, USERS, Calls, segment
from .calls import GROUPS
from .topics import Directory, Place, Wanted

QUEUES_LISTED = 500
"""Queues on a page of their listing: the vendor's own tools read them so."""
USERS_LISTED = 100
"""Users, groups and members on a page."""


@frozen
class Read:
    """What was listed, and the calls that it took."""

    directory: Directory
    calls: int


async def read_directory(calls: Calls, wanted: Wanted) -> Read:
    """Return the organisation as far as patterns need it.

    Raises:
        ConfigError: there is no such group.
        StoreError: a listing is not to be had, or not in full.
    """
    users = await _users(calls) if wanted.needs("users") else []
    queues = await _queues(calls) if wanted.needs("queues") else []
    members, asked = await _members(calls, wanted.groups)
    pages = -(-len(users) // USERS_LISTED) + -(-len(queues) // QUEUES_LISTED)
    return Read(Directory(users=users, queues=queues, members=members), pages + asked)


async def _users(calls: Calls) -> list[Place]:
    return [_place(one) async for one in calls.all(USERS, {"state": "active"}, size=USERS_LISTED)]


async def _queues(calls: Calls) -> list[Place]:
    return [_place(one) async for one in calls.all(QUEUES, size=QUEUES_LISTED)]


async def _members(calls: Calls, groups: Sequence[str]) -> tuple[dict[str, list[Place]], int]:
    if not groups:
        return {}, 0
    known = [one async for one in calls.all(GROUPS, size=USERS_LISTED)]
    found: dict[str, list[Place]] = {}
    asked = -(-len(known) // USERS_LISTED)
    for group in groups:
        path = f"{GROUPS}/{segment(_group(known, group))}/members"
        people = [one async for one in calls.all(path, size=USERS_LISTED)]
        found[group] = [_place(one) for one in people if text(one, "state") in ("", "active")]
        asked += max(1, -(-len(people) // USERS_LISTED))
    return found, asked


def _group(known: Sequence[Json], name: str) -> str:
    """Return the id of the group with this id or name.

    Raises:
        ConfigError: there is none, or there are several.
    """
    found = [text(one, "id") for one in known if name in (text(one, "id"), text(one, "name"))]
    if len(found) == 1:
        return found[0]
    many = "several groups are" if found else "no group is"
    raise ConfigError([f"topics: {many} called {name!r}; write the id of the group"])


def _place(entity: Json) -> Place:
    division = part(entity, "division")
    names = {text(division, "id"), text(division, "name")} - {""}
    return Place(id=text(entity, "id"), division=frozenset(names))


__all__ = ["Read", "read_directory"]

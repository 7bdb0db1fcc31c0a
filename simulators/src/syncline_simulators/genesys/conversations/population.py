"""Who works and for which queues, as the generator needs it: the estate, in handy form."""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs
import orjson

from ..dates import shown
from ..estate import Membership
from ..organization import Organization
from ..queues import settled
from ..thing import Thing

_JOINED = Membership()


@attrs.frozen(kw_only=True)
class Queue:
    """A queue with those who work for it."""

    id: str
    name: str
    users: deque[Thing]
    """Who is next stands first."""

    def agent(self) -> Thing:
        """The next one: everybody in turn."""
        self.users.rotate(-1)
        return self.users[-1]


@attrs.define(kw_only=True)
class Population:
    """Queues that have somebody who works for them."""

    org: Organization
    queues: list[Queue] = attrs.field(factory=list)
    _seen: tuple[int, ...] = ()

    def refresh(self) -> None:
        """Look at the estate again, where it has grown or shrunk."""
        estate = self.org.estate
        members = sum(map(len, estate.members.values()))
        seen = (len(estate.users), len(estate.queues), members)
        if seen == self._seen:
            return
        self._seen = seen
        users = {one.id: one for one in estate.users if one.value.get("state") == "active"}
        everybody = list(users.values())
        found = []
        for queue in estate.queues:
            own = [users[one] for one in estate.joined(queue.id) if one in users]
            if own or everybody:
                found.append(Queue(id=queue.id, name=queue.name, users=deque(own or everybody)))
        self.queues = found

    def grow(self, users: int, queues: int) -> None:
        """Have at least so many users and queues."""
        org, now = self.org, self.org.now()
        new_queues = [
            _thing(org, settled(org, {"name": f"Queue {n:04d}"}))
            for n in range(len(org.estate.queues) + 1, queues + 1)
        ]
        for one in new_queues:
            org.estate.queues.put(one)
        every = [one.id for one in org.estate.queues]
        for number in range(len(org.estate.users) + 1, users + 1):
            name = f"Agent {number:05d}"
            status = {"status": "IDLE", "startTime": shown(now)}
            email = f"agent.{number:05d}@example.com"
            value = {
                "name": name,
                "email": email,
                "presence": "AVAILABLE",
                "state": "active",
                "routingStatus": status,
            }
            user = _thing(org, value)
            org.estate.users.put(user)
            if every:
                members = org.estate.members.setdefault(every[number % len(every)], {})
                members[user.id] = _JOINED
        self.refresh()

    def divisions(self, *ids: str) -> bytes:
        """The divisions of a conversation with these queues and users."""
        entities = [{"id": one} for one in ids]
        placed = self.org.estate.placed
        found: dict[str, list[dict[str, str]]] = {}
        for one in entities:
            found.setdefault(placed.get(one["id"], self.org.division), []).append(one)
        return orjson.dumps(
            [{"division": {"id": one}, "entities": those} for one, those in found.items()]
        )


def _thing(org: Organization, value: dict[str, Any]) -> Thing:
    now = org.now()
    who = org.person.id
    return Thing(
        id=org.ids.uuid(), value=value, created=now, modified=now, created_by=who, modified_by=who
    )

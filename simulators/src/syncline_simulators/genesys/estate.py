"""The configuration of an organisation: what Routing, Architect and Analytics hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from attrs import define, field, frozen

from .thing import Shelf

MEDIA = ("call", "callback", "chat", "email", "message")

UTILIZATION: Mapping[str, Mapping[str, Any]] = {
    medium: {"maximumCapacity": capacity, "interruptableMediaTypes": [], "includeNonAcd": False}
    for medium, capacity in zip(MEDIA, (1, 1, 4, 1, 4), strict=True)
}
"""The system's default: what a medium that nobody configured goes back to."""


@frozen(kw_only=True)
class Membership:
    """A user in a queue."""

    joined: bool = True
    ring: int = 1


@define(kw_only=True)
class Estate:
    """Queues, utilization, schedules, tables, users and what is observed of them."""

    queues: Shelf = field(factory=lambda: Shelf("queue", unique=True))
    members: dict[str, dict[str, Membership]] = field(factory=dict)
    """By queue, by user."""
    codes: Shelf = field(factory=lambda: Shelf("wrap-up code", unique=True))
    queue_codes: dict[str, list[str]] = field(factory=dict)
    """The ids of wrap-up codes by queue."""
    labels: Shelf = field(factory=lambda: Shelf("utilization label", unique=True))
    utilization: dict[str, Any] = field(factory=dict)
    """Of the organisation: what differs from the default; empty where nothing does."""
    agents: dict[str, dict[str, Any]] = field(factory=dict)
    """Utilization by user, for those who have one of their own."""
    schedules: Shelf = field(factory=lambda: Shelf("schedule"))
    groups: Shelf = field(factory=lambda: Shelf("schedule group"))
    tables: Shelf = field(factory=lambda: Shelf("data table", unique=True))
    rows: dict[str, dict[str, dict[str, Any]]] = field(factory=dict)
    """By table, by key."""
    users: Shelf = field(factory=lambda: Shelf("user"))
    user_groups: Shelf = field(factory=lambda: Shelf("group"))
    divisions: Shelf = field(factory=lambda: Shelf("division", unique=True))
    """Beside the home division."""
    placed: dict[str, str] = field(factory=dict)
    """The division of users and queues that are not in the home division, by their id."""
    skills: Shelf = field(factory=lambda: Shelf("skill", unique=True))
    user_skills: dict[str, dict[str, float]] = field(factory=dict)
    """Proficiency by user, by skill."""
    observed: dict[str, dict[str, dict[str, int]]] = field(factory=dict)
    """By queue, by media type, by metric: what a person says that is going on."""
    stale: Literal[400, 409] = 409
    """How a stale `version` is refused; the vendor is known for both."""
    audited_rows: bool = False
    """Whether rows of tables are in the audit trail; at the vendor that is unconfirmed."""

    def joined(self, queue_id: str) -> list[str]:
        """The users who work for a queue now."""
        found = self.members.get(queue_id, {})
        return [user for user, one in found.items() if one.joined]

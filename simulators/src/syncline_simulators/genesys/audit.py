"""The audit trail: who changed what."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field, frozen

from .dates import Interval, shown

SERVICES: Mapping[str, str] = {
    "Queue": "Routing",
    "WrapupCode": "Routing",
    "MaxOrgRoutingUtilizationCapacity": "Routing",
    "RoutingUtilizationTag": "Routing",
    "RoutingSkill": "Routing",
    "User": "PeoplePermissions",
    "Schedule": "Architect",
    "ScheduleGroup": "Architect",
    "DataTable": "Datatables",
    "Row": "Datatables",
}
"""Who writes about which kind of entity; everything else is of `Knowledge`."""


@frozen(kw_only=True)
class Entry:
    """One line of the trail. A write by an OAuth client names the client, a person's the user."""

    id: str
    at: datetime
    action: str
    entity_type: str
    entity: str
    entity_name: str = ""
    user: str | None = None
    user_name: str = ""
    client: str | None = None
    changes: Mapping[str, tuple[Sequence[str], Sequence[str]]] = field(factory=dict)

    @property
    def service(self) -> str:
        """The service that wrote it."""
        return SERVICES.get(self.entity_type, "Knowledge")

    def matches(self, name: str, value: str) -> bool:
        """Whether a filter of an audit query lets it through."""
        found = {
            "UserId": self.user,
            "ClientId": self.client,
            "Action": self.action,
            "EntityType": self.entity_type,
            "EntityId": self.entity,
        }
        return found.get(name) == value

    def as_message(self, *, named: bool = False) -> dict[str, Any]:
        """The entry as an `AuditLogMessage`; the name of a user only where it is asked for."""
        changes = [
            {"property": name, "oldValues": list(old), "newValues": list(new)}
            for name, (old, new) in self.changes.items()
        ]
        author: dict[str, Any] = {}
        if self.user:
            author["user"] = {"id": self.user, "selfUri": f"/api/v2/users/{self.user}"}
            if named and self.user_name:
                author["user"]["name"] = self.user_name
        if self.client:
            author["client"] = {
                "id": self.client,
                "selfUri": f"/api/v2/oauth/clients/{self.client}",
            }
        return {
            "id": self.id,
            **author,
            "remoteIp": ["127.0.0.1"],
            "serviceName": self.service,
            "level": "USER",
            "eventDate": shown(self.at),
            "action": self.action,
            "entity": {"id": self.entity, "name": self.entity_name},
            "entityType": self.entity_type,
            "status": "SUCCESS",
            "propertyChanges": changes,
        }


@define
class Trail:
    """The last entries, oldest first."""

    _entries: deque[Entry] = field(factory=lambda: deque(maxlen=50_000))

    def add(self, entry: Entry) -> None:
        """Write one entry."""
        self._entries.append(entry)

    def during(self, interval: Interval) -> Iterator[Entry]:
        """The entries of an interval, newest first; what is older is not looked at."""
        for entry in reversed(self._entries):
            if entry.at < interval.start:
                return
            if entry.at < interval.end:
                yield entry

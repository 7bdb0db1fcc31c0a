"""The simulated organisation: clients, knowledge bases, configuration, files, jobs, audit trail.

Each noun has its own store and its own module of endpoints; this is only where they meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import define, field, frozen

from ..kernel.clock import SimClock
from ..kernel.ids import Ids
from .asset import Assets
from .audit import Entry, Trail
from .base import KnowledgeBase
from .dates import milliseconds
from .errors import not_found, over_limit
from .estate import Estate
from .job import Jobs
from .notifications.hub import Hub
from .oauth import Client, Clients
from .partners import Partners
from .results import Results
from .storage import Storage

if TYPE_CHECKING:
    from .conversations.traffic import Traffic

LIMITS: Mapping[str, Mapping[str, int]] = {
    "knowledge": {
        "knowledge.knowledgebases.max": 500,
        "knowledge.documents.per.knowledgebase.max": 15_000,
        "knowledge.categories.per.knowledgebase.max": 1_000,
        "knowledge.labels.per.knowledgebase.max": 1_000,
        "knowledge.labels.per.document.max": 50,
        "knowledge.variations.per.document.max": 100,
    },
    "response.management": {"response.assets.max": 20_000},
    "platform.api": {"client.credentials.token.rate.per.minute": 300},
}
"""Effective limits by namespace. The numbers are those that are known; except for the last, the
vendor's own key names are unconfirmed."""


@frozen(kw_only=True)
class Person:
    """Who acts in the console."""

    id: str
    name: str


@define(kw_only=True)
class Organization:
    """One Genesys Cloud organisation."""

    clock: SimClock
    ids: Ids
    id: str
    name: str = "Simulated Organisation"
    division: str
    """The home division."""
    clients: Clients
    person: Person
    bases: dict[str, KnowledgeBase] = field(factory=dict)
    storage: Storage
    assets: Assets = field(factory=Assets)
    jobs: Jobs = field(factory=Jobs)
    trail: Trail = field(factory=Trail)
    estate: Estate = field(factory=Estate)
    partners: Partners
    notifications: Hub
    traffic: Traffic = field(init=False)
    """Conversations; put there by who builds the organisation."""
    results: Results = field(factory=Results)
    limits: dict[str, dict[str, int]] = field(
        factory=lambda: {name: dict(keys) for name, keys in LIMITS.items()}
    )
    settling: timedelta = timedelta(0)
    """How long reads do not see a new document, or a new version of one (eventual consistency)."""

    def now(self) -> datetime:
        """The simulated time, in milliseconds as the API shows it."""
        return milliseconds(self.clock.now())

    def tick(self) -> datetime:
        """Let everything happen that is due, and return the time."""
        now = self.now()
        self.jobs.advance(now)
        return now

    def base(self, base_id: str) -> KnowledgeBase:
        """The knowledge base with this id.

        Raises:
            Refusal: 404.
        """
        found = self.bases.get(base_id)
        if found is None:
            raise not_found("knowledge base", base_id)
        return found

    def settled(self, since: datetime) -> bool:
        """Whether reads already see what was created or published then."""
        return self.now() >= since + self.settling

    def settle(self, seconds: float) -> None:
        """Let reads see what is new only after so many seconds."""
        self.settling = timedelta(seconds=seconds)

    def room(self, namespace: str, key: str, used: int) -> None:
        """Refuse one more of what is limited.

        Raises:
            Refusal: 400 with the limit.
        """
        most = self.limits[namespace][key]
        if used >= most:
            raise over_limit(key, namespace, most)

    def audit(
        self,
        author: Client | Person,
        action: str,
        kind: str,
        thing_id: str,
        name: str = "",
        changes: Mapping[str, tuple[Sequence[str], Sequence[str]]] | None = None,
    ) -> None:
        """Write one line of the audit trail, and tell partners of it."""
        entry = Entry(
            id=self.ids.uuid(),
            at=self.now(),
            action=action,
            entity_type=kind,
            entity=thing_id,
            entity_name=name,
            user=author.id if isinstance(author, Person) else None,
            user_name=author.name if isinstance(author, Person) else "",
            client=author.id if isinstance(author, Client) else None,
            changes=dict(changes or {}),
        )
        self.trail.add(entry)
        self.partners.audited(entry)

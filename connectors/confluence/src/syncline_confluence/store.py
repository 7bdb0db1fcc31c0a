"""The `Store` port over a Confluence Cloud space."""

from __future__ import annotations

from syncline.connector import Context
from syncline.model import Costs
from syncline.ports import Capability

from .client import Api, open_client
from .settings import Settings
from .writing import Writing


def open_store(settings: Settings, context: Context) -> ConfluenceStore:
    """Return the store of a connection; nothing is asked before it is used."""
    client = open_client(settings, context.clock, context.observe, context.connection)
    return ConfluenceStore(settings, context, Api(client))


class ConfluenceStore(Writing):
    """Pages of one space as documents."""

    capabilities = (
        Capability.WRITE
        | Capability.DELETE
        | Capability.CONDITIONAL_WRITE
        | Capability.CHANGE_FEED
        | Capability.ORIGIN
        | Capability.ACL
    )

    @property
    def costs(self) -> Costs:
        """Calls of each operation; a listing also reads one restriction for each page."""
        pace = self._settings.requests_per_second * 60
        return Costs(fetch=4, create=6, update=6, delete=2, calls_per_minute=pace)

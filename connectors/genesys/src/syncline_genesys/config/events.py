"""Events of Amazon EventBridge that come from Genesys Cloud, and news of a channel, as hints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import frozen

from syncline.connector import Context
from syncline.model import JSON, Change, Ref

from ..settings import Settings
from . import audited
from .directory import Directory

SOURCE = "aws.partner/genesys.com/cloud/"
"""How the source of every partner event of Genesys begins; the id of the organisation follows."""


@frozen
class Reader:
    """Reads the envelopes of one connection. Names are those that were met when objects were read;
    without them a hint names an object by its id alone."""

    _connection: str
    _organization: str
    _directory: Directory

    def read(self, envelope: Mapping[str, JSON]) -> Sequence[Change] | None:
        """Return the objects to look at again; None when the event is of somebody else."""
        source, detail = envelope.get("source"), envelope.get("detail")
        if source == live_source(self._connection):
            return self._live(envelope.get("objects"))
        if not isinstance(source, str) or not source.startswith(SOURCE):
            return None
        organization = source.removeprefix(SOURCE).partition("/")[0]
        if self._organization and organization != self._organization:
            return None
        if not isinstance(detail, dict):
            return ()
        ids = audited.of_event(detail, self._directory.name_of)
        return audited.changes(self._connection, ids)

    def _live(self, ids: JSON) -> Sequence[Change]:
        known = ids if isinstance(ids, list) else ()
        return [Change(ref=Ref(self._connection, id)) for id in known if isinstance(id, str)]


def live_source(connection: str) -> str:
    """Return the source of what a channel of a connection tells."""
    return f"syncline/{connection}/channel"


def open_reader(settings: Settings, context: Context) -> Reader:
    """Open the reader of a connection; nothing is called for it."""
    directory = Directory(context.cache, context.connection)
    return Reader(context.connection, settings.organization, directory)


__all__ = ["SOURCE", "Reader", "live_source", "open_reader"]

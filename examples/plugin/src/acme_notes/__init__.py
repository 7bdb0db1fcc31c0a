"""Notes in one SQLite table as a Syncline store, as a source of events, and as a sink of them."""

from __future__ import annotations

from attrs import frozen

from syncline.connector import Connector, Context, LocalPath, setting
from syncline.events import EventSink, EventSource, Subscription
from syncline.ports import Store


@frozen(kw_only=True)
class Settings:
    """The table `[connections.<name>]`."""

    path: LocalPath = setting("SQLite file that holds the notes.")


def open_notes(settings: Settings, context: Context) -> Store:
    """Open the store; what is slow to import is imported here."""
    from .store import NoteStore

    return NoteStore(str(settings.path), context)


def open_log(settings: Settings, context: Context, wanted: Subscription) -> EventSource:
    """Open what tells what happens to notes."""
    from .log import NoteLog

    return NoteLog(str(settings.path), context, wanted)


def open_table(settings: Settings, context: Context) -> EventSink:
    """Open the table that events are stored in."""
    from .log import EventTable

    return EventTable(str(settings.path), context)


connector = Connector(
    name="notes",
    summary="Notes in an SQLite table.",
    settings=Settings,
    documents=open_notes,
    source=open_log,
    sink=open_table,
)

"""Notes in one SQLite table as a Syncline store."""

from __future__ import annotations

from attrs import frozen

from syncline.connector import Connector, Context, LocalPath, setting
from syncline.ports import Store


@frozen(kw_only=True)
class Settings:
    """The table `[connections.<name>]`."""

    path: LocalPath = setting("SQLite file that holds the notes.")


def open_notes(settings: Settings, context: Context) -> Store:
    """Open the store; what is slow to import is imported here."""
    from .store import NoteStore

    return NoteStore(str(settings.path), context)


connector = Connector(
    name="notes",
    summary="Notes in an SQLite table.",
    settings=Settings,
    documents=open_notes,
)

"""A folder of Markdown or HTML files as a Syncline store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from syncline.connector import Connector, Context, LocalPath, setting

if TYPE_CHECKING:
    from syncline.ports import Store


@attrs.frozen(kw_only=True)
class Settings:
    """The settings of a `files` connection."""

    path: LocalPath = setting("Folder that holds the articles; it has to exist.")
    format: Literal["markdown", "html"] = setting(
        "Format of the articles that Syncline creates.", default="markdown"
    )
    ignore: frozenset[str] = setting(
        "Patterns of paths that are no articles, such as 'drafts/*'.", default=frozenset()
    )


def open_store(settings: Settings, context: Context) -> Store:
    """Open the folder. Nothing is read yet: a folder that is missing shows at the first pass."""
    # Markdown, YAML and HTML parsers are loaded only by whoever uses the connector.
    from .store import FileStore

    return FileStore(settings, context)


def leaves_out(settings: Settings, path: str) -> bool:
    """Tell whether nothing below a folder counts as an article: it is ignored, or hidden."""
    from .ignoring import Ignoring

    return Ignoring(settings.ignore).leaves_out(path)


connector = Connector(
    name="files",
    summary="A folder of Markdown or HTML files.",
    settings=Settings,
    documents=open_store,
    folder="path",
    leaves_out=leaves_out,
)

__all__ = ["Settings", "connector", "open_store"]

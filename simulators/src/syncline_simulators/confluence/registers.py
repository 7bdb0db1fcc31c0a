"""Keeping the wiki's registers and the search index in step with changes."""

from __future__ import annotations

from functools import partial

from .content import Content
from .search import entry
from .wiki import Wiki


class registered:
    """A context in which the fields of a content may change that registers are kept by."""

    def __init__(self, wiki: Wiki, content: Content) -> None:
        self._wiki = wiki
        self._content = content

    def __enter__(self) -> None:
        self._wiki.lift(self._content)

    def __exit__(self, *_: object) -> None:
        self._wiki.place(self._content)
        changed(self._wiki, self._content)


def changed(wiki: Wiki, content: Content) -> None:
    """Let the search index know, in its own time."""
    wiki.schedule.after(wiki.settings.search_lag, partial(wiki.search.put, entry(content)))

"""Finding documents by the mark that they carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from syncline.model import Ref
from syncline.ports import Clock

from .blocks.decode import text
from .blocks.words import Json
from .client import Api
from .documents import interval, line
from .origins import Marks

LONGEST = 4000
"""Characters of external ids in one request: addresses stay short enough for any proxy."""


class Lookup:
    """Looks for copies, drafts included."""

    def __init__(self, api: Api, clock: Clock, marks: Marks) -> None:
        self._api = api
        self._clock = clock
        self._marks = marks

    async def marked(self, base: str, origins: Sequence[Ref]) -> dict[Ref, list[Json]]:
        """Return the documents that carry the marks of `origins`, by origin."""
        found: dict[Ref, list[Json]] = {origin: [] for origin in origins}
        named = {mark: origin for origin in found for mark in self._marks.every(origin)}
        for some in _chunks(list(named)):
            async for page in self._api.documents(base, externalIds=some, includeDrafts=True):
                for one in page:
                    if (origin := named.get(text(one, "externalId"))) is not None:
                        found[origin].append(one)
        return found

    async def unmarked(self, base: str, title: str, since: datetime) -> list[Json]:
        """Return the unmarked documents with this title that were changed since a time."""
        span = interval(since, self._clock.now() + timedelta(days=1))
        pages = self._api.documents(base, interval=span, includeDrafts=True)
        return [
            one
            async for page in pages
            for one in page
            if not one.get("externalId") and line(text(one, "title")) == line(title)
        ]


def _chunks(marks: Sequence[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for one in marks:
        if some and sum(map(len, some)) + len(some) + len(one) > LONGEST:
            yield some
            some = []
        some.append(one)
    if some:
        yield some

"""Pages for people, from the file."""

from __future__ import annotations

from collections.abc import Sequence

from . import browsing as _browsing
from .browsing import Place, Shelved, Standing
from .database import Database
from .records import ConflictRecord, Entry, Run


class Pages(Database):
    """Reads by key, so that a page costs the same wherever it begins."""

    def shelf(
        self, job: str, standing: Standing | None, after: Place, limit: int
    ) -> Sequence[Shelved]:
        return _browsing.shelf(self._rows, job, standing, after, limit)

    def unpaired(self, job: str, standing: Standing, after: Place, limit: int) -> Sequence[Shelved]:
        return _browsing.unpaired(self._rows, job, standing, after, limit)

    def counts(self, job: str) -> dict[str, int]:
        return _browsing.counts(self._rows, job)

    def conflict_page(
        self, job: str, *, which: str, after: Place, limit: int
    ) -> Sequence[ConflictRecord]:
        return _browsing.conflict_page(self._rows, job, which=which, after=after, limit=limit)

    def entry(self, job: str, id: int) -> Entry | None:
        return _browsing.entry(self._rows, job, id)

    def last_entry(self, job: str, pair: str, event: str) -> Entry | None:
        return _browsing.last_entry(self._rows, job, pair, event)

    def history_page(
        self, job: str, *, run: str | None, pair: str | None, before: int, limit: int
    ) -> Sequence[Entry]:
        return _browsing.history_page(
            self._rows, job, run=run, pair=pair, before=before, limit=limit
        )

    def run_page(self, job: str, before: Place, limit: int, *, quiet: bool = True) -> Sequence[Run]:
        return _browsing.run_page(self._rows, job, before, limit, quiet=quiet)

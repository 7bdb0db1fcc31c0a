"""The verbs that look at what a job of any kind remembers, and mend it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import evolve

from ..errors import Stale
from ..model import Change, Ref, Side
from ..ports import Clock
from ..state.port import StateStore
from ..state.records import (
    DropQuarantine,
    DropSkip,
    Entry,
    MarkDirty,
    Quarantined,
    Run,
    SaveQuarantine,
)
from .context import RunningJob
from .status.explanation import knows
from .status.summary import JobStatus, status_of


class Journal:
    """What sessions of every kind of job have in common; it needs the state alone."""

    job: str
    state: StateStore
    clock: Clock

    @property
    def _work(self) -> RunningJob:
        """What the session's passes work with."""
        raise TypeError("a session says what it works with")

    # -- hints -----------------------------------------------------------------------------------

    def hint(self, changes: Iterable[Change], *, side: Side, priority: int = 0) -> None:
        """Remember durably that these items have to be looked at again."""
        at = self.clock.now()
        self.state.commit(
            [MarkDirty(self.job, side, change, priority, at=at) for change in changes], None
        )

    @property
    def at_hand(self) -> int:
        """How many items are being worked at this moment, for passes and for people."""
        return self._work.process.turns.count()

    @property
    def writing(self) -> bool:
        """Whether a write may be in flight: each is journalled before it is sent."""
        return self.at_hand > 0 and bool(self.state.intents(self.job))

    def wind_down(self) -> None:
        """Begin no further item: those at hand are finished, and new runs are refused.

        Passes that are under way come to no end by themselves then: cancel them.
        """
        self._work.process.turns.close()

    def resume(self) -> None:
        """Begin items again after `wind_down`."""
        self._work.process.turns.close(False)

    # -- what was done ---------------------------------------------------------------------------

    def history(
        self, *, run: str | None = None, ref: Ref | None = None, limit: int = 100
    ) -> Sequence[Entry]:
        """Return what was done, newest first."""
        return self.state.history(self.job, run=run, ref=ref, limit=limit)

    def runs(self, limit: int = 20) -> Sequence[Run]:
        """Return the latest passes, newest first."""
        return self.state.runs(self.job, limit)

    def purge(self, ref: Ref) -> None:
        """Forget bodies, history and conflicts of one item; the pair stays in step.

        Raises:
            Stale: nothing is known of it.
        """
        if not knows(self._work, ref):
            raise Stale(f"job {self.job} remembers nothing of {ref}")
        self.state.purge(self.job, ref)

    def status(self) -> JobStatus:
        """Return where the job stands."""
        return status_of(self._work)

    # -- items that wait -------------------------------------------------------------------------

    def quarantine(self) -> Sequence[Quarantined]:
        """Return the items that failed, oldest first."""
        return self.state.quarantine(self.job)

    def retry(self, ref: Ref) -> None:
        """Try an item that failed or was skipped in the next pass, whatever its back-off says.

        Raises:
            Stale: it neither failed nor was skipped.
        """
        known = self.state.quarantined(self.job, ref), self.state.skipped(self.job, ref)
        if not any(known):
            raise Stale(f"{ref} is not in quarantine")
        self.state.commit([DropQuarantine(self.job, ref), DropSkip(self.job, ref)], None)

    def skip(self, ref: Ref) -> None:
        """Leave a failed item alone until it changes."""
        held = self.state.quarantined(self.job, ref)
        if held is None:
            raise Stale(f"{ref} is not in quarantine")
        self.state.commit([SaveQuarantine(evolve(held, skipped=True))], None)


__all__ = ["Journal"]

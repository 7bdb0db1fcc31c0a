"""Where a job stands, in numbers."""

from __future__ import annotations

from attrs import frozen

from ...state.records import LinkState, Run
from ..context import RunningJob


@frozen(kw_only=True)
class JobStatus:
    """Where a job stands."""

    job: str
    pairs: int
    conflicts: int
    reviews: int
    """Losing edits that were kept and that nobody has looked at."""
    quarantined: int
    """Items that failed."""
    withdrawn: int
    held: int
    proposals: int
    last_run: Run | None
    last_full: Run | None
    token: str | None
    """An approval of removals that waits for the next pass."""
    failing: int = 0
    """Items that failed and are tried again: those left out that a person skipped."""


def status_of(job: RunningJob) -> JobStatus:
    """Return where the job stands now."""
    state = job.state
    links = state.count_links(job.name)
    waiting = state.conflicts(job.name)
    failed = state.quarantine(job.name)
    runs = state.runs(job.name, limit=1)
    return JobStatus(
        job=job.name,
        pairs=sum(links.values()),
        conflicts=sum(not record.review for record in waiting),
        reviews=sum(record.review for record in waiting),
        quarantined=len(failed),
        withdrawn=links.get(LinkState.WITHDRAWN.value, 0),
        held=links.get(LinkState.HELD.value, 0),
        proposals=len(state.proposals(job.name)),
        last_run=runs[0] if runs else None,
        last_full=state.last_run(job.name, "full"),
        token=state.approval(job.name),
        failing=sum(not held.skipped for held in failed),
    )

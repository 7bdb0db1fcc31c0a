"""How a run is framed: under the lease, in the journal, and told to whoever follows it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from typing import TypeVar

from attrs import evolve

from ...errors import Refused, SynclineError
from ...scope import about
from ...state.records import Run, SaveRun
from ..context import RunningJob
from .lease import JobLease
from .report import Report

W = TypeVar("W", bound=RunningJob)


@asynccontextmanager
async def run_of(opened: W, lease: JobLease | None, kind: str) -> AsyncIterator[tuple[W, Report]]:
    """Lend the job with a run of its own, and the report that ends up in the journal.

    Args:
        lease: the job's lease; None for a run that other processes may stand beside.

    Raises:
        Refused: another process works on this job, or this one is ending.
    """
    if opened.process.turns.closed:
        raise Refused(f"job {opened.name} is ending in this process; nothing was begun")
    async with lease.shared() if lease else nullcontext():
        run = Run(
            id=f"{opened.now():%Y%m%dT%H%M%S}-{opened.new_id()[:6]}",
            job=opened.name,
            kind=kind,
            started_at=opened.now(),
        )
        job = evolve(opened, run=run.id)
        report = Report(run=run.id, job=job.name)
        job.commit([SaveRun(run)])
        with _told(job, run, report), _noted(job, run, report), one_reason():
            yield job, report
        job.commit([SaveRun(evolve(run, ended_at=job.now(), counts=_counts(report)))])


@contextmanager
def _noted(job: RunningJob, run: Run, report: Report) -> Iterator[None]:
    """Keep of a run that breaks off how far it came: it has no end, and counts as an error."""
    try:
        yield
    except Exception:
        if not job.process.turns.closed:  # then it was told to end
            # The state, or the lease, may be what was lost.
            with suppress(SynclineError):
                job.commit([SaveRun(evolve(run, counts=_counts(report, broke_off=1)))])
        raise


def _counts(report: Report, **more: int) -> str:
    if report.incomplete:
        more["incomplete"] = len(report.incomplete)
    return json.dumps({**report.counts, **more})


@contextmanager
def one_reason() -> Iterator[None]:
    """Let items that were worked side by side and failed for one reason raise one error."""
    try:
        yield
    except ExceptionGroup as group:
        known, unknown = group.split(SynclineError)
        error: BaseException = unknown or known or group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


@contextmanager
def _told(job: RunningJob, run: Run, report: Report) -> Iterator[None]:
    """Tell whoever follows the progress that a run begins, and how it ended."""
    began, error = job.clock.monotonic(), ""
    known = {"job": job.name, "kind": run.kind, "run": run.id}
    with about("pass", **known):
        job.progress("pass.started", **known)
        try:
            yield
        except BaseException as problem:
            error = f"{type(problem).__name__}: {problem}"
            raise
        finally:
            seconds = job.clock.monotonic() - began
            counts = dict(report.counts)
            job.progress("pass.ended", **known, seconds=seconds, counts=counts, error=error)

"""Asynchronous jobs: they walk through their statuses as simulated time passes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from attrs import define, field, frozen

from .dates import shown
from .errors import bad_request, not_found

Kind: TypeAlias = Literal["Import", "Export", "Sync"]

PACE = timedelta(milliseconds=40)
"""Time that a job spends in one status, at least."""

SLICE = 0.2
"""Seconds of real time that a job may work before other requests get their turn."""

ENDED = frozenset({"ValidationFailed", "Completed", "PartialCompleted", "Failed", "Aborted"})
"""Statuses that nothing follows."""


@frozen
class Step:
    """What a job does next: after `wait`, `work` returns the status that it is in then, or `None`
    while it has not done all of it."""

    work: Callable[[], str | None]
    wait: timedelta = PACE


def gradually(work: Iterator[None], end: Callable[[], str]) -> Step:
    """A step that does a long work slice by slice; `end` then returns the status."""

    def some() -> str | None:
        until = time.monotonic() + SLICE
        for _ in work:
            if time.monotonic() > until:
                return None
        return end()

    return Step(some)


def status(name: str) -> Step:
    """A step that does nothing but reach a status."""
    return Step(lambda: name)


@define(kw_only=True)
class Job:
    """One export, import or synchronisation."""

    id: str
    kind: Kind
    base: str
    created: datetime
    modified: datetime
    request: Mapping[str, Any]
    status: str = "Created"
    steps: deque[Step] = field(factory=deque)
    report: dict[str, Any] = field(factory=dict)
    files: dict[str, str] = field(factory=dict)
    """Download paths by the name of the property that links to them."""
    processed: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    def advance(self, now: datetime) -> None:
        """Do the steps that are due."""
        while self.steps and self.modified + self.steps[0].wait <= now:
            step = self.steps.popleft()
            self.modified += step.wait
            reached = step.work()
            if reached is None:
                self.steps.appendleft(Step(step.work, timedelta(0)))
                return
            self.status = reached
            if self.ended:
                self.steps.clear()

    def then(self, steps: Iterable[Step], now: datetime) -> None:
        """Go on with these steps instead of those that were to come."""
        self.steps = deque(steps)
        self.modified = now

    def abort(self, now: datetime) -> None:
        """Stop before the next step.

        Raises:
            Refusal: 400; it has ended.
        """
        if self.ended:
            raise bad_request(f"The job is {self.status} and cannot be aborted.")
        self.status = "AbortRequested"
        self.then([status("Aborted")], now)

    def as_operation(self, path: str) -> dict[str, Any]:
        """The job as an `OperationResponse`."""
        return {
            "id": self.id,
            "status": self.status,
            "type": self.kind,
            "dateCreated": shown(self.created),
            "dateModified": shown(self.modified),
            "selfUri": f"{path}/{self.id}",
        }


@define
class Jobs:
    """All jobs of the organisation."""

    _jobs: dict[str, Job] = field(factory=dict)
    _active: list[Job] = field(factory=list)

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def start(self, job: Job) -> Job:
        """Keep a new job; it begins with its first step."""
        self._jobs[job.id] = job
        self._active.append(job)
        return job

    def get(self, base: str, kind: Kind, job_id: str) -> Job:
        """The job of this kind with this id.

        Raises:
            Refusal: 404.
        """
        job = self._jobs.get(job_id)
        if job is None or job.base != base or job.kind != kind:
            raise not_found(f"{kind.lower()} job", job_id)
        return job

    def remove(self, job: Job) -> None:
        """Forget a job; what it would still have done is not done."""
        del self._jobs[job.id]
        self._active = [one for one in self._active if one is not job]

    def advance(self, now: datetime) -> None:
        """Do what is due in any job, in the order in which it is due."""
        if not self._active:
            return
        for job in self._active:
            job.advance(now)
        # A job that waits for a confirmation has no steps; it stays until it has ended.
        self._active = [job for job in self._active if not job.ended]


def reached(names: Sequence[str]) -> list[Step]:
    """Steps through these statuses."""
    return [status(name) for name in names]

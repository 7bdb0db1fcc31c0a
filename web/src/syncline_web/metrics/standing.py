"""Gauges that are read when somebody asks: where each job stands, from memory and state alone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from syncline.state.port import StateStore
from syncline.state.records import LinkState

from ..jobs import Job
from .instruments import JOB
from .watched import Watched

logger = logging.getLogger(__name__)

Read = Callable[[str, Job], float | None]
"""Reads one gauge of one job; None leaves it out."""

COUNTED: Mapping[str, tuple[tuple[str, ...], str]] = {
    "syncline_pairs": (tuple(state.value for state in LinkState), "Pairs that are kept in step."),
    "syncline_conflicts_open": (("conflicts",), "Conflicts that wait for a person."),
    "syncline_reviews_open": (("reviews",), "Losing edits that were kept and nobody looked at."),
    "syncline_quarantined": (
        ("failed",),
        "Items that failed; tried again later and later.",
    ),
    "syncline_withdrawn": (("withdrawn",), "Articles whose copy was taken away: restricted."),
    "syncline_visibility_unknown": (("unknown",), "Articles of unknown visibility."),
    "syncline_held": (("held",), "Pairs that an undo put on hold."),
    "syncline_pairs_proposed": (("proposals",), "Proposed pairs that wait for an answer."),
    "syncline_queue_depth": (("pending",), "Items that wait to be looked at."),
}
"""Gauges, each the sum of some of `StateStore.counts`, which one look at the state gives."""


class Standing(Collector):
    """Reads `runner.jobs` and the state; a state that cannot be read leaves gauges out."""

    def __init__(self, runner: Watched) -> None:
        self._runner = runner

    def describe(self) -> Sequence[GaugeMetricFamily]:
        """Name the metrics without reading anything."""
        return [*map(_family, COUNTED), *(_gauge(name, help_) for name, help_, _ in self._read())]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges of all jobs."""
        jobs = dict(self._runner.jobs)
        counts = {name: self._counts(name) for name in jobs}
        for metric, (keys, _) in COUNTED.items():
            family = _family(metric)
            for name, found in counts.items():
                if found is not None:
                    family.add_metric([name], sum(found.get(key, 0) for key in keys))
            yield family
        for metric, help_, read in self._read():
            family = _gauge(metric, help_)
            for name, job in jobs.items():
                if (value := self._one(read, name, job)) is not None:
                    family.add_metric([name], value)
            yield family

    def _read(self) -> Iterator[tuple[str, str, Read]]:
        yield (
            "syncline_job_active",
            "1 on the runner that works the job, 0 on one that stands by.",
            lambda _, job: float(job.role == "active"),
        )
        yield (
            "syncline_lag_seconds",
            "Age of the oldest hint that nobody has worked yet; 0 when there is none.",
            lambda _, job: job.lag.total_seconds(),
        )
        yield (
            "syncline_last_full_pass_timestamp_seconds",
            "When the latest full pass came to its end; absent before the first.",
            lambda name, _: _ended(self._runner.state, name),
        )
        yield (
            "syncline_removals_refused",
            "Removals that the guard stopped in the latest full pass; they wait for approval.",
            lambda name, _: _refused(self._runner.state, name),
        )
        yield (
            "syncline_next_full_pass_timestamp_seconds",
            "When the next full pass is due.",
            lambda _, job: job.next_full.timestamp() if job.next_full else None,
        )
        yield (
            "syncline_job_failing",
            "1 when the latest pass failed or saw only a part.",
            lambda _, job: float(job.last_error is not None),
        )

    def _counts(self, job: str) -> dict[str, int] | None:
        try:
            return self._runner.state.counts(job)
        except Exception as error:
            # Whatever is wrong with the state: the metrics that tell of it must come all the same.
            logger.warning("the state cannot be read", extra={"job": job, "detail": str(error)})
            return None

    def _one(self, read: Read, name: str, job: Job) -> float | None:
        try:
            return read(name, job)
        except Exception as error:
            logger.warning("a gauge cannot be read", extra={"job": name, "detail": str(error)})
            return None


def _ended(state: StateStore, job: str) -> float | None:
    run = state.last_run(job, "full")
    return run.ended_at.timestamp() if run and run.ended_at else None


def _refused(state: StateStore, job: str) -> float:
    # From the history, so that a restart does not hide what still waits.
    run = state.last_run(job, "full")
    return float(json.loads(run.counts).get("refused", 0)) if run else 0.0


def _family(metric: str) -> GaugeMetricFamily:
    return _gauge(metric, COUNTED[metric][1])


def _gauge(metric: str, help_: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric, help_, labels=[JOB])


__all__ = ["COUNTED", "Standing"]

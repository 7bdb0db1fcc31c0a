"""Every instrument that is counted as things happen; gauges of jobs are read at scrape time.

Labels are names of the configuration or members of the closed sets below: what a sender or a vendor
says never makes a time series.
"""

from __future__ import annotations

import platform
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from syncline import __version__

JOB = "sync_job"
"""The label with a job's name; `job` itself is Prometheus' own name for what it asks."""
KINDS = frozenset({"full", "hints", "poll", "apply", "resolve", "undo"})
"""Kinds of passes."""
OUTCOMES = ("done", "items-failed", "failed", "interrupted")
"""`failed`: the pass broke off; `items-failed`: it came to its end and set items aside;
`interrupted`: the runner stopped, or another one took the job over."""
EVENTS = frozenset(
    {
        "adopted",
        "conflict",
        "created",
        "detached",
        "examined",
        "failed",
        "forgotten",
        "held",
        "kept",
        "merged",
        "moving",
        "recovered",
        "removed",
        "repaired",
        "resolved",
        "skipped",
        "stale",
        "undone",
        "unsure",
        "unwritable",
        "updated",
        "waiting",
        "withdrawn",
    }
)
"""What can become of an item in a pass, as `Report.counts` names it."""
TELLING_ALONE = ("repaired", "unwritable")
"""Events of configuration jobs of which the first one counts."""
RESULTS = frozenset(
    {
        "accepted",
        "invalid",
        "limited",
        "refused",
        "repeated",
        "slow",
        "too-large",
        "unavailable",
        "unknown",
    }
)
"""What the receiver of webhooks does with a delivery."""
TELLING = frozenset({401, 403, 429})
"""Statuses that say by themselves what to do; the others are counted by their class."""
OTHER = "other"
"""The label of what is none of a closed set."""

_PASSES = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000)
_CALLS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_WEBHOOKS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3, 10)
_LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


def one_of(value: object, known: Collection[str]) -> str:
    """Return a label value: the value itself if it is known, else `other`."""
    return value if isinstance(value, str) and value in known else OTHER


class Instruments:
    """The instruments of one runner, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._passes()
        self._items()
        self._calls()
        self._receiving()
        self._process()

    def _passes(self) -> None:
        self.passes = Counter(
            "syncline_passes",
            "Passes that ended, by kind and outcome.",
            [JOB, "kind", "outcome"],
            registry=self.registry,
        )
        self.pass_seconds = Histogram(
            "syncline_pass_seconds",
            "How long passes took.",
            [JOB, "kind"],
            buckets=_PASSES,
            registry=self.registry,
        )
        self.put_off = Counter(
            "syncline_passes_put_off",
            "Passes that failed or saw only a part, and are tried again after a pause.",
            [JOB],
            registry=self.registry,
        )

    def _items(self) -> None:
        self.items = Counter(
            "syncline_items",
            "Items by what a pass did with them.",
            [JOB, "event"],
            registry=self.registry,
        )
        self.writes = Counter(
            "syncline_writes", "Confirmed remote writes.", [JOB], registry=self.registry
        )
        self.hints = Counter(
            "syncline_hints",
            "Hints that were stored: items to look at again.",
            [JOB, "connection"],
            registry=self.registry,
        )

    def _calls(self) -> None:
        self.calls = Counter(
            "syncline_api_calls",
            "Requests to a vendor, by class of status; 401, 403 and 429 by themselves, and `none`"
            " when no answer came.",
            ["connection", "status"],
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "syncline_api_call_seconds",
            "How long requests took, without waiting in line.",
            ["connection"],
            buckets=_CALLS,
            registry=self.registry,
        )
        self.waits = Counter(
            "syncline_api_wait_seconds",
            "Time for which the governor kept requests back: for the rate (`line`, summed over"
            " requests), after a fault (`retry`), or because the server said so (`pause`).",
            ["connection", "reason"],
            registry=self.registry,
        )
        self.pauses = Counter(
            "syncline_api_pauses",
            "Answers that asked to slow down (429, or 503 with Retry-After).",
            ["connection"],
            registry=self.registry,
        )
        self.retries = Counter(
            "syncline_api_retries",
            "Requests that were sent again after a fault.",
            ["connection"],
            registry=self.registry,
        )
        self.budget = Gauge(
            "syncline_api_budget_remaining",
            "Requests left in the vendor's window, as it said last; absent where it never does.",
            ["connection"],
            registry=self.registry,
        )

    def _receiving(self) -> None:
        self.webhooks = Counter(
            "syncline_webhooks",
            "Deliveries by what became of them; no connection for an unknown address.",
            ["connection", "result"],
            registry=self.registry,
        )
        self.webhook_seconds = Histogram(
            "syncline_webhook_seconds",
            "How long the answer to a delivery took.",
            buckets=_WEBHOOKS,
            registry=self.registry,
        )

    def _process(self) -> None:
        self.loop_lag = Histogram(
            "syncline_event_loop_lag_seconds",
            "How late the event loop was: the worst of each second.",
            buckets=_LAGS,
            registry=self.registry,
        )
        self.reloads = Counter(
            "syncline_reloads",
            "Changed configurations that were taken over.",
            registry=self.registry,
        )
        self.refused_reloads = Counter(
            "syncline_reloads_refused",
            "Changed configurations that were not taken over; the log says why.",
            registry=self.registry,
        )
        build = Gauge(
            "syncline_build_info",
            "Always 1; the version is a label.",
            ["version", "python"],
            registry=self.registry,
        )
        build.labels(version=__version__, python=platform.python_version()).set(1)
        # Memory, processor time and open files, as `process_*`; without more work of ours.
        ProcessCollector(registry=self.registry)


__all__ = [
    "EVENTS",
    "JOB",
    "KINDS",
    "OTHER",
    "OUTCOMES",
    "RESULTS",
    "TELLING",
    "TELLING_ALONE",
    "Instruments",
    "one_of",
]

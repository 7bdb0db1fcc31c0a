"""Whether a runner lives, and whether it is fit to work."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from syncline.clock import SystemClock
from syncline.errors import StateError

from ..jobs import Job, Stream
from .watched import Watched

logger = logging.getLogger(__name__)

_SINCE = SystemClock().monotonic
MOST_FAILURES = 3
"""Passes of one job that may fail, one after the other, before the runner is not ready."""
_TRIED_EVERY = 5.0
"""Seconds for which the answer of a trial write holds: asking often costs no disk."""


@frozen(kw_only=True)
class Verdict:
    """Whether all is well, and why not."""

    ready: bool
    reasons: tuple[str, ...]
    degraded: tuple[str, ...] = ()
    """What somebody should look at, though the runner does its work."""
    jobs: Mapping[str, Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Return it as the answer of `/readyz`: names and numbers, for whoever may ask."""
        return {
            "ready": self.ready,
            "reasons": list(self.reasons),
            "degraded": list(self.degraded),
            "jobs": {name: dict(facts) for name, facts in self.jobs.items()},
        }


class Readiness:
    """Judges a runner by its state and by the latest passes of its jobs."""

    def __init__(
        self,
        runner: Watched,
        failures: Mapping[str, int],
        *,
        limit: int = MOST_FAILURES,
        monotonic: Callable[[], float] = _SINCE,
    ) -> None:
        self._runner = runner
        self._failures = failures
        self._limit = limit
        self._monotonic = monotonic
        self._tried = float("-inf")
        self._why = ""

    def verdict(self) -> Verdict:
        """Say whether the state can be written, every job is held or watched, and passes go well.

        A runner that stands by is ready: it takes hints, serves pages and can take over.
        """
        jobs, streams = dict(self._runner.jobs), dict(self._runner.streams)
        conditions = {name: stream.health for name, stream in streams.items()}
        found = [self._unwritable(), *(self._why_not(name, job) for name, job in jobs.items())]
        found += [f"{name}: {one.unfit}" for name, one in conditions.items() if one.unfit]
        found += [] if jobs or streams else ["no job is open"]
        reasons = tuple(reason for reason in found if reason)
        facts = {name: self._facts(name, job) for name, job in jobs.items()}
        facts |= {name: _stream_facts(stream) for name, stream in streams.items()}
        degraded = tuple(f"{name}: {why}" for name, c in conditions.items() for why in c.degraded)
        return Verdict(ready=not reasons, reasons=reasons, degraded=degraded, jobs=facts)

    def _facts(self, name: str, job: Job) -> dict[str, Any]:
        return {
            "role": job.role,
            "doing": job.doing,
            "failures": self._failures.get(name, 0),
        }

    def _why_not(self, name: str, job: Job) -> str:
        if job.role not in ("active", "standby"):
            return f"{name}: it is neither active nor on standby"
        failed = self._failures.get(name, 0)
        if job.role == "active" and failed >= self._limit:
            return f"{name}: {failed} passes failed one after the other; the log says why"
        return ""

    def _unwritable(self) -> str:
        now = self._monotonic()
        if now - self._tried >= _TRIED_EVERY:
            self._tried, self._why = now, self._try()
        return self._why

    def _try(self) -> str:
        try:
            # A write of its own kind and place: only a real one meets a full disk.
            self._runner.state.cache("", "readyz", f"{self._monotonic():.0f}")
        except StateError as error:
            logger.error("the state cannot be written", extra={"detail": str(error)})
            return "the state cannot be written; the log says why"
        return ""


def _stream_facts(stream: Stream) -> dict[str, Any]:
    return {
        "role": stream.role,
        "listener": stream.instance,
        "failures": stream.failures,
        "waiting_bytes": stream.metrics.spool_bytes,
    }


__all__ = ["MOST_FAILURES", "Readiness", "Verdict"]

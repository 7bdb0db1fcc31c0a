"""From the events of a runner to its instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping

from syncline.clock import SystemClock

from .instruments import (
    EVENTS,
    KINDS,
    OTHER,
    RESULTS,
    TELLING,
    TELLING_ALONE,
    Instruments,
    one_of,
)

_SINCE = SystemClock().monotonic
_REGULAR = ("full", "hints", "poll")
"""Passes that the runner makes by itself; others fail for reasons of the person who asked."""
Fields = Mapping[str, object]


class Recorder:
    """A listener that counts. It never raises, waits or touches the network.

    Args:
        connections: the names that the configuration has at present; `senders` are those of them
            whose system sends webhooks.
        monotonic: seconds that never go backwards.
    """

    def __init__(
        self,
        instruments: Instruments,
        connections: Callable[[], Collection[str]],
        jobs: Callable[[], Collection[str]],
        senders: Callable[[], Collection[str]],
        monotonic: Callable[[], float] = _SINCE,
    ) -> None:
        self._to = instruments
        self._connections = connections
        self._jobs = jobs
        self._senders = senders
        self._monotonic = monotonic
        self._paused_until: dict[str, float] = {}
        self.failures: Counter[str] = Counter()
        """Passes of each job that failed one after the other, up to now."""
        self._by_event: Mapping[str, Callable[[Fields], None]] = {
            "pass.ended": self._pass_ended,
            "job.failed": self._job_failed,
            "hints": self._hints,
            "webhook": self._webhook,
            "loop.lag": self._loop_lag,
            "http.call": self._call,
            "http.pause": self._pause,
            "http.retry": self._retry,
            "http.wait": self._wait,
            "http.budget": self._budget,
            "reloaded": self._reloaded,
            "reload.refused": self._reload_refused,
        }
        self._prepare()

    def _prepare(self) -> None:
        # A series that begins at 1 shows no increase: whoever waits for the first one misses it.
        for connection in self._senders():
            for result in RESULTS:
                self._to.webhooks.labels(connection, result)
        for job in self._jobs():
            for event in TELLING_ALONE:
                self._to.items.labels(job, event)

    def __call__(self, event: str, fields: Fields) -> None:
        """Count one event; those that no instrument is for are passed over."""
        if (count := self._by_event.get(event)) is not None:
            count(fields)

    # -- passes ----------------------------------------------------------------------------------

    def _pass_ended(self, fields: Fields) -> None:
        job, kind = self._job(fields), one_of(fields.get("kind"), KINDS)
        counts = _counts(fields.get("counts"))
        self._to.passes.labels(job, kind, _outcome(fields, counts)).inc()
        self._to.pass_seconds.labels(job, kind).observe(_number(fields, "seconds"))
        for event, count in counts.items():
            if event in EVENTS:
                self._to.items.labels(job, event).inc(count)
        self._to.writes.labels(job).inc(counts.get("writes", 0))
        if kind in _REGULAR:
            self._note_failure(job, fields)

    def _note_failure(self, job: str, fields: Fields) -> None:
        if _interrupted(fields):
            return
        self.failures[job] = self.failures[job] + 1 if fields.get("error") else 0

    def _job_failed(self, fields: Fields) -> None:
        self._to.put_off.labels(self._job(fields)).inc()

    def _hints(self, fields: Fields) -> None:
        labels = self._job(fields), self._connection(fields)
        self._to.hints.labels(*labels).inc(_number(fields, "count"))

    # -- calls -----------------------------------------------------------------------------------

    def _call(self, fields: Fields) -> None:
        connection = self._connection(fields)
        self._to.calls.labels(connection, _class(fields.get("status"))).inc()
        self._to.call_seconds.labels(connection).observe(_number(fields, "seconds"))

    def _pause(self, fields: Fields) -> None:
        connection, now = self._connection(fields), self._monotonic()
        self._to.pauses.labels(connection).inc()
        # Many requests are told of one pause: only what it is longer than those before counts.
        until = now + _number(fields, "seconds")
        begin = max(now, self._paused_until.get(connection, now))
        self._paused_until[connection] = max(begin, until)
        self._to.waits.labels(connection, "pause").inc(max(0.0, until - begin))

    def _retry(self, fields: Fields) -> None:
        connection = self._connection(fields)
        self._to.retries.labels(connection).inc()
        self._to.waits.labels(connection, "retry").inc(_number(fields, "seconds"))

    def _wait(self, fields: Fields) -> None:
        seconds = _number(fields, "seconds")
        self._to.waits.labels(self._connection(fields), "line").inc(seconds)

    def _budget(self, fields: Fields) -> None:
        self._to.budget.labels(self._connection(fields)).set(_number(fields, "remaining"))

    # -- the rest --------------------------------------------------------------------------------

    def _webhook(self, fields: Fields) -> None:
        connection = self._connection(fields) if fields.get("connection") else ""
        self._to.webhooks.labels(connection, one_of(fields.get("result"), RESULTS)).inc()
        self._to.webhook_seconds.observe(_number(fields, "seconds"))

    def _loop_lag(self, fields: Fields) -> None:
        self._to.loop_lag.observe(_number(fields, "seconds"))

    def _reloaded(self, fields: Fields) -> None:
        self._to.reloads.inc()
        self._prepare()

    def _reload_refused(self, fields: Fields) -> None:
        self._to.refused_reloads.inc()

    def _job(self, fields: Fields) -> str:
        return one_of(fields.get("job"), self._jobs())

    def _connection(self, fields: Fields) -> str:
        return one_of(fields.get("connection"), self._connections())


def _number(fields: Fields, name: str) -> float:
    """Return a field as a number that a counter takes; 0 when it is none."""
    value = fields.get(name)
    return max(0.0, float(value)) if isinstance(value, int | float) else 0.0


def _counts(value: object) -> Mapping[str, int]:
    return value if isinstance(value, Mapping) else {}


def _interrupted(fields: Fields) -> bool:
    """Tell whether a pass was ended by the runner itself: it stops, or another took over."""
    return str(fields.get("error") or "").startswith(("CancelledError", "LeaseLost"))


def _outcome(fields: Fields, counts: Mapping[str, int]) -> str:
    if _interrupted(fields):
        return "interrupted"
    if fields.get("error"):
        return "failed"
    return "items-failed" if counts.get("failed") else "done"


def _class(status: object) -> str:
    match status:
        case None:
            return "none"
        case int() if status in TELLING:
            return str(status)
        case int() if 100 <= status < 600:
            return f"{status // 100}xx"
        case _:
            return OTHER


__all__ = ["Recorder"]

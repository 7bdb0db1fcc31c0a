"""The health of a stream, for whoever watches over it: is it fit, and what is amiss? Pure.

What it says is for everybody who may ask whether a process is ready: names and numbers, and no word
of an error, which may name hosts and people.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen

from .metrics import StreamMetrics

MOST_FAILURES = 3
"""Times that a stream may not go on, one after the other, before it counts as unfit."""
DEAF = timedelta(seconds=60)
"""How long no channel may be open: a reconnection, or the vendor's maintenance, takes less."""
_STUCK = "it is refused, or configured wrongly, and somebody has to mend that; the log says what"
LATE = timedelta(seconds=10)
"""How long events may wait for a sink before that is told."""


@frozen(kw_only=True)
class Health:
    """What is wrong with a stream at present."""

    unfit: str = ""
    """Why it does not do its work; "" while it does, or keeps what it heard for later."""
    degraded: tuple[str, ...] = ()
    """What somebody should look at, though nothing is lost."""


def health_of(
    metrics: StreamMetrics, failures: int, now: datetime, *, stuck: bool = False
) -> Health:
    """Return the health of a stream that this process works.

    Args:
        failures: how often it could not go on, one time after the other.
        stuck: the last of them is one that somebody has to mend.
    """
    unfit = _STUCK if stuck else _unfit(metrics, failures, now)
    return Health(unfit=unfit, degraded=(*_degraded(metrics, now),))


def _unfit(metrics: StreamMetrics, failures: int, now: datetime) -> str:
    # A sink that is away makes nobody unfit: what is heard waits on disk, here as elsewhere.
    if metrics.disk_error and metrics.sink_error:
        return "the sink takes no events, and none can be kept on disk; nothing more is heard"
    if metrics.full or (metrics.spool_size and metrics.spool_bytes >= metrics.spool_size):
        return "the spool is full, and nothing more is heard"
    if metrics.deaf_since is not None and now - metrics.deaf_since >= DEAF:
        return f"no channel has been open since {metrics.deaf_since:%Y-%m-%d %H:%M:%S} UTC"
    if failures >= MOST_FAILURES:
        return f"it could not go on {failures} times; the log says why"
    return ""


def _degraded(metrics: StreamMetrics, now: datetime) -> Iterator[str]:
    if metrics.disk_error is not None:
        yield "nothing can be kept on disk; the log and `syncline status` name the folder"
    if metrics.lost_on_disk:
        yield f"{metrics.lost_on_disk:,} bytes that waited on disk are damaged or gone; see the log"
    waits = f"{metrics.spool_bytes:,} of {metrics.spool_size:,} bytes wait on disk"
    if metrics.sink_error is not None:
        yield f"the sink takes no events; {waits}"
    elif metrics.spool_bytes and metrics.lag(now) > LATE:
        yield f"the sink is behind by {metrics.lag(now).total_seconds():,.0f} s; {waits}"
    planned, open_ = (int(metrics.channels.get(name, 0)) for name in ("planned", "open"))
    if open_ < planned:
        yield f"{open_:,} of {planned:,} channels are open"
    if rejected := int(metrics.channels.get("rejected_topics", 0)):
        yield f"{rejected:,} topics are refused by the vendor; the log names the first"


__all__ = ["DEAF", "LATE", "MOST_FAILURES", "Health", "health_of"]

"""How a stream fares, for whoever watches over it: whether it is fit, and what is amiss. Pure.

What it says is for everybody who may ask whether a process is ready: names and numbers, and no word
of an error, which may name hosts and people.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen

from .figures import Figures

MOST_FAILURES = 3
"""Times that a stream may not go on, one after the other, before it counts as unfit."""
DEAF = timedelta(seconds=60)
"""How long no channel may be open: a reconnection, or the vendor's maintenance, takes less."""
_STUCK = "it is refused, or configured wrongly, and somebody has to mend that; the log says what"
LATE = timedelta(seconds=10)
"""How long events may wait for a sink before that is told."""


@frozen(kw_only=True)
class Condition:
    """What is wrong with a stream at present."""

    unfit: str = ""
    """Why it does not do its work; "" while it does, or keeps what it heard for later."""
    degraded: tuple[str, ...] = ()
    """What somebody should look at, though nothing is lost."""


def condition(figures: Figures, failures: int, now: datetime, *, stuck: bool = False) -> Condition:
    """Return how a stream fares that this process works.

    Args:
        failures: how often it could not go on, one time after the other.
        stuck: the last of them is one that somebody has to mend.
    """
    unfit = _STUCK if stuck else _unfit(figures, failures, now)
    return Condition(unfit=unfit, degraded=(*_degraded(figures, now),))


def _unfit(figures: Figures, failures: int, now: datetime) -> str:
    # A sink that is away makes nobody unfit: what is heard waits on disk, here as elsewhere.
    if figures.full or (figures.spool_size and figures.spool_bytes >= figures.spool_size):
        return "the spool is full, and nothing more is heard"
    if figures.deaf_since is not None and now - figures.deaf_since >= DEAF:
        return f"no channel has been open since {figures.deaf_since:%Y-%m-%d %H:%M:%S} UTC"
    if failures >= MOST_FAILURES:
        return f"it could not go on {failures} times; the log says why"
    return ""


def _degraded(figures: Figures, now: datetime) -> Iterator[str]:
    waits = f"{figures.spool_bytes:,} of {figures.spool_size:,} bytes wait on disk"
    if figures.sink_error is not None:
        yield f"the sink takes no events; {waits}"
    elif figures.spool_bytes and figures.lag(now) > LATE:
        yield f"the sink is behind by {figures.lag(now).total_seconds():,.0f} s; {waits}"
    planned, open_ = (int(figures.channels.get(name, 0)) for name in ("planned", "open"))
    if open_ < planned:
        yield f"{open_:,} of {planned:,} channels are open"
    if rejected := int(figures.channels.get("rejected_topics", 0)):
        yield f"{rejected:,} topics are refused by the vendor; the log names the first"


__all__ = ["DEAF", "LATE", "MOST_FAILURES", "Condition", "condition"]

"""What a process says of itself: its metrics, read over HTTP."""

from __future__ import annotations

import re
import urllib.request
from collections import Counter
from collections.abc import Iterable, Mapping

from attrs import frozen

_SAMPLE = re.compile(r"^(syncline_\w+)(?:\{([^}]*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_PATIENCE = 2.0


@frozen(kw_only=True)
class Measures:
    """The figures of one process."""

    heard: int = 0
    """Events that the vendor's frames implied."""
    delivered: int = 0
    repeats: int = 0
    """Frames and events that said nothing new."""
    gaps: int = 0
    channels: int = 0
    topics: int = 0
    told: int = 0
    """Events that a merge process put into the clean topic."""
    spooled: int = 0
    lag: float = 0.0
    """Seconds that the oldest event has waited."""


def parsed(text: str) -> Measures:
    """Return the figures in a page of metrics (Prometheus' text format)."""
    sums: Counter[str] = Counter()
    lag = 0.0
    for name, labels, value in samples(text.splitlines()):
        match name:
            case "syncline_stream_lag_seconds":
                lag = max(lag, value)
            case "syncline_channels":
                sums[f"channels.{labels.get('what', '')}"] += int(value)
            case "syncline_events_merged_total":
                sums[f"merged.{labels.get('result', '')}"] += int(value)
            case _ if name.endswith("_total"):
                sums[name] += int(value)
    return Measures(
        heard=sums["syncline_events_heard_total"],
        delivered=sums["syncline_events_delivered_total"],
        repeats=sums["syncline_events_repeated_total"],
        gaps=sums["syncline_listener_gaps_total"],
        channels=sums["channels.open"],
        topics=sums["channels.topics"],
        told=sums["merged.told"],
        spooled=sums["syncline_events_spooled_total"],
        lag=lag,
    )


def samples(lines: Iterable[str]) -> Iterable[tuple[str, Mapping[str, str], float]]:
    """Yield name, labels and value of each sample of ours."""
    for line in lines:
        if found := _SAMPLE.match(line):
            yield found[1], dict(_LABEL.findall(found[2] or "")), float(found[3])


def read(pages: str | None) -> Measures | None:
    """Return the figures of a process, by the address of its pages; None while it gives none."""
    if pages is None:
        return None
    try:
        with urllib.request.urlopen(f"{pages}/metrics", timeout=_PATIENCE) as answer:  # noqa: S310  our own process on loopback
            return parsed(answer.read().decode())
    except OSError:
        return None


__all__ = ["Measures", "parsed", "read", "samples"]

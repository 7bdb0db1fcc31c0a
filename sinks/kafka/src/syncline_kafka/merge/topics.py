"""Looks whether the topics of a merge stage fit together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from syncline.errors import ConfigError, SynclineError, Unavailable

from ..brokers import Brokers
from ..settings import Settings

_NEW = 2.0
_PAUSE = 0.2


def partitions(settings: Settings, job: str) -> int:
    """Return how many partitions the raw, the clean and the state topic have.

    A conversation has one number of partition in all of them: whoever has that partition of the
    raw topic is the only one that writes the others'.

    Raises:
        ConfigError: they differ, or librdkafka does not take the settings.
        Unavailable: one is missing, or the brokers do not answer.
        Forbidden
    """
    named = [settings.raw, settings.topic, settings.state]
    brokers = Brokers(settings, "kafka")
    until = time.monotonic() + _NEW
    # A topic that was just made is not known to all brokers at once.
    while not all((counts := _counts(brokers, named)).values()) and time.monotonic() < until:
        time.sleep(_PAUSE)
    if fault := _fault(counts, job):
        raise fault
    return counts[settings.raw]


def _counts(brokers: Brokers, named: Sequence[str]) -> dict[str, int]:
    found = brokers.listed("asking for the topics", then="it is asked again").topics
    return {name: len(found[name].partitions) if name in found else 0 for name in named}


def _fault(counts: Mapping[str, int], job: str) -> SynclineError | None:
    if missing := [name for name, count in counts.items() if not count]:
        return Unavailable(
            f"kafka: there is no topic {', '.join(map(repr, missing))}; make it with"
            " `syncline check --online --create`"
        )
    if len(set(counts.values())) == 1:
        return None
    said = ", ".join(f"{name!r} has {count}" for name, count in counts.items())
    return ConfigError(
        [
            f"jobs.{job}: topics need the same number of partitions to be merged, and {said}; make"
            " new topics with the number of the raw one"
        ]
    )


__all__ = ["partitions"]

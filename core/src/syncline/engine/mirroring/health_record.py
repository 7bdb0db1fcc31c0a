"""The health of streams, written down by whoever works them for `syncline status` to say."""

from __future__ import annotations

import json

from attrs import frozen

from ...state.port import StateStore
from .health import Health


@frozen(kw_only=True)
class HealthRecord:
    """The health of one stream, and what went wrong."""

    health: Health = Health()
    error: str | None = None
    """Why it does not work, or why its sink takes nothing, as the log says it."""

    @property
    def kind(self) -> tuple[bool, int, bool]:
        """What is wrong, without the words and numbers."""
        health = self.health
        return (bool(health.unfit), len(health.degraded), self.error is not None)


def save_health(state: StateStore, lease: str, record: HealthRecord) -> None:
    """Write down the health of a stream.

    Raises:
        StateError: that cannot be.
    """
    found = {
        "unfit": record.health.unfit,
        "degraded": record.health.degraded,
        "error": record.error,
    }
    state.cache("", _key(lease), json.dumps(found))


def load_health(state: StateStore, lease: str) -> HealthRecord:
    """Return what was written down last; that all is well where nothing was.

    Raises:
        StateError: the state cannot be read.
    """
    text = state.cached("", _key(lease))
    if text is None:
        return HealthRecord()
    found = json.loads(text)
    told = Health(unfit=found["unfit"], degraded=tuple(found["degraded"]))
    return HealthRecord(health=told, error=found["error"])


def _key(lease: str) -> str:
    return f"health/{lease}"


__all__ = ["HealthRecord", "load_health", "save_health"]

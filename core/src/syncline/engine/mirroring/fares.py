"""How streams fare, written down by whoever works them for `syncline status` to say."""

from __future__ import annotations

import json

from attrs import frozen

from ...state.port import StateStore
from .condition import Condition


@frozen(kw_only=True)
class Fares:
    """How one stream fares."""

    condition: Condition = Condition()
    error: str | None = None
    """Why it does not work, or why its sink takes nothing, as the log says it."""

    @property
    def kind(self) -> tuple[bool, int, bool]:
        """What is wrong, without the words and numbers."""
        condition = self.condition
        return (bool(condition.unfit), len(condition.degraded), self.error is not None)


def note(state: StateStore, lease: str, fares: Fares) -> None:
    """Write down how a stream fares.

    Raises:
        StateError: that cannot be.
    """
    found = {
        "unfit": fares.condition.unfit,
        "degraded": fares.condition.degraded,
        "error": fares.error,
    }
    state.cache("", _key(lease), json.dumps(found))


def noted(state: StateStore, lease: str) -> Fares:
    """Return what was written down last; that all is well where nothing was.

    Raises:
        StateError: the state cannot be read.
    """
    text = state.cached("", _key(lease))
    if text is None:
        return Fares()
    found = json.loads(text)
    told = Condition(unfit=found["unfit"], degraded=tuple(found["degraded"]))
    return Fares(condition=told, error=found["error"])


def _key(lease: str) -> str:
    return f"fares/{lease}"


__all__ = ["Fares", "note", "noted"]

"""What a job has to do next, and not before when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import define, field

Kind = Literal["hints", "poll", "full"]
"""Items that were hinted at, the change feeds, everything: in this order of precedence."""

HINTS: Kind = "hints"
POLL: Kind = "poll"
FULL: Kind = "full"


@define
class Agenda:
    """What is due. Asking twice for one thing makes it due once; what was put off stays so."""

    _due: dict[Kind, float] = field(factory=dict)
    """Not before which moment, in seconds of a monotonic clock."""

    def want(self, kind: Kind, *, at: float = 0.0) -> None:
        """Make it due from `at` on, unless it is due, or put off, already."""
        self._due.setdefault(kind, at)

    def take(self, kind: Kind) -> None:
        """Say that it is being done: what is wanted from now on comes after that."""
        self._due.pop(kind, None)

    def hurry(self) -> None:
        """Put nothing off any more: what is wanted may be done now."""
        self._due = dict.fromkeys(self._due, 0.0)

    def ready(self, kinds: Iterable[Kind], now: float) -> Kind | None:
        """Return the first of `kinds` that may be done now."""
        return next((kind for kind in kinds if self._due.get(kind, now + 1) <= now), None)

    def wanted(self, kind: Kind) -> bool:
        """Tell whether it is due, be it put off or not."""
        return kind in self._due

    def forget(self) -> None:
        """Drop everything: it is another's work now."""
        self._due.clear()


__all__ = ["FULL", "HINTS", "POLL", "Agenda", "Kind"]

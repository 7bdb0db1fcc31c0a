"""How long a sink that takes nothing is left alone, and why it takes nothing."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field

from ...errors import Forbidden, RateLimited, SynclineError
from ...redaction import redact

FIRST, MOST = 0.25, 15.0
"""Seconds of the first pause, and of the longest: what waits is looked after every few seconds."""
_DENIED = 10.0


@define(eq=False)
class Outage:
    """Longer and longer pauses, until something was delivered."""

    _random: Callable[[], float]
    """Returns a number from 0 to 1."""
    reason: str | None = field(default=None, init=False)
    """Why nothing is taken, for people; None where it is."""
    _failures: int = field(default=0, init=False)
    _until: float = field(default=float("-inf"), init=False)

    def failed(self, error: BaseException, now: float) -> bool:
        """Take note of a failure; return whether people were not told of it yet."""
        said = redact(_sentence(error))
        fresh, self.reason = said != self.reason, said
        pause = min(MOST, FIRST * 2.0 ** min(self._failures, 16)) * (0.5 + self._random() / 2)
        self._failures += 1
        self._until = now + max(pause, _least(error))
        return fresh

    def over(self) -> bool:
        """Take note that something was delivered; return whether that ended an outage."""
        ended = self.reason is not None
        self.reason, self._failures, self._until = None, 0, float("-inf")
        return ended

    def lasts(self, now: float) -> bool:
        """Tell whether the sink is left alone for now."""
        return now < self._until


def _least(error: BaseException) -> float:
    match error:
        case RateLimited():
            return min(error.retry_after, 300.0)
        case Forbidden():
            return _DENIED
        case _:
            return 0.0


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split("\n"))
    return text if isinstance(error, SynclineError) and text else f"{type(error).__name__}: {text}"


__all__ = ["FIRST", "MOST", "Outage"]

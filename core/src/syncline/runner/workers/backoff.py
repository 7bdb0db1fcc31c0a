"""How long a job waits after what did not go well, and what it says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field

from ...errors import Forbidden, RateLimited, SynclineError
from ...model import Side
from ...redaction import redact
from .agenda import FULL, HINTS, POLL, Kind

_DENIED_SECONDS = 60.0
"""The first pause after a refused credential: it is not mended by trying."""
_LENGTHS: Mapping[Kind, tuple[float, float]] = {HINTS: (1, 300), POLL: (5, 900), FULL: (60, 3600)}
"""The first pause and the longest, in seconds."""


@define(kw_only=True)
class Backoff:
    """Longer and longer pauses, with jitter, until something goes well."""

    first: float
    """Seconds after the first failure, at most."""
    most: float
    random: Callable[[], float]
    """Returns a number from 0 to 1, so that many runners do not come back at one moment."""
    failures: int = field(default=0, init=False)

    def next(self, *, least: float = 0.0) -> float:
        """Count a failure and return the pause after it: half of it is certain, half is chance.

        Args:
            least: begin with this many seconds; for what a repetition can hardly mend.
        """
        longest = min(self.most, max(self.first, least) * 2.0 ** min(self.failures, 32))
        self.failures += 1
        return max(least, longest * (0.5 + self.random() / 2))

    def reset(self) -> None:
        """Begin anew: it went well."""
        self.failures = 0


@define(slots=False)
class JobBackoff:
    """The pauses of one job, each longer than the one before until something goes well."""

    _random: Callable[[], float] = field(alias="random")
    _pauses: dict[Kind, Backoff] = field(init=False)
    _half: Backoff = field(init=False)
    _left: Backoff = field(init=False)
    _errors: dict[Kind, str] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget what went wrong: the settings, or the process, are others now."""
        self._pauses = {kind: self._growing(*lengths) for kind, lengths in _LENGTHS.items()}
        self._half = self._growing(300, 6 * 3600)
        self._left = self._growing(1, 60)
        self._errors.clear()

    def _growing(self, first: float, most: float) -> Backoff:
        return Backoff(first=first, most=most, random=self._random)

    @property
    def last_error(self) -> str | None:
        """Why the latest pass of some kind failed; None when the latest of every kind did not."""
        return next((self._errors[k] for k in (FULL, POLL, HINTS) if k in self._errors), None)

    def said(self, kind: Kind, error: BaseException) -> str:
        """Remember why something failed; return it as people read it."""
        self._errors[kind] = redact(_sentence(error))
        return self._errors[kind]

    def after(self, kind: Kind, error: BaseException) -> float:
        """Return for how many seconds a pass that failed is not made again."""
        match error:
            case Forbidden():
                return self._pauses[kind].next(least=_DENIED_SECONDS)
            case RateLimited():
                return self._pauses[kind].next(least=error.retry_after)
            case IncompletePass():
                return self._half.next()
            case _:
                return self._pauses[kind].next()

    def went_well(self, kind: Kind) -> None:
        """Say that a pass came to its end."""
        self._pauses[kind].reset()
        self._errors.pop(kind, None)
        if kind == FULL:
            self._half.reset()

    def with_leftovers(self, count: int) -> float:
        """Return after how many seconds hints are worked again that a pass had to leave.

        Another run is at an item, an answer was lost, a listing could not be had: looking at once
        would find the same.
        """
        if count:
            return self._left.next()
        self._left.reset()
        return 0.0


class IncompletePass(SynclineError):
    """A full pass whose listings were not complete: nothing was inferred, and it is due again."""

    def __init__(self, incomplete: Mapping[Side, str]) -> None:
        sides = "; ".join(f"{side.value}: {why}" for side, why in incomplete.items())
        super().__init__(f"a listing was not complete: {sides}")


def _sentence(error: BaseException) -> str:
    text = " ".join(str(error).split("\n"))
    return text if isinstance(error, SynclineError) and text else f"{type(error).__name__}: {text}"


__all__ = ["Backoff", "IncompletePass", "JobBackoff"]

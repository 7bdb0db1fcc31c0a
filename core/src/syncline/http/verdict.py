"""What an outcome calls for: a pure decision."""

from __future__ import annotations

from collections.abc import Container
from enum import Enum, auto
from random import Random

from attrs import frozen

from .response import Fault, Response

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110, 9.2.2: repeating one of these does no more than doing it once."""


@frozen(kw_only=True)
class Retries:
    """How a call repeats after faults. Pauses that a server asks for are not counted."""

    attempts: int = 5
    first: float = 0.5
    """Seconds before the first repetition, doubled each time, with full jitter."""
    longest: float = 30.0

    def delay(self, attempt: int, rng: Random) -> float:
        """Return the seconds to wait after `attempt` (from 1) failed."""
        most = min(self.longest, self.first * 2.0 ** min(attempt - 1, 30))
        return rng.uniform(most / 10, most)


def doubtful(outcome: Response | Fault) -> bool:
    """Return whether a write with this outcome may have had its effect.

    Only 4xx promise that nothing was done: a gateway's 5xx may come after the effect.
    """
    match outcome:
        case Fault(sent=sent):
            return sent
        case Response(status=status):
            return status >= 500 or status in (301, 302, 303, 408)


class Verdict(Enum):
    """What to do with the outcome of one attempt."""

    TAKE = auto()
    """It is the answer."""
    RENEW = auto()
    """The credentials were refused; nothing was done."""
    WAIT = auto()
    """The server asks for a pause; nothing was done."""
    REPEAT = auto()
    """It failed, and a repetition does no harm."""
    GIVE_UP = auto()
    """It failed, and a repetition cannot help, or might do harm."""


def verdict(outcome: Response | Fault, *, idempotent: bool, ok: Container[int]) -> Verdict:
    """Return what `outcome` calls for.

    429 and 401 promise that nothing was done, and are repeated for every method. Anything else
    is repeated only if that does no harm: the request is idempotent, or never left.
    """
    match outcome:
        case Fault(again=False):
            return Verdict.GIVE_UP
        case Fault(sent=sent):
            return Verdict.REPEAT if idempotent or not sent else Verdict.GIVE_UP
        case Response(status=status) if status in ok:
            return Verdict.TAKE
        case Response(status=401):
            return Verdict.RENEW
        case Response(status=429):
            return Verdict.WAIT
        case Response(status=(408 | 423 | 425 | 500 | 502 | 503 | 504)):
            return Verdict.REPEAT if idempotent else Verdict.GIVE_UP
        case _:
            return Verdict.GIVE_UP


__all__ = ["IDEMPOTENT", "Retries", "Verdict", "doubtful", "verdict"]

"""How urgent the calls are that a piece of work makes: what a person waits for goes first.

Set where work begins, followed by everything that it calls, tasks included; read where calls wait
in line for their host.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_PRIORITY: ContextVar[int] = ContextVar("syncline_priority", default=1)


def priority() -> int:
    """Return the place in line of the calls made here: 0 before 1."""
    return _PRIORITY.get()


@contextmanager
def urgent() -> Iterator[None]:
    """Let all calls made in here go before those of passes that nobody waits for."""
    with _at(0):
        yield


@contextmanager
def patient() -> Iterator[None]:
    """Let the calls made in here wait for those that somebody waits for, whatever began them."""
    with _at(1):
        yield


@contextmanager
def _at(place: int) -> Iterator[None]:
    token = _PRIORITY.set(place)
    try:
        yield
    finally:
        _PRIORITY.reset(token)


__all__ = ["patient", "priority", "urgent"]

"""Whether what writes here is still the one that may: asked right before a write leaves.

A commit that names a lost lease is refused by the state; a vendor knows nothing of leases. A write
that waited in line for its host, in a process that was stopped or hung meanwhile, must not leave
when another process has taken over since. Set where work begins, followed by its tasks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _nobody_else() -> None:
    """Work outside of a run has no lease to lose."""


_CHECK: ContextVar[Callable[[], None]] = ContextVar("syncline_fence", default=_nobody_else)


def check() -> None:
    """Do nothing while the work that calls this may write.

    Raises:
        LeaseLost: another process has taken over.
    """
    _CHECK.get()()


@contextmanager
def fenced(check: Callable[[], None]) -> Iterator[None]:
    """Let `check` decide, for everything that is done in here, whether it may still write."""
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


__all__ = ["check", "fenced"]

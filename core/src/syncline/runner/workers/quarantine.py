"""Items in quarantine whose time has come: looked at again between the full passes, too."""

from __future__ import annotations

from collections.abc import Sequence

from ...engine.opening.jobs import AnySession
from ...model import Change, Side
from ...state.records import DropQuarantine, Quarantined

_MOST = 500
"""Items that are tried again at once; the rest follows."""


def due_again(session: AnySession) -> Sequence[Quarantined]:
    """Mark what is due as to be looked at, and return it."""
    now = session.clock.now()
    held = [q for q in session.quarantine() if not q.skipped and q.next_at <= now][:_MOST]
    for side in Side:
        if changes := [Change(ref=q.ref) for q in held if q.side is side]:
            # People's edits come first: these have failed before.
            session.hint(changes, side=side, priority=2)
    return held


def settle_again(session: AnySession, held: Sequence[Quarantined]) -> None:
    """Let go of what did not fail again: nothing was to be done about it any more."""
    if not held:
        return
    job, state = session.job, session.state
    waiting = {row.change.ref for row in state.dirty(job, limit=100_000)}
    fine = [q.ref for q in held if q.ref not in waiting and state.quarantined(job, q.ref) == q]
    if fine:
        state.commit([DropQuarantine(job, ref) for ref in fine], None)


__all__ = ["due_again", "settle_again"]

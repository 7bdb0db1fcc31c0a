"""Gaps: that a listener heard nothing for a while, as an event. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from syncline.events import Event
from syncline.events import interaction as words
from syncline.model import JSON

from .identity import event_id
from .times import text_of


def gap_event(
    source: str,
    listener: str,
    begin: datetime,
    end: datetime,
    topics: Sequence[str],
    observed_at: datetime,
    *,
    repaired: int = 0,
    unrepaired: Sequence[str] = (),
    reason: str = "",
) -> Event:
    """Return `listener.gap`; the same gap has the same id.

    Args:
        topics: those that nothing was heard of.
        repaired: how many conversations were read again.
        unrepaired: the conversations that could not be.
        reason: why, and what can be missing for the whole interval.
    """
    mark = "\0".join((text_of(begin), text_of(end), *sorted(topics)))
    id = event_id(words.GAP, source, listener, "", mark)
    data: dict[str, JSON] = {
        "event_id": id,
        "event_type": words.GAP,
        "occurred_at": text_of(end),
        "observed_at": text_of(observed_at),
        "listener": listener,
        "synthetic": False,
        "gap_from": text_of(begin),
        "gap_to": text_of(end),
        "topics": len(topics),
        "repaired_conversations": repaired,
    }
    if unrepaired:
        data["unrepaired"] = list(unrepaired)
    if reason:
        data["unrepaired_reason"] = reason
    return Event(
        id=id, key=f"listener/{listener}", type=words.GAP, source=source,
        occurred_at=end, observed_at=observed_at, data=data,
    )  # fmt: skip


__all__ = ["gap_event"]

"""Live counts of each queue out of interaction events. Pure: copy it, and feed it from anywhere."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WAITING, ALERTING, TALKING, HELD, AFTER_CALL = "waiting", "alerting", "talking", "held", "acw"
COLUMNS = (WAITING, ALERTING, TALKING, HELD, AFTER_CALL)
NO_QUEUE = "(no queue)"

_GONE = ""
_AGENTS: Mapping[str, str] = {
    "communication.alerting": ALERTING,
    "communication.connected": TALKING,
    "communication.held": HELD,
    "communication.resumed": TALKING,
    "communication.disconnected": _GONE,
}
_ENDS = ("conversation.ended", "conversation.finalized")


@dataclass
class _Part:
    """Where one participant is."""

    queue: str
    at: str
    """When what was applied last happened; ISO 8601 in UTC compares as text."""
    place: str = _GONE
    after_call: bool = False


@dataclass
class Board:
    """What goes on in each queue. Memory is that of the conversations that are open."""

    _open: dict[str, dict[str, _Part]] = field(default_factory=dict)

    def add(self, event: Mapping[str, Any]) -> None:
        """Take the next event of the clean topic."""
        key, kind = event.get("conversation_id"), event["event_type"]
        if key is None:  # a gap of a listener: nothing that a queue knows
            return
        if key not in self._open and (event.get("late") or kind in _ENDS):
            return  # all of it is over
        parts = self._open.setdefault(key, {})
        if kind in _ENDS:
            self._end(parts, finalized=kind == "conversation.finalized")
        elif "participant_id" in event:
            _apply(parts, event)
        if kind in (*_ENDS, "acw") and not any(_places(part) for part in parts.values()):
            del self._open[key]

    def counts(self) -> dict[str, Counter[str]]:
        """Return how many conversations are at each place, by the id of the queue."""
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for parts in self._open.values():
            for part in parts.values():
                for place in _places(part):
                    found[part.queue][place] += 1
        return dict(found)

    @staticmethod
    def _end(parts: Mapping[str, _Part], *, finalized: bool) -> None:
        for part in parts.values():
            part.place = _GONE
            # After-call work goes on when nobody talks any more; of a zombie nothing more is heard.
            part.after_call = part.after_call and not finalized


def _apply(parts: dict[str, _Part], event: Mapping[str, Any]) -> None:
    kind, at = event["event_type"], event["occurred_at"]
    part = parts.setdefault(
        event["participant_id"], _Part(queue=event.get("queue_id") or NO_QUEUE, at=at)
    )
    if at < part.at:  # it came late: something newer of this participant is known
        return
    part.at = at
    part.queue = event.get("queue_id") or part.queue
    if kind == "acw":
        part.after_call = event.get("state") == "pending"
    elif kind == "wrapup":
        part.after_call = False
    elif kind == "participant.left":
        part.place = _GONE
    elif event.get("purpose") == "acd":
        # A queue takes part for as long as somebody waits in it.
        part.place = WAITING if kind in ("participant.joined", "communication.connected") else _GONE
    elif "agent_id" in event:
        part.place = _AGENTS.get(kind, part.place)


def _places(part: _Part) -> list[str]:
    return [one for one in (part.place, AFTER_CALL if part.after_call else _GONE) if one]

"""What is done about a field, in words and as lines of the history and the report."""

from __future__ import annotations

from ...decision import Write
from ...model import Side
from ...rules.rule import brief
from ...state.records import Log
from ..context import Work
from ..runs.report import ItemResult
from .halves import Absent, Held, value_of
from .verdicts import Hold, Verdict

HELD = "held"
REFUSED = "refused"


def shown(value: Held) -> str:
    """Return a value as people read it."""
    return "nothing" if isinstance(value, Absent) else brief(value)


def why_of(verdict: Verdict, *, author: str = "") -> str:
    """Return the rule and what its inputs hold; who changed the field, where that is known."""
    parts = [f"rule {verdict.one.rule.name}"]
    if because := _because(verdict):
        parts.append(f"because {because}")
    if author:
        parts.append(author)
    return ", ".join(parts)


def _because(verdict: Verdict) -> str:
    if verdict.side is Side.LEFT and verdict.found is not None:
        # The input of a two-way rule follows its field.
        return f"{verdict.one.title} = {shown(value_of(verdict.found))}"
    return verdict.because


def line_of(verdict: Verdict) -> str:
    """Return the whole write in one line: the field, both values, the rule and the reason."""
    title = verdict.one.source_title if verdict.side is Side.LEFT else verdict.one.title
    unit = f" {verdict.one.rule.unit}" if verdict.one.rule.unit else ""
    before, goal = shown(verdict.before), shown(verdict.goal)
    return f"{title} {before} -> {goal}{unit} ({why_of(verdict)})"


def event_of_hold(hold: Hold) -> str:
    """Return what a write that waits is called, and one that will not be made as things are."""
    return HELD if hold.until is not None else REFUSED


def count_of(hold: Hold) -> str:
    """Return what a report counts a hold as: a wait ends by itself, what is blocked does not."""
    if not hold.told:
        return "gathered"
    return "held_back" if hold.until is not None else "blocked"


def held_of(verdict: Verdict, hold: Hold) -> str:
    """Return what a write that waits would change, and why it waits."""
    if not isinstance(verdict.decision, Write):
        return held_text(hold)
    return f"{shown(verdict.before)} -> {shown(verdict.goal)}: {held_text(hold)}"


def held_text(hold: Hold) -> str:
    """Return why a write waits, and until when."""
    until = f"; tried again at {hold.until:%Y-%m-%d %H:%M:%S} UTC" if hold.until else ""
    return f"{hold.why}{until}"


def result_of(
    verdict: Verdict, event: str, *, detail: str = "", reason: str | None = None
) -> ItemResult:
    """Return the report's line about a field."""
    return ItemResult(
        ref=verdict.one.right,
        title=verdict.one.title,
        event=event,
        side=verdict.side if verdict.writes else None,
        reason=verdict.decision.reason.value if reason is None else reason,
        detail=detail,
    )


def new_hold(work: Work, verdict: Verdict, hold: Hold) -> Log | None:
    """Return the history's line about a write that waits; None where it stands there already."""
    event, detail = event_of_hold(hold), held_text(hold)
    last = work.state.last_entry(work.name, verdict.one.pair, event)
    since = verdict.link.synced_at
    if last is not None and last.detail == detail and (since is None or last.at >= since):
        return None
    reason = verdict.decision.reason.value
    return work.entry(verdict.link, event, side=verdict.side, reason=reason, detail=detail)


__all__ = [
    "HELD",
    "REFUSED",
    "count_of",
    "event_of_hold",
    "held_of",
    "held_text",
    "line_of",
    "new_hold",
    "result_of",
    "shown",
    "why_of",
]

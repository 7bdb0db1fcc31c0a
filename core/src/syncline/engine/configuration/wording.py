"""What is done about a field, in words and as lines of the history and the report."""

from __future__ import annotations

from ...decision import Write
from ...model import Side
from ...rules.rule import brief
from ...state.records import Log
from ..context import RunningJob
from ..runs.report import ItemResult
from .steps import FieldStep, Hold
from .values import Absent, Held, value_of

HELD = "held"
REFUSED = "refused"


def value_text(value: Held) -> str:
    """Return a value as people read it."""
    return "nothing" if isinstance(value, Absent) else brief(value)


def why_of(step: FieldStep, *, author: str = "") -> str:
    """Return the rule and what its inputs hold; who changed the field, where that is known."""
    parts = [f"rule {step.one.rule.name}"]
    if because := _because(step):
        parts.append(f"because {because}")
    if author:
        parts.append(author)
    return ", ".join(parts)


def _because(step: FieldStep) -> str:
    if step.side is Side.LEFT and step.found is not None:
        # The input of a two-way rule follows its field.
        return f"{step.one.title} = {value_text(value_of(step.found))}"
    return step.because


def line_of(step: FieldStep) -> str:
    """Return the whole write in one line: the field, both values, the rule and the reason."""
    title = step.one.source_title if step.side is Side.LEFT else step.one.title
    return f"{title} {change_of(step, step.goal)} ({why_of(step)})"


def change_of(step: FieldStep, after: Held) -> str:
    """Return what a write changes, with the unit of the rule where it is its field's."""
    # What a two-way rule writes back is the input's value: the unit is that of the field.
    unit = f" {step.one.rule.unit}" if step.one.rule.unit and step.side is Side.RIGHT else ""
    return f"{value_text(step.before)} -> {value_text(after)}{unit}"


def event_of_hold(hold: Hold) -> str:
    """Return what a write that waits is called, and one that will not be made as things are."""
    return HELD if hold.until is not None else REFUSED


def count_of(hold: Hold) -> str:
    """Return what a report counts a hold as: a wait ends by itself, what is blocked does not."""
    if not hold.told:
        return "gathered"
    return "held_back" if hold.until is not None else "blocked"


def held_of(step: FieldStep, hold: Hold) -> str:
    """Return what a write that waits would change, and why it waits."""
    if not isinstance(step.decision, Write):
        return held_text(hold)
    return f"{change_of(step, step.goal)}: {held_text(hold)}"


def held_text(hold: Hold) -> str:
    """Return why a write waits, and until when."""
    until = f"; tried again at {hold.until:%Y-%m-%d %H:%M:%S} UTC" if hold.until else ""
    return f"{hold.why}{until}"


def result_of(
    step: FieldStep, event: str, *, detail: str = "", reason: str | None = None
) -> ItemResult:
    """Return the report's line about a field."""
    return ItemResult(
        ref=step.one.right,
        title=step.one.title,
        event=event,
        side=step.side if step.writes else None,
        reason=step.decision.reason.value if reason is None else reason,
        detail=detail,
    )


def new_hold(job: RunningJob, step: FieldStep, hold: Hold) -> Log | None:
    """Return the history's line about a write that waits; None where it stands there already."""
    event, detail = event_of_hold(hold), held_text(hold)
    last = job.state.last_entry(job.name, step.one.pair, event)
    since = step.link.synced_at
    if last is not None and last.detail == detail and (since is None or last.at >= since):
        return None
    reason = step.decision.reason.value
    return job.entry(step.link, event, side=step.side, reason=reason, detail=detail)


__all__ = [
    "HELD",
    "REFUSED",
    "change_of",
    "count_of",
    "event_of_hold",
    "held_of",
    "held_text",
    "line_of",
    "new_hold",
    "result_of",
    "value_text",
    "why_of",
]

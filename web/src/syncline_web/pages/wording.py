"""Words and signs for what pages show; a sign never stands without its word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from syncline.engine import Report
from syncline.engine.runs.report import outcomes
from syncline.state.browsing import Standing

STANDINGS: Mapping[Standing, tuple[str, str]] = {
    Standing.SYNCED: ("✓", "in step"),
    Standing.CONFLICT: ("⚡", "conflict"),
    Standing.WITHDRAWN: ("⊘", "withdrawn"),
    Standing.HELD: ("‖", "held"),
    Standing.UNKNOWN: ("?", "audience unknown"),
    Standing.FAILED: ("✗", "quarantined"),
    Standing.SKIPPED: ("–", "not synced"),
    Standing.PENDING: ("…", "pending"),
}
"""A sign and a word for where an article stands."""

KINDS: Mapping[str, str] = {
    "full": "full pass",
    "hints": "changes worked",
    "poll": "poll",
    "apply": "plan applied",
    "resolve": "conflict settled",
    "undo": "undo",
}
"""What a run was, by the kind in the journal."""

DECISIONS: Mapping[str, str] = {
    "write": "write",
    "merge": "merge",
    "remove": "remove",
    "withdraw": "withdraw",
    "conflict": "conflict: a person chooses",
    "adopt": "pair, nothing to write",
    "forget": "forget the pair",
    "detach": "end the pair, keep both",
    "held": "held back: later",
    "refused": "held back: not as things are",
}
"""What a line of a plan does."""


def summary(counts: Mapping[str, object]) -> str:
    """Return what a pass did in one line."""
    writes = _number(counts.get("writes"))
    found = outcomes({name: _number(value) for name, value in counts.items()})
    return ", ".join([f"{writes:,} {'write' if writes == 1 else 'writes'}", *found])


def _number(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0


def remarks(report: Report) -> Iterator[str]:
    """Yield what a report has to say besides its items."""
    for side, why in report.incomplete.items():
        yield f"The {side.value} was not listed to its end, so nothing is missing there: {why}"
    yield from report.alarms
    for item in report.kept:
        yield f"Left as it is: {item.ref or ''} {item.title}: {item.detail}"


__all__ = ["DECISIONS", "KINDS", "STANDINGS", "remarks", "summary"]

"""Reports, plans and losses as text: values in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..engine import ItemLosses, ItemResult, Plan, PlanItem, Refusal, Report
from ..engine.runs.report import outcomes
from .exit_codes import CONFLICTS, DONE, FAILED, REFUSED, worst
from .output import columns, counted, emit, say

_HINTS = {
    "waiting": "`syncline quarantine`",
    "held_back": "`syncline plan` says why",
    "blocked": "`syncline plan` says why",
}
"""What to look at, for what a pass has left."""
_QUIET = frozenset({"adopted"})
"""Events of which there are too many, and which change nothing that people see."""


def code(report: Report, waiting: int, *, failing: int = 0) -> int:
    """Return the exit status of a pass.

    Args:
        waiting: conflicts that are open after it.
        failing: items that are in quarantine after it, those left out that people skipped.
    """
    blocked = report.counts["blocked"]
    failed = report.failed or failing or blocked or report.counts["stale"] or report.incomplete
    return worst(
        (
            REFUSED if report.refused else DONE,
            FAILED if failed else DONE,
            CONFLICTS if waiting else DONE,
        )
    )


def reported(
    report: Report,
    waiting: int,
    *,
    json: bool,
    sides: bool = True,
    failing: int = 0,
    proposals: int = 0,
    again: str = "",
) -> int:
    """Print a report and return the exit status.

    Args:
        waiting: conflicts that are open now.
        sides: whether items have two sides, as articles do; fields have none.
        failing: items that are in quarantine now, those left out that people skipped.
        proposals: pairs that are proposed now.
        again: the command that takes `--approve TOKEN`, where no pass spends an approval.
    """
    if json:
        emit(report)
    else:
        say(lines(report, sides=sides, again=again))
        say(_asked(report.job, waiting, proposals))
        if failing and not (report.failed or report.counts["waiting"]):
            say([f"{counted(failing, 'item')} failed before: `syncline quarantine`"])
    return code(report, waiting, failing=failing)


def _asked(job: str, waiting: int, proposals: int) -> Iterator[str]:
    """Yield what a person has to answer."""
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        yield f"{counted(waiting, 'conflict')} {verb} for a person: `syncline conflicts`"
    if proposals:
        verb = "is" if proposals == 1 else "are"
        yield f"{counted(proposals, 'pair')} {verb} proposed: `syncline pair {job}`"


def lines(report: Report, *, sides: bool = True, again: str = "") -> Iterator[str]:
    """Yield what a pass did, for people: of items with sides where, of fields what they held."""
    row = _row if sides else _field_row
    yield from columns([row(item) for item in report.items if item.event not in _QUIET])
    for side, why in report.incomplete.items():
        yield f"the {side.value} was not listed to its end, so nothing is missing there: {why}"
    yield from report.alarms
    for item in report.kept:
        yield f"left as it is: {item.ref or ''} {item.title!r}: {item.detail}"
    if report.refused is not None:
        yield from refusal(report.job, report.refused, again=again)
    yield summary(report)


def _row(item: ItemResult) -> tuple[str, ...]:
    side = item.side.value if item.side else ""
    return item.event, side, str(item.ref or ""), _said(item)


def _field_row(item: ItemResult) -> tuple[str, ...]:
    return item.event, _said(item)


def _said(item: ItemResult) -> str:
    why = item.detail or item.reason
    return f"{item.title}{f': {why}' if why else ''}"


def summary(report: Report) -> str:
    """Return one line about a pass."""
    found = outcomes(report.counts, _HINTS)
    writes = counted(report.written, "write")
    return f"{report.job} {report.run}: {writes}{', ' if found else ''}{', '.join(found)}"


def refusal(job: str, refused: Refusal, *, again: str = "") -> Iterator[str]:
    """Yield what the delete governor stopped, and how to let it go."""
    yield str(refused)
    yield from (f"  {title}" for title in refused.titles)
    if not refused.token:
        return  # what stands in the way is no number: there is nothing to approve
    how = f"{again} --approve {refused.token}" if again else f"approve {job} {refused.token}"
    yield f"if all of these shall go: syncline {how}"


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield a plan for people: each item with its difference, then the cost."""
    for item in plan.items:
        yield _heading(item)
        if not item.line:
            yield from (f"    {line}" for line in item.diff.splitlines())
        yield from (f"    loses: {loss}" for loss in item.losses)
    yield from (f"could not be looked at: {why}" for why in plan.failed)
    yield from (f"not listed to its end: {why}" for why in plan.incomplete)
    yield from plan.alarms
    if plan.waiting:
        yield f"{counted(plan.waiting, 'item')} not tried again yet: `syncline quarantine`"
    if plan.refused is not None:
        yield from refusal(plan.job, plan.refused)
    yield _cost(plan)


def _heading(item: PlanItem) -> str:
    if item.line:
        return item.line
    where = f" {item.side}" if item.side else ""
    detail = f" ({item.detail})" if item.detail else ""
    refs = " ".join(ref for ref in (item.left, item.right) if ref)
    return f"{item.decision}{where}: {item.title} [{refs}]: {item.reason}{detail}"


def _cost(plan: Plan) -> str:
    items = counted(len(plan.items), "item")
    time = f", {plan.duration} at the limits" if plan.duration else ""
    return f"{plan.job}: {items}, about {plan.calls:,.0f} API calls{time}; nothing was written"


def plan_code(plan: Plan) -> int:
    """Return the exit status of a plan."""
    conflicts = any(item.decision == "conflict" for item in plan.items)
    return worst(
        (
            REFUSED if plan.refused else DONE,
            FAILED if plan.incomplete or plan.failed else DONE,
            CONFLICTS if conflicts else DONE,
        )
    )


def loss_lines(item: ItemLosses) -> Iterator[str]:
    """Yield what one article loses; nothing when it loses nothing."""
    if item.losses:
        yield f"{item.ref} {item.title}"
        yield from (f"    {loss}" for loss in item.losses)


def loss_summary(losing: int, total: int) -> str:
    """Return the line below all losses."""
    if not losing:
        return f"none of {counted(total, 'article')} loses anything"
    return f"{losing:,} of {counted(total, 'article')} would lose something"


def decisions(items: Iterable[PlanItem]) -> dict[str, int]:
    """Return how often each decision stands in a plan."""
    found: dict[str, int] = {}
    for item in items:
        found[item.decision] = found.get(item.decision, 0) + 1
    return found


__all__ = [
    "code",
    "decisions",
    "lines",
    "loss_lines",
    "loss_summary",
    "plan_code",
    "plan_lines",
    "refusal",
    "reported",
    "summary",
]

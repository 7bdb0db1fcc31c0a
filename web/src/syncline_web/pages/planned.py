"""The plans that people made: to be read, and then applied exactly."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from attrs import define, field, frozen

from syncline.engine import Plan, PlanItem
from syncline.errors import ConfigError, Refused

MOST = 20
"""Plans that are kept; a plan is stale soon, and easily made again."""


@frozen(kw_only=True)
class KeptPlan:
    """A plan under an id."""

    id: str
    plan: Plan
    made_by: str

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.plan.made_at)

    @property
    def counts(self) -> dict[str, int]:
        """Return how often each decision stands in it."""
        found: dict[str, int] = {}
        for item in self.plan.items:
            found[item.decision] = found.get(item.decision, 0) + 1
        return found


def read(text: str, job: str) -> Plan:
    """Return the plan that `syncline plan` wrote into a file.

    Raises:
        ConfigError: it is none, or makes no sense.
        Refused: it is another job's.
    """
    plan = Plan.from_json(text)
    if plan.job != job:
        raise Refused(f"the plan is for job {plan.job}, this is {job}")
    if not _sound(plan):
        raise ConfigError(["this is not a plan: something in it is of the wrong kind"])
    return plan


def _sound(plan: Plan) -> bool:
    try:
        aware = datetime.fromisoformat(plan.made_at).tzinfo is not None
    except (TypeError, ValueError):
        return False
    notes = (*plan.incomplete, *plan.alarms, *plan.failed)
    numbers = (plan.examined, plan.calls, plan.waiting, plan.minutes or 0)
    return (
        aware
        and all(isinstance(text, str) for text in notes)
        and all(isinstance(number, int | float) for number in numbers)
        and all(_sound_item(item) for item in plan.items)
        and (plan.refused is None or all(isinstance(t, str) for t in plan.refused.titles))
    )


def _sound_item(item: PlanItem) -> bool:
    texts = (item.pair, item.title, item.decision, item.reason, item.diff, item.detail)
    refs = (item.left, item.right)
    return (
        all(isinstance(text, str) for text in (*texts, *item.losses, *item.values))
        and all(ref is None or (isinstance(ref, str) and ":" in ref) for ref in refs)
        and item.side in (None, "left", "right")
    )


@define
class KeptPlans:
    """The plans of this process, oldest first."""

    _kept: dict[str, KeptPlan] = field(factory=dict, init=False)

    def add(self, plan: Plan, made_by: str) -> KeptPlan:
        """Keep a plan."""
        kept = KeptPlan(id=secrets.token_hex(6), plan=plan, made_by=made_by)
        self._kept[kept.id] = kept
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return kept

    def get(self, job: str, id: str) -> KeptPlan | None:
        """Return a plan of a job."""
        kept = self._kept.get(id)
        return kept if kept is not None and kept.plan.job == job else None

    def of(self, job: str) -> Sequence[KeptPlan]:
        """Return the plans of a job, newest first."""
        return [kept for kept in reversed(self._kept.values()) if kept.plan.job == job]


__all__ = ["MOST", "KeptPlan", "KeptPlans", "read"]

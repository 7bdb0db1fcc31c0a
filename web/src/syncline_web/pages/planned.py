"""The plans that people made: to be read, and then applied exactly."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from attrs import define, field, frozen

from syncline.engine import Plan

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


__all__ = ["MOST", "KeptPlan", "KeptPlans"]

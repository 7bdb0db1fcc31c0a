"""The engine: observe, decide, guard, apply, remember."""

from .losing import ItemLosses
from .plans import Plan, PlanItem
from .report import ItemResult, Refusal, Report
from .session import JobStatus, Session
from .shown import ConflictView

__all__ = [
    "ConflictView",
    "ItemLosses",
    "ItemResult",
    "JobStatus",
    "Plan",
    "PlanItem",
    "Refusal",
    "Report",
    "Session",
]

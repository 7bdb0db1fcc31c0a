"""The engine: observe, decide, guard, apply, remember."""

from .losing import ItemLosses
from .plans import Plan, PlanItem
from .report import ItemResult, Refusal, Report
from .session import Session
from .shown import ConflictView
from .status import JobStatus

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

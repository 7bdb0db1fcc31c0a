"""The engine: observe, decide, guard, apply, remember."""

from .configuring import ConfigSession, FieldConflict
from .losing import ItemLosses
from .plans import Plan, PlanItem
from .report import ItemResult, Refusal, Report
from .session import Session
from .shown import ConflictView
from .status import JobStatus

__all__ = [
    "ConfigSession",
    "ConflictView",
    "FieldConflict",
    "ItemLosses",
    "ItemResult",
    "JobStatus",
    "Plan",
    "PlanItem",
    "Refusal",
    "Report",
    "Session",
]

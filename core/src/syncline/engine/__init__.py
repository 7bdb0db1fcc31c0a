"""The engine: observe, decide, guard, apply, remember."""

from typing import TYPE_CHECKING

from .losing import ItemLosses
from .plans import Plan, PlanItem
from .report import ItemResult, Refusal, Report
from .session import Session
from .shown import ConflictView
from .status import JobStatus

if TYPE_CHECKING:
    from .configuring import ConfigSession, FieldConflict
else:

    def __getattr__(name: str) -> object:
        # Most installations have jobs of documents alone: they load nothing of the other kind.
        if name not in ("ConfigSession", "FieldConflict"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import configuring

        return getattr(configuring, name)


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

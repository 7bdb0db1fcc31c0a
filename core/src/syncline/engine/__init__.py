"""The engine: observe, decide, guard, apply, remember.

`opening` makes a `session.Session` of a configuration; each verb of it is a run (`runs`) over the
parts in `context`. A document travels: listed (`passes`), paired (`pairing`), read and decided
about (`steps`, with the words of `content`), written and made the new base (`writing`), or left for
a person (`conflicts`). `plans` writes steps down instead; `status` and `journal` answer questions.
Configuration jobs do the same, field by field (`configuration`); `mirroring` works streams of
events.
"""

from typing import TYPE_CHECKING

from .conflicts.views import ConflictView
from .plans.losses import ItemLosses
from .plans.plan import Plan, PlanItem
from .runs.report import ItemResult, Refusal, Report
from .session import Session
from .status.summary import JobStatus

if TYPE_CHECKING:
    from .configuration import ConfigSession, FieldConflict
else:

    def __getattr__(name: str) -> object:
        # Most installations have jobs of documents alone: they load nothing of the other kind.
        if name not in ("ConfigSession", "FieldConflict"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from . import configuration

        return getattr(configuration, name)


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

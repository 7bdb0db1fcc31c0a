"""Items that fail: kept apart with their reason, tried again later and later."""

from __future__ import annotations

import logging

from ...errors import Forbidden, RateLimited, Unavailable
from ...model import Ref, Side
from ...state.records import DropSkip, Quarantined, SaveQuarantine
from ..context import RunningJob
from .report import ItemResult, Report

logger = logging.getLogger(__name__)


def waiting(job: RunningJob, ref: Ref | None, stamp: str) -> bool:
    """Tell whether an item is in quarantine and not due; a new state of it always is."""
    found = job.state.quarantined(job.name, ref) if ref is not None else None
    if found is None or (stamp and found.stamp and found.stamp != stamp):
        return False
    return found.skipped or found.next_at > job.now()


def isolate(
    job: RunningJob,
    side: Side,
    ref: Ref,
    error: Exception,
    report: Report,
    *,
    title: str = "",
    stamp: str = "",
) -> None:
    """Put an item into quarantine, for twice as long as the last time.

    An outage, or a refused credential, is no fault of the item's: the pause then stays short.
    """
    known = job.state.quarantined(job.name, ref)
    failures = 1 + (known.failures if known and known.stamp == stamp else 0)
    most = job.limits.quarantine_away if _away(error) else job.limits.quarantine_most
    wait = min(job.limits.quarantine_first * 2 ** min(failures - 1, 16), most)
    reason = str(error) or type(error).__name__
    job.commit(
        [
            # As soon as it is mended it is looked at again, though it had been left out before.
            DropSkip(job.name, ref),
            SaveQuarantine(
                Quarantined(
                    job=job.name,
                    side=side,
                    ref=ref,
                    title=title,
                    reason=reason,
                    failures=failures,
                    first_at=known.first_at if known else job.now(),
                    next_at=job.now() + wait,
                    stamp=stamp,
                    skipped=bool(known and known.skipped and known.stamp == stamp),
                )
            ),
        ]
    )
    report.add(ItemResult(ref=ref, title=title, event="failed", side=side, reason=reason))
    logger.error("an item was set aside", extra={"job": job.name, "ref": str(ref)})


def _away(error: Exception) -> bool:
    match error:
        case Unavailable() | RateLimited():
            return True
        case Forbidden():
            return error.status != 403
        case _:
            return False

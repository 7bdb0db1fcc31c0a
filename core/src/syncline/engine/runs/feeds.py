"""What the change feeds say, made hints; and whether only a full pass can tell the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from ...model import ChangePage, Cursor, Side
from ...state.records import MarkDirty, SaveCursor
from ..context import Job, RunningJob

Feed = Callable[[Cursor | None], AsyncIterator[ChangePage]]
"""The `changes` of a store of any kind."""

FULL_DUE = "full pass due"
"""The fact, kept until a full pass came to its end, that hints alone do not tell everything."""


async def drain(job: Job, side: Side) -> None:
    """Read one side's feed to its end; every page is a commit of its own."""
    await follow(job, job.store(side).changes, side, of=job.name)


async def follow(job: RunningJob, feed: Feed, side: Side, *, of: str) -> None:
    """Read a feed to its end, from the cursor that is kept as that of `of`.

    A feed that is read for the first time tells nothing of what came before it.
    """
    cursor = job.state.cursor(of, side)
    async for page in feed(cursor):
        at = job.now()
        effects = [MarkDirty(job.name, side, change, at=at) for change in page.changes]
        if page.reset or (cursor is None and page.cursor is not None):
            # Remembered before the cursor is: at worst a full pass too many is made.
            job.state.cache(job.name, FULL_DUE, f"the change feed began anew at {at}")
        if page.cursor is not None:
            # A page and its cursor are one commit: neither is ever ahead of the other.
            job.state.commit([*effects, SaveCursor(of, side, page.cursor)], None)
        else:
            job.state.commit(effects, None)


def full_due(job: Job) -> bool:
    """Tell whether a side was never listed to its end, or its feed began anew since."""
    unlisted = any(job.state.scope(job.name, side) is None for side in Side)
    return unlisted or bool(full_due_since(job))


def full_due_since(job: RunningJob) -> str:
    """Return what a full pass that begins now makes up for; "" when it is nothing."""
    return job.state.cached(job.name, FULL_DUE) or ""


def made_up(job: RunningJob, since: str) -> None:
    """Forget what a full pass has made up for, unless it has happened once more meanwhile."""
    if since and full_due_since(job) == since:
        job.state.cache(job.name, FULL_DUE, "")

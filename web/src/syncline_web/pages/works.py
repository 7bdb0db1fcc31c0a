"""What people have started: it runs on while the page that shows it is loaded again and again."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, TypeAlias

from attrs import define, field, frozen

from syncline.engine import Report
from syncline.errors import Refused, Stale, SynclineError
from syncline.ports import Clock
from syncline.redaction import redact

logger = logging.getLogger(__name__)

MOST = 200
"""Works that are remembered; the oldest finished ones go first."""

MOST_AT_ONCE = 20
"""Works that run at the same time; a job does one thing after the other anyway."""

Ending: TypeAlias = Literal["done", "stale", "refused", "failed"]


@frozen(kw_only=True)
class Outcome:
    """How a work ended, for people."""

    ending: Ending = "done"
    message: str = ""
    report: Report | None = None
    then: str = ""
    """The page that shows it; empty for the page of the work itself."""


@define(kw_only=True, eq=False)
class Work:
    """One thing that a person started."""

    id: str
    job: str
    title: str
    person: str
    started: datetime
    back: str = ""
    """The page where it was started: shown again when it did not come off."""
    outcome: Outcome | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


@define(kw_only=True)
class Works:
    """The works of this process. They end with it; what they did to the stores does not."""

    clock: Clock
    _all: dict[str, Work] = field(factory=dict, init=False)

    def start(
        self,
        do: Callable[[], Awaitable[Outcome]],
        *,
        job: str,
        title: str,
        person: str,
        back: str = "",
    ) -> Work:
        """Start something that may take long, and return at once.

        Raises:
            Refused: too much runs already.
        """
        if sum(work.outcome is None for work in self._all.values()) >= MOST_AT_ONCE:
            raise Refused(f"{MOST_AT_ONCE} things that people started run already; try later")
        work = self._add(job, title, person, back)
        work.task = asyncio.create_task(self._run(work, do), name=f"page: {title}")
        return work

    def note(
        self, message: str, *, job: str, title: str, person: str, ending: Ending = "done"
    ) -> Work:
        """Remember something that is over already."""
        work = self._add(job, title, person, "")
        work.outcome = Outcome(ending=ending, message=message)
        return work

    def get(self, id: str) -> Work | None:
        """Return a work, while it is remembered."""
        return self._all.get(id)

    async def wait(self, work: Work, seconds: float) -> bool:
        """Give a work some time; return whether it is over. It goes on otherwise."""
        if work.task is not None and not work.task.done():
            await asyncio.wait([work.task], timeout=seconds)
        return work.outcome is not None

    async def aclose(self) -> None:
        """Stop what still runs; a write that was begun is looked for at the next start."""
        running = [w.task for w in self._all.values() if w.task is not None and not w.task.done()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _add(self, job: str, title: str, person: str, back: str) -> Work:
        for old in [w for w in self._all.values() if w.outcome is not None]:
            if len(self._all) < MOST:
                break
            del self._all[old.id]
        work = Work(
            id=secrets.token_urlsafe(12),
            job=job,
            title=title,
            person=person,
            started=self.clock.now(),
            back=back,
        )
        self._all[work.id] = work
        return work

    async def _run(self, work: Work, do: Callable[[], Awaitable[Outcome]]) -> None:
        try:
            work.outcome = await do()
        except asyncio.CancelledError:
            work.outcome = Outcome(ending="failed", message=_STOPPED, then=work.back)
            raise
        except Stale as error:
            work.outcome = Outcome(ending="stale", message=_said(error), then=work.back)
        except Refused as error:
            work.outcome = Outcome(ending="refused", message=_said(error), then=work.back)
        except SynclineError as error:
            work.outcome = Outcome(ending="failed", message=_said(error), then=work.back)
        except Exception:
            logger.exception("a work of the pages failed", extra={"job": work.job})
            work.outcome = Outcome(ending="failed", message=_DEFECT, then=work.back)


_STOPPED = "The service was stopped while this ran; what was begun is looked for at its next start."
_DEFECT = "Something went wrong that should not have; the log of the service says more."


def _said(error: SynclineError) -> str:
    return redact(str(error))


__all__ = ["MOST", "Ending", "Outcome", "Work", "Works"]

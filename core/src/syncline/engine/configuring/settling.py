"""One object settled: looked at afresh by whoever alone may write it, decided, and acted on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from ...decision import Adopt, Conflict, Keep
from ...errors import Held, LeaseLost, OutcomeUnknown, StateError, StoreError, VersionMismatch
from ...items import item_digest
from ...model import Side
from ...state.records import (
    DropLink,
    Effect,
    Lease,
    Link,
    LinkState,
    SaveItem,
    SaveLink,
)
from ..runs.quarantine import isolate
from ..runs.report import Report
from ..writing.commits import closing, settled
from . import reading, writing
from .context import ConfigWork
from .disputing import by_whom, raise_conflict, shown_value
from .judging import judge
from .leasing import Busy, Tenancy, at_objects
from .recovering import recover_fields
from .rulebook import Group, Managed
from .sighting import Looked, rememberable
from .telling import count_of, event_of_hold, held_of, new_hold, result_of
from .verdicts import Hold, Verdict, agreed, based, ends
from .weighing import batches, frozen_still, gathered, objected, of_others, with_author

logger = logging.getLogger(__name__)

_TRIES = 4
"""How often an object that moves while it is looked at is looked at again, at once."""


@frozen
class Outcome:
    """Whether an object has been looked at, or has to be looked at again, and when."""

    again: datetime | None = None
    """Not before this time; None: nothing waits."""
    left: bool = False
    """True when it could not be looked at now: another process is at it, an answer was lost."""


async def settle(
    work: ConfigWork, group: Group, report: Report, *, looked: Looked | None = None
) -> Outcome:
    """Look at an object again, decide and act; nobody else writes it meanwhile.

    Args:
        looked: how it was seen a moment ago; that is enough where nothing is to be written.
    """
    try:
        async with at_objects(work, group.locks) as tenancy:
            verdicts = rememberable(work, looked) if looked is not None else None
            if looked is not None and verdicts is not None:
                return await act(work, tenancy, verdicts, looked.seen, report)
            return await _settle(work, tenancy, group, report)
    except Busy as busy:
        report.counts["busy"] += 1
        logger.debug("another process is at it", extra={"job": work.name, "ref": str(busy.ref)})
        return Outcome(left=True)
    except LeaseLost:
        # This process was away for too long. Whoever took over looks for what was announced.
        report.counts["lost"] += 1
        logger.warning("another process took over", extra={"ref": str(group.ref)})
        return Outcome(left=True)
    except OutcomeUnknown as error:
        report.counts["unsure"] += 1
        logger.warning("an answer was lost", extra={"job": work.name, "detail": str(error)})
        return Outcome(left=True)
    except StateError:
        raise
    except Exception as error:
        # One object that fails changes nothing for any other.
        logger.exception("an object failed unexpectedly", extra={"ref": str(group.ref)})
        for one in group.fields:
            isolate(work, Side.RIGHT, one.right, error, report, title=one.title)
        return Outcome()


async def _settle(work: ConfigWork, tenancy: Tenancy, group: Group, report: Report) -> Outcome:
    for left in reversed(range(_TRIES)):
        await recover_fields(work, tenancy.fence, group.fields, report)
        seen = await reading.read(work, group.reads)
        verdicts = gathered(work, [known(work, one, seen) for one in group.fields])
        try:
            return await act(work, tenancy, verdicts, seen, report)
        except VersionMismatch as moved:
            if left:
                continue
            for verdict in verdicts:
                if verdict.writes:
                    set_aside(work, verdict, moved, report)
    return Outcome()


def known(work: ConfigWork, one: Managed, seen: reading.Seen) -> Verdict:
    """Return what is to be done about a field, as it is remembered now."""
    link = work.state.pair(one.pair)
    return of_others(work, judge(one, link, seen, work.now(), work.state.item))


async def act(
    work: ConfigWork,
    tenancy: Tenancy,
    verdicts: Sequence[Verdict],
    seen: reading.Seen,
    report: Report,
) -> Outcome:
    """Do what was decided about the fields of one object.

    Raises:
        VersionMismatch: it moved meanwhile.
        OutcomeUnknown: an answer was lost.
    """
    verdicts = [frozen_still(work, verdict) for verdict in verdicts]
    verdicts = [await with_author(work, verdict) for verdict in verdicts]
    verdicts = objected(work, verdicts, seen)
    for verdict in verdicts:
        if verdict.error is not None:
            set_aside(work, verdict, verdict.error, report)
        else:
            remember(work, tenancy.fence, verdict, report)
    again = [v.hold.until for v in verdicts if v.hold is not None and v.hold.until is not None]
    for batch in batches(verdicts, seen):
        try:
            await writing.write(work, tenancy.fence, batch, report)
        except (VersionMismatch, OutcomeUnknown):
            raise
        except Held as error:
            again.append(error.until)
            hold_all(work, tenancy.fence, batch, Hold(str(error), error.until), report)
        except StoreError as error:
            for verdict in batch.verdicts:
                set_aside(work, verdict, error, report)
    return Outcome(again=min(again, default=None))


# -- what is remembered without a write ------------------------------------------------------------


def remember(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    """Make durable, and tell, what a decision means that writes nothing."""
    if verdict.hold is not None:
        told = verdict.hold.told
        report.counts[count_of(verdict.hold)] += 1
        if told:
            _hold(work, fence, verdict, verdict.hold, report)
        return
    match verdict.decision:
        case Adopt():
            _adopt(work, fence, verdict, report)
        case Conflict():
            raise_conflict(work, fence, verdict, report)
        case Keep() if verdict.settles:
            link = evolve(verdict.link, state=LinkState.SYNCED)
            work.commit([SaveLink(link), *closing(work, link, "agreed")], fence)
        case _ if ends(verdict):
            _end(work, fence, verdict, report)


def hold_all(
    work: ConfigWork, fence: Lease, batch: writing.Batch, hold: Hold, report: Report
) -> None:
    """Tell of every field of an object that its write waits."""
    for verdict in batch.verdicts:
        report.counts[count_of(hold)] += 1
        _hold(work, fence, verdict, hold, report)


def _hold(work: ConfigWork, fence: Lease, verdict: Verdict, hold: Hold, report: Report) -> None:
    effects: list[Effect] = [*settled(work, verdict.link)] if _failed(work, verdict) else []
    line = new_hold(work, verdict, hold)
    if line is not None:
        effects.append(line)
        # It is said once; that it still waits is in the counts.
        report.items.append(result_of(verdict, event_of_hold(hold), detail=held_of(verdict, hold)))
        if hold.until is None:
            report.counts["unwritable"] += 1  # somebody should look; a wait ends by itself
    if effects:
        work.commit(effects, fence)


def _failed(work: ConfigWork, verdict: Verdict) -> bool:
    return work.state.quarantined(work.name, verdict.one.right) is not None


def _adopt(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    link, reason = agreed(verdict), verdict.decision.reason.value
    items = (verdict.said, verdict.found)
    after = verdict.link.right.value if based(verdict.link) else ""
    entry = work.entry(
        link,
        "adopted",
        reason=reason,
        detail=f"{shown_value(verdict)} ({by_whom(verdict)})",
        before=after,
        after=link.right.value,
    )
    saved: list[Effect] = [SaveItem(item) for item in items if item is not None]
    work.commit([*saved, *writing.remembered(work, link), entry], fence)
    report.add(result_of(verdict, "adopted"))


def _end(work: ConfigWork, fence: Lease, verdict: Verdict, report: Report) -> None:
    drop(work, fence, verdict.link, verdict.decision.reason.value, verdict.because, report)


def drop(
    work: ConfigWork, fence: Lease | None, link: Link, reason: str, detail: str, report: Report
) -> None:
    """End the managing of a field: it keeps what it holds, and is nobody's from now on."""
    work.commit(
        [
            DropLink(link, work.now(), reason),
            *closing(work, link, "detached"),
            *settled(work, link),
            work.entry(link, "detached", reason=reason, detail=detail),
        ],
        fence,
    )
    report.counts["detached"] += 1


# -- what fails ------------------------------------------------------------------------------------


def set_aside(work: ConfigWork, verdict: Verdict, error: Exception, report: Report) -> None:
    """Put one field into quarantine: it is tried again later, and nothing waits for it."""
    if isinstance(error, LeaseLost | StateError):
        raise error
    isolate(
        work,
        Side.RIGHT,
        verdict.one.right,
        error,
        report,
        title=verdict.one.title,
        stamp=stamp_of(verdict),
    )


def stamp_of(verdict: Verdict) -> str:
    """Return what a field and its rule say together: another one is tried at once."""
    items = (verdict.said, verdict.found)
    return "|".join(item_digest(item) if item is not None else "" for item in items)


__all__ = [
    "Outcome",
    "act",
    "drop",
    "known",
    "set_aside",
    "settle",
    "stamp_of",
]

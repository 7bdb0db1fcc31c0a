"""What the contract keeps: pairs, hints, lines and conflicts of one job."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from attrs import evolve

from ...decision import Reason
from ...model import Change, Digest, Head, Ref, Side, Version
from ...state.listing import stamp
from ...state.port import StateStore
from ...state.records import (
    ConflictRecord,
    Effect,
    Entry,
    Half,
    Intent,
    Link,
    Log,
    MarkDirty,
    Planned,
    Quarantined,
    Run,
    SaveLink,
    SaveQuarantine,
    SaveSkip,
    Skipped,
)

JOB = "job"
NOW = datetime(2026, 11, 21, tzinfo=timezone.utc)
"""A time in the middle of the records; nothing depends on the real one."""


def wiki(number: object) -> Ref:
    """Return an item of the left side."""
    return Ref("wiki", str(number))


def kb(number: object) -> Ref:
    """Return an item of the right side."""
    return Ref("kb", str(number))


def head(ref: Ref, version: str = "1", **more: Any) -> Head:
    return Head(ref=ref, version=Version(version), **more)


def half(ref: Ref | None, version: str = "1", **more: Any) -> Half:
    at = stamp(head(ref or wiki(0), version))
    return Half(ref=ref, version=Version(version), digest=Digest("sha256:x"), stamp=at, **more)


def link(number: object = 1, job: str = JOB, **more: Any) -> Link:
    """Return the pair `p<number>` of `wiki:<number>` and `kb:<number>`."""
    left, right = half(wiki(number)), half(kb(number))
    given = {"left": left, "right": right, "synced_at": NOW, **more}
    return Link(pair=f"{job}-p{number}", job=job, **given)


def save(*links: Link) -> list[Effect]:
    return [SaveLink(one) for one in links]


def intent(id: str = "i1", number: object = 1, *, minutes: int = 0) -> Intent:
    write = Planned(side=Side.RIGHT, ref=kb(number), expected=Version("1"), value="k")
    return Intent(
        id=id,
        job=JOB,
        run="r1",
        link=link(number),
        writes=(write,),
        reason=Reason.EDITED,
        opened_at=NOW + timedelta(minutes=minutes),
    )


def conflict(number: int, **more: Any) -> ConflictRecord:
    """Return the conflict `c<number>` of the pair with that number; some have the same time."""
    record = ConflictRecord(
        id=f"c{number}",
        job=JOB,
        pair=f"{JOB}-p{number}",
        left=wiki(number),
        right=None,
        title=f"title {number}",
        reason=Reason.BOTH_EDITED,
        found_at=NOW + timedelta(seconds=number // 3),
        updated_at=NOW,
    )
    return evolve(record, **more)


def quarantined(number: object, **more: Any) -> Quarantined:
    record = Quarantined(
        job=JOB,
        side=Side.LEFT,
        ref=wiki(number),
        title=f"title {number}",
        reason="it failed",
        failures=1,
        first_at=NOW,
        next_at=NOW + timedelta(hours=1),
    )
    return evolve(record, **more)


def skipped(number: object, job: str = JOB, **more: Any) -> Skipped:
    record = Skipped(
        job=job,
        side=Side.LEFT,
        ref=wiki(number),
        title=f"title {number}",
        stamp=stamp(head(wiki(number))),
        epoch="e",
        reason="filtered",
    )
    return evolve(record, **more)


def failing(number: object, **more: Any) -> SaveQuarantine:
    return SaveQuarantine(quarantined(number, **more))


def skipping(number: object, job: str = JOB, **more: Any) -> SaveSkip:
    return SaveSkip(skipped(number, job, **more))


def mark(ref: Ref, side: Side = Side.LEFT, **more: Any) -> MarkDirty:
    subtree = bool(more.pop("subtree", False))
    return MarkDirty(JOB, side, Change(ref=ref, subtree=subtree), **more)


def line(number: int, *, event: str = "updated", run: str = "r1", **more: Any) -> Log:
    """Return a line of the history, `number` seconds after `NOW`; its title is the number."""
    given = {"pair": f"{JOB}-p1", "at": NOW + timedelta(seconds=number), **more}
    return Log(Entry(run=run, job=JOB, event=event, title=str(number), **given))


def run(number: int, kind: str = "full", *, ended: bool = True, **more: Any) -> Run:
    """Return the run `r<number>`, which began that many minutes after `NOW`."""
    at = NOW + timedelta(minutes=number)
    end = at if ended else None
    given = {"id": f"r{number}", "job": JOB, "started_at": at, "ended_at": end, **more}
    return Run(kind=kind, **given)


def titles(entries: Sequence[Entry]) -> list[str]:
    return [entry.title for entry in entries]


def keep(state: StateStore, *effects: Effect) -> None:
    """Commit effects without a lease."""
    state.commit(effects, None)

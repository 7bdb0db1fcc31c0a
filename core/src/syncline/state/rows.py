"""How the records of the state look as rows, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ..decision import Reason
from ..model import Digest, Ref, Side, Version
from ..ports import Note
from .records import (
    ConflictRecord,
    Entry,
    Half,
    Intent,
    Link,
    LinkState,
    Planned,
    Quarantined,
    Run,
    Skipped,
)

LINK_WIDTH = 22
"""How many columns a link has."""

LINK_COLUMNS = (
    "pair, job, state, origin, left_id, left_version, left_digest, left_value, left_stamp,"
    " right_id, right_version, right_digest, right_value, right_stamp, title, norm, epoch,"
    " unresolved, unknown_since, missing, synced_at, review"
)


def when(text: str | None) -> datetime | None:
    """Return the time that `iso` wrote."""
    return datetime.fromisoformat(text) if text else None


def iso(at: datetime | None) -> str | None:
    """Return an aware time as text that sorts."""
    return at.isoformat() if at else None


def ref_of(text: str | None) -> Ref | None:
    return Ref.parse(text) if text else None


def text_of(ref: Ref | None) -> str | None:
    return str(ref) if ref else None


def _half_row(half: Half) -> tuple[str | None, ...]:
    return (text_of(half.ref), half.version, half.digest, half.value, half.stamp)


def link_row(link: Link) -> tuple[Any, ...]:
    """Return the values of `LINK_COLUMNS`."""
    return (
        link.pair,
        link.job,
        link.state.value,
        link.origin.value,
        *_half_row(link.left),
        *_half_row(link.right),
        link.title,
        link.norm,
        link.epoch,
        "\n".join(sorted(link.unresolved)),
        iso(link.unknown_since),
        link.missing,
        iso(link.synced_at),
        int(link.review),
    )


def _half(row: tuple[Any, ...]) -> Half:
    return Half(
        ref=ref_of(row[0]),
        version=Version(row[1]),
        digest=Digest(row[2]),
        value=row[3],
        stamp=row[4],
    )


def link_of(row: tuple[Any, ...]) -> Link:
    """Return the link of a row of `LINK_COLUMNS`."""
    return Link(
        pair=row[0],
        job=row[1],
        state=LinkState(row[2]),
        origin=Side(row[3]),
        left=_half(row[4:9]),
        right=_half(row[9:14]),
        title=row[14],
        norm=row[15],
        epoch=row[16],
        unresolved=frozenset(row[17].split("\n")) if row[17] else frozenset(),
        unknown_since=when(row[18]),
        missing=row[19],
        synced_at=when(row[20]),
        review=bool(row[21]),
    )


def intent_json(intent: Intent) -> str:
    """Return an intent as text, without its notes: those are rows of their own."""
    return json.dumps(
        {
            "run": intent.run,
            "link": link_row(intent.link),
            "writes": [
                [w.side.value, text_of(w.ref), w.expected, w.value, w.digest] for w in intent.writes
            ],
            "reason": intent.reason.name,
            "notes": [[n.step, n.detail] for n in intent.notes],
            "tries": intent.tries,
        }
    )


def intent_of(id_: str, job: str, opened_at: str, body: str, notes: list[Note]) -> Intent:
    """Return the intent that `intent_json` wrote."""
    raw = json.loads(body)
    return Intent(
        id=id_,
        job=job,
        run=raw["run"],
        link=link_of(tuple(raw["link"])),
        writes=tuple(
            Planned(side=Side(s), ref=ref_of(r), expected=e, value=v, digest=Digest(d))
            for s, r, e, v, d in raw["writes"]
        ),
        reason=Reason[raw["reason"]],
        notes=(*(Note(step=s, detail=d) for s, d in raw["notes"]), *notes),
        opened_at=datetime.fromisoformat(opened_at),
        tries=raw["tries"],
    )


_CONFLICT_TEXTS = (
    "base",
    "left_value",
    "right_value",
    "proposed",
    "left_stamp",
    "right_stamp",
    "resolution",
    "loser",
)


def conflict_json(conflict: ConflictRecord) -> str:
    """Return a conflict as text."""
    return json.dumps(
        {
            "left": text_of(conflict.left),
            "right": text_of(conflict.right),
            "title": conflict.title,
            "reason": conflict.reason.name,
            "updated_at": iso(conflict.updated_at),
            "review": conflict.review,
            "clashes": list(conflict.clashes),
            "actors": list(conflict.actors),
            "resolved_at": iso(conflict.resolved_at),
            **{name: getattr(conflict, name) for name in _CONFLICT_TEXTS},
        },
        ensure_ascii=False,
    )


def conflict_of(id_: str, job: str, pair: str, found_at: str, body: str) -> ConflictRecord:
    """Return the conflict that `conflict_json` wrote."""
    raw = json.loads(body)
    return ConflictRecord(
        id=id_,
        job=job,
        pair=pair,
        left=ref_of(raw["left"]),
        right=ref_of(raw["right"]),
        title=raw["title"],
        reason=Reason[raw["reason"]],
        found_at=datetime.fromisoformat(found_at),
        updated_at=datetime.fromisoformat(raw["updated_at"]),
        review=raw["review"],
        clashes=tuple(raw["clashes"]),
        actors=tuple(raw["actors"]),
        resolved_at=when(raw["resolved_at"]),
        **{name: raw.get(name, "") for name in _CONFLICT_TEXTS},
    )


ENTRY_COLUMNS = (
    "run, job, pair, at, event, side, left_id, right_id, title, reason, detail, before, after,"
    " before_version, after_version, id"
)


def entry_row(entry: Entry) -> tuple[Any, ...]:
    """Return the values of `ENTRY_COLUMNS`, but for the id."""
    return (
        entry.run,
        entry.job,
        entry.pair,
        iso(entry.at),
        entry.event,
        entry.side.value if entry.side else None,
        text_of(entry.left),
        text_of(entry.right),
        entry.title,
        entry.reason,
        entry.detail,
        entry.before,
        entry.after,
        entry.before_version,
        entry.after_version,
    )


def entry_of(row: tuple[Any, ...]) -> Entry:
    """Return the entry of a row of `ENTRY_COLUMNS`."""
    return Entry(
        run=row[0],
        job=row[1],
        pair=row[2],
        at=datetime.fromisoformat(row[3]),
        event=row[4],
        side=Side(row[5]) if row[5] else None,
        left=ref_of(row[6]),
        right=ref_of(row[7]),
        title=row[8],
        reason=row[9],
        detail=row[10],
        before=row[11],
        after=row[12],
        before_version=row[13],
        after_version=row[14],
        id=row[15],
    )


def quarantined_of(row: tuple[Any, ...]) -> Quarantined:
    """Return the item of a row of the table `quarantine`, in its column order."""
    job, ref, side, title, reason, failures, first_at, next_at, stamp, skipped = row
    return Quarantined(
        job=job,
        side=Side(side),
        ref=Ref.parse(ref),
        title=title,
        reason=reason,
        failures=failures,
        first_at=datetime.fromisoformat(first_at),
        next_at=datetime.fromisoformat(next_at),
        stamp=stamp,
        skipped=bool(skipped),
    )


def skipped_of(row: tuple[Any, ...]) -> Skipped:
    """Return the item of a row of the table `skips`, in its column order."""
    job, side, ref, title, stamp, epoch, reason = row
    return Skipped(
        job=job,
        side=Side(side),
        ref=Ref.parse(ref),
        title=title,
        stamp=stamp,
        epoch=epoch,
        reason=reason,
    )


def run_of(row: tuple[Any, ...]) -> Run:
    """Return the run of a row of the table `runs`, in its column order."""
    return Run(
        id=row[0],
        job=row[1],
        kind=row[2],
        started_at=datetime.fromisoformat(row[3]),
        ended_at=when(row[4]),
        counts=row[5] or "{}",
    )

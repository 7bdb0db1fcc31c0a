"""Whether both sides still are what a person saw who chooses."""

from __future__ import annotations

from attrs import evolve

from ...errors import NotFound, Stale, StoreError
from ...model import Record, Side
from ...state.listing import stamp
from ...state.records import ConflictRecord, Effect, Link, SaveConflict, SaveValue
from ...state.values import key_of
from ..content import view
from ..context import Job
from ..steps.observation import read_side


async def read_both(job: Job, link: Link) -> dict[Side, Record | None]:
    """Return both sides as they are now; None for one that is not there."""
    records: dict[Side, Record | None] = {}
    for side in Side:
        ref = link.half(side).ref
        answer = await read_side(job, ref) if ref is not None else None
        if isinstance(answer, StoreError) and not isinstance(answer, NotFound):
            raise answer  # a failure is no absence: nobody has chosen anything about that
        records[side] = answer if isinstance(answer, Record) else None
    return records


def check_current(
    job: Job, record: ConflictRecord, link: Link, records: dict[Side, Record | None]
) -> None:
    """Refuse a choice about texts that are not what the person saw.

    Raises:
        Stale: a side was edited; the conflict shows its new text from now on.
    """
    seen = {Side.LEFT: record.left_stamp, Side.RIGHT: record.right_stamp}
    if record.review:
        _check_reviewed(job, record, link, records)
        return
    for side in Side:
        now = records[side]
        if now is not None and stamp(now) != seen[side]:
            _refresh(job, record, records)
            raise Stale(
                f"{now.ref}: it was edited since the conflict was shown (now version"
                f" {now.version}); look at conflict {record.id} again"
            )


def _check_reviewed(
    job: Job, record: ConflictRecord, link: Link, records: dict[Side, Record | None]
) -> None:
    """Bringing back the text that gave way must not undo what was written since."""
    for side, now in records.items():
        if now is None or now.value is None:
            continue
        digest = view.side_digest(job, side, now.value)
        if digest != link.half(side).digest:
            raise Stale(
                f"{now.ref}: it was edited and not synced since; run `syncline sync` first, then"
                f" look at conflict {record.id} again"
            )
        shown = job.state.value(record.left_value if side is Side.LEFT else record.right_value)
        gave_way = side.value == record.loser
        if not gave_way and shown is not None and view.side_digest(job, side, shown) != digest:
            _refresh(job, record, {side: now, side.other: None})
            raise Stale(
                f"{now.ref}: it was edited since the conflict was shown (now version"
                f" {now.version}); look at conflict {record.id} again"
            )


def _refresh(job: Job, record: ConflictRecord, records: dict[Side, Record | None]) -> None:
    effects: list[Effect] = []
    fields: dict[str, str] = {}
    for side in Side:
        now = records[side]
        if now is not None:
            fields[f"{side.value}_stamp"] = stamp(now)
            if now.value is not None:
                fields[f"{side.value}_value"] = key_of(now.value)
                effects.append(SaveValue(now.value))
    changed = evolve(record, updated_at=job.now(), proposed="", **fields)  # type: ignore[arg-type]  # str fields
    job.commit([*effects, SaveConflict(changed)])

"""One commit: read, apply the effects, write what changed, and again when somebody was faster."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from uuid import uuid4

from attrs import define, field

from syncline.errors import StateError
from syncline.state.records import (
    Effect,
    Lease,
    Log,
    OpenIntent,
    SaveConflict,
    SaveLink,
    SaveReferences,
)

from . import keys, noting, pairing, pending, queueing
from .effects import apply, looked_at
from .pairing import Taken
from .pending import Pending, Step
from .refusals import Clash, Unknown, lost, pause
from .rows import Rows
from .table import MOST_ACTIONS, MOST_BYTES, Change, Table
from .values import Keep, Values
from .wire import Item, key_of, new, size_of

logger = logging.getLogger(__name__)

EFFECTS = (pairing, queueing, noting)
"""Each of them tells `apply` what its effects do, by being imported."""

_TRIES = 24
_STEPS_TOGETHER = 45
"""Effects of a large commit that are carried out in one transaction."""
_STEP_AT_MOST = 90
"""Items that one effect may change."""
_ITEM_AT_MOST = 400_000


@define
class Ids:
    """Numbers that grow: with the time, so that those of several processes need no counter."""

    _last: int = field(default=0, init=False)

    def take(self, count: int) -> int:
        """Return the first of `count` numbers that nobody else has."""
        # Microseconds and ten random bits: below 2**62 until the year 2115.
        now = (time.time_ns() // 1000) << 10 | random.getrandbits(10)
        first = max(self._last + 1, now)
        self._last = first + count
        return first


class Commits:
    """The commits of one process on one table."""

    def __init__(self, table: Table, values: Values) -> None:
        self._table = table
        self._values = values
        self._ids = Ids()
        self._jobs: set[str] = set()

    def commit(self, effects: Sequence[Effect], fence: Lease | None) -> list[Change]:
        """Apply all effects or none; return what changed.

        Raises:
            LeaseLost: `fence` is no longer the current grant.
            StateError: the table could not be written.
        """
        if not all(map(_is_effect, effects)):
            raise TypeError(f"not an effect: {next(e for e in effects if not _is_effect(e))!r}")
        self._register(effects)
        self._point(effects)
        steps = self._values.keep(effects)
        first = self._ids.take(len(steps))
        return self._whole(steps, fence, first)

    def _register(self, effects: Sequence[Effect]) -> None:
        """Remember which jobs keep something here: values are shared by all of them."""
        named = {job for effect in effects if (job := _job_of(effect))} - self._jobs
        self._table.put_all(new(keys.job(job), name=job) for job in sorted(named))
        self._jobs |= named

    def _point(self, effects: Sequence[Effect]) -> None:
        """Write what leads from the targets of links to who links to them.

        It is looked up by it and then verified: one too many does no harm.
        """
        found = {
            keys.linked(one.job, target, str(one.ref)): str(one.ref)
            for one in effects
            if isinstance(one, SaveReferences)
            for target in sorted(one.targets)
        }
        self._table.put_all(new(key, ref=ref) for key, ref in found.items())

    def _whole(self, steps: Sequence[Step], fence: Lease | None, first: int) -> list[Change]:
        id = uuid4().hex
        for attempt in range(_TRIES):
            changes = self._changes(steps, first, id)
            if not fits(changes, fence):
                return self._in_parts(steps, fence, first, id)
            if self._written(changes, fence, id):
                return changes
            pause(attempt)
        raise self._crowded()

    def _changes(
        self, steps: Sequence[Step], first: int, version: str, rows: Rows | None = None
    ) -> list[Change]:
        rows = Rows(self._table) if rows is None else rows
        rows.want(key for step in steps if not isinstance(step, Keep) for key in looked_at(step))
        for number, step in enumerate(steps, first):
            before = rows.changed
            apply(step, rows, number)
            if rows.changed - before > _STEP_AT_MOST:
                raise StateError(
                    f"{type(step).__name__} changes {rows.changed - before} items, and DynamoDB"
                    f" takes {_STEP_AT_MOST} at a time; nothing was recorded"
                )
        return rows.changes(version)

    def _written(self, changes: Sequence[Change], fence: Lease | None, id: str) -> bool:
        if not changes:
            self._stands(fence)
            return True
        try:
            self._table.write(changes, fence, uuid4().hex)
        except Clash:
            # The client may have repeated a request whose first answer was lost.
            return self._is_there(changes, id)
        except Unknown:
            return self._is_there(changes, id)
        return True

    def _stands(self, fence: Lease | None) -> None:
        if fence is None:
            return
        item = self._table.get(keys.lease(fence.name))
        if item is None or (item["owner"], item["fence"]) != (fence.holder, fence.token):
            raise lost(fence)

    def _is_there(self, changes: Sequence[Change], id: str) -> bool:
        """Tell whether this commit was carried out: any of its items shows it."""
        found = self._table.get_many(change.key for change in changes if change.new is not None)
        return any(item.get("v") == id for item in found.values())

    # -- large commits ------------------------------------------------------------------

    def _in_parts(
        self, steps: Sequence[Step], fence: Lease | None, first: int, id: str
    ) -> list[Change]:
        head = pending.prepare(self._table, id, first, steps)
        marked = Change(key_of(head), None, {**head, "v": id})
        for attempt in range(_TRIES):
            if self._written([marked], fence, id):
                return self._carry_out(Pending(id=id, first=first, steps=steps))
            pause(attempt)
        raise self._crowded()

    def _carry_out(self, commit: Pending) -> list[Change]:
        """Do what a commit that counts says, from where it is; others may be at it, too."""
        changed: list[Change] = []
        together = _STEPS_TOGETHER
        for attempt in range(_TRIES * max(1, len(commit.steps))):
            rows = Rows(self._table)
            head = rows.get(keys.pending(commit.id))
            if head is None:
                return changed
            if int(head["done"]) >= len(commit.steps):
                pending.forget(self._table, commit.id)
                return changed
            version = uuid4().hex
            changes = self._progress(commit, head, together, version, rows)
            if changes is None:
                together = max(1, together // 2)
            elif self._written(changes, None, version):
                changed += changes
            else:
                pause(min(attempt, 8))
        raise self._crowded()

    def _progress(
        self, commit: Pending, head: Item, together: int, version: str, rows: Rows
    ) -> list[Change] | None:
        """Return what the next steps change, with how far that gets; None when it is too much."""
        done = int(head["done"])
        steps = commit.steps[done : done + together]
        further: Item = {**head, "done": done + len(steps)}
        rows.put(further)
        try:
            changes = self._changes(steps, commit.first + done, version, rows)
        except Taken as error:
            if len(steps) > 1:
                return None
            # Somebody without the lease was faster. What counts has to come to its end.
            logger.error("a step of a large commit was left out", extra={"detail": str(error)})
            return [Change(key_of(head), head, {**further, "v": version})]
        return changes if len(steps) == 1 or fits(changes, None) else None

    def finish(self) -> None:
        """Carry out the large commits that processes which died have left."""
        for commit in pending.all_pending(self._table):
            self._carry_out(commit)

    def _crowded(self) -> StateError:
        return StateError(
            f"the table {self._table.name}: the same items are written by others all the time;"
            f" after {_TRIES} attempts this is given up, and it will be tried again"
        )


def fits(changes: Sequence[Change], fence: Lease | None) -> bool:
    """Tell whether one transaction takes these changes.

    Raises:
        StateError: one of the items is larger than DynamoDB takes.
    """
    sizes = [size_of(change.new) for change in changes if change.new is not None]
    if max(sizes, default=0) > _ITEM_AT_MOST:
        large = next(c for c in changes if c.new and size_of(c.new) > _ITEM_AT_MOST)
        raise StateError(
            f"{large.key[0]}: {max(sizes):,} bytes are more than a DynamoDB item takes (400 KB);"
            " nothing was recorded"
        )
    return len(changes) + (fence is not None) <= MOST_ACTIONS and sum(sizes) <= MOST_BYTES


def _is_effect(effect: object) -> bool:
    return isinstance(effect, Effect)


def _job_of(effect: Effect) -> str:
    match effect:
        case SaveLink(link):
            return link.job
        case Log(entry):
            return entry.job
        case SaveConflict(conflict):
            return conflict.job
        case OpenIntent(intent):
            return intent.job
        case _:
            return ""

"""Values that the vendor gives no time, and which of their changes are told already. Pure.

A recording goes on, pauses and goes on; attributes get other values: no snapshot says when, nor how
often, so that the id of such a change cannot be made of what happened alone. A listener that begins
in the middle, or that misses one, may name a change as an earlier one was named, or one that was
told by another name. So its id does not decide: what was read in which order by whom does.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

from attrs import frozen

from ..interaction import ATTRIBUTES, RECORDING
from .micros import Micros, moment

KINDS = frozenset({RECORDING, ATTRIBUTES})
"""Types of events that are readings."""
MOST = 16
"""So many changes of one value are remembered."""
LISTENERS = 32
"""So many listeners of one value are remembered, those that read last. One that is forgotten counts
as one that begins anew: what it repeats is told apart by its time and its id all the same."""
SAME_ID: Micros = 10_000_000
"""Whoever reads so long after a change what it made reads that change, even where another one was
told since, if both name it alike: 10 s."""
SAME_VALUE: Micros = 2_000_000
"""The same where they do not: 2 s."""
UNDISTURBED: Micros = 600_000_000
"""Whoever reads so long before a change what it made reads that change, where nobody read anything
else meanwhile: 10 minutes. Who told it may have begun anew just then."""


@frozen
class Reading:
    """A value, as a listener read it."""

    place: bytes
    """What it is a value of, in eight bytes."""
    value: bytes
    """The same for the same value: eight bytes."""
    listener: bytes
    """Eight bytes."""
    at: Micros
    """When the vendor sent it, at the earliest, by its own clock."""
    read: Micros
    """When the listener read it."""


@frozen
class Change:
    """A change that was told."""

    at: Micros
    """When the reading was sent that told it first; later than the change before it."""
    value: bytes
    id: bytes
    """The digest of the id that its listener gave it."""
    seen: Micros
    """When the last reading was sent that told of the same."""


@frozen
class Standing:
    """How far a listener has come."""

    change: Micros
    """The change that it read last."""
    read: Micros
    """When it read it, by its own clock."""


@frozen
class Place:
    """The changes of one value that were told, in order."""

    changes: tuple[Change, ...] = ()
    listeners: Mapping[bytes, Standing] = {}

    def after(self, reading: Reading, id: bytes, *, told: bool) -> tuple[Place, bool]:
        """Return what is known after a reading, and whether it tells of a change not told yet.

        Args:
            id: the digest of the id that the listener gave the change.
            told: whether something was told by this id.
        """
        known = self.listeners.get(reading.listener)
        if told and known is not None and reading.read <= known.read:
            return self, False  # it was delivered before
        # What a listener reads is not before what it has read.
        at = reading.at if known is None else max(reading.at, known.change)
        same = self._same(reading.value, id, at, known)
        if same is not None:
            return self._confirmed(reading, same, at), False
        index = bisect_right(self.changes, at, key=_at)
        if index and self.changes[index - 1].at == at:
            at += 1
        change = Change(at, reading.value, id, at)
        grown = (*self.changes[:index], change, *self.changes[index:])[-MOST:]
        # Of what was told before values were remembered, only the id is known.
        new = bool(self.changes) or not told
        return Place(grown, self._stands(reading, at)), new

    def _same(self, value: bytes, id: bytes, at: Micros, known: Standing | None) -> Change | None:
        """Return the change that was told and that such a reading is of."""
        for change in self.changes:
            ahead = known is None or change.at > known.change
            near = SAME_ID if change.id == id else SAME_VALUE
            if ahead and change.value == value and 0 <= at - change.at <= near:
                return change
        # Of a value told twice running, the second says nothing.
        index = bisect_right(self.changes, at, key=_at)
        before = self.changes[index - 1] if index else None
        if before is not None and before.value == value:
            return before
        # One that was told already, and was sent later, is the same where nobody read another
        # value between the two.
        after = self.changes[index] if index < len(self.changes) else None
        if after is not None and after.value == value and after.at - at <= UNDISTURBED:
            return after if before is None or before.seen <= at else None
        return None

    def _confirmed(self, reading: Reading, same: Change, at: Micros) -> Place:
        changes = self.changes
        if at > same.seen:
            later = Change(same.at, same.value, same.id, at)
            changes = tuple(later if one is same else one for one in changes)
        return Place(changes, self._stands(reading, same.at))

    def _stands(self, reading: Reading, change: Micros) -> dict[bytes, Standing]:
        standings = {**self.listeners, reading.listener: Standing(change, reading.read)}
        if len(standings) > LISTENERS:
            # Names that hosts are given anew at each start would fill a long conversation's record.
            del standings[min(standings, key=lambda one: standings[one].read)]
        return standings


def reading_of(type: str, data: Mapping[str, Any], read: Micros) -> Reading | None:
    """Return the value that an interaction event tells; None where it is no such event.

    Args:
        data: as `interaction.FIELDS` says.
        read: when the listener observed it.

    Raises:
        ValueError: its `shown_at` is no time.
    """
    if type == RECORDING:
        value = str(data.get("recording_state") or "")
    elif type == ATTRIBUTES:
        value = json.dumps(data.get("attributes") or {}, sort_keys=True)
    else:
        return None
    place = (type, data.get("participant_id") or "", data.get("communication_id") or "")
    shown = data.get("shown_at")
    return Reading(
        _digest(place), _digest([value]), _digest([data.get("listener") or ""]),
        moment(str(shown)) if shown else read, read,
    )  # fmt: skip


def another_id(event_id: str, read: Micros) -> str:
    """Return the id of a change whose own was given to an earlier one: always the same.

    Args:
        read: when a listener read it.
    """
    return blake2b(f"{event_id}\0{read}".encode(), digest_size=16).hexdigest()


def _digest(parts: Sequence[str]) -> bytes:
    text = "\0".join(map(str, parts))
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _at(change: Change) -> Micros:
    return change.at


__all__ = [
    "KINDS", "LISTENERS", "MOST", "SAME_ID", "SAME_VALUE", "UNDISTURBED", "Change", "Place",
    "Reading", "Standing", "another_id", "reading_of",
]  # fmt: skip

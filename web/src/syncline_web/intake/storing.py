"""Group commit: what arrives while the disk is busy is stored together, then all are answered.

One durable commit costs as much for a hundred hints as for one, so under load it is shared. Nobody
is answered before the commit that holds their hint has returned.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from attrs import define, field, frozen

from syncline.errors import StateError
from syncline.model import Change, Ref
from syncline.ports import Clock, Hints
from syncline.state.records import DropDeliveries, Effect, NoteDelivery

from .desk import Desk

logger = logging.getLogger(__name__)

LINGER = 0.002
"""Seconds that the first of a group waits for others."""
MOST = 256
"""Deliveries in one commit: a bound on how long it takes."""
SWEEP = 1.0
"""Seconds between two looks for deliveries that need not be remembered any more."""


class Busy(Exception):
    """More deliveries wait for the disk than there is room for."""


Outcome = Literal["accepted", "repeated"]


@frozen(kw_only=True)
class _Waiting:
    connection: str
    hints: Hints
    stored: asyncio.Future[None]
    until: datetime


@define(kw_only=True)
class Storing:
    """Stores deliveries in groups."""

    desk: Desk
    clock: Clock
    remember: timedelta
    """For how long a delivery is recognised at least."""
    room: int
    """How many may wait at once."""
    _group: list[_Waiting] = field(factory=list, init=False)
    _known: dict[tuple[str, str], asyncio.Future[None]] = field(factory=dict, init=False)
    _scheduled: asyncio.Handle | None = field(default=None, init=False)
    _swept: float = field(default=float("-inf"), init=False)

    async def store(self, connection: str, hints: Hints) -> Outcome:
        """Store what a genuine delivery says; return when that is durable.

        Raises:
            StateError: it could not be stored.
            Busy: too many wait already.
        """
        if not hints.changes:
            return "accepted"
        if not hints.delivery:
            await asyncio.shield(self._add(connection, hints))
            return "accepted"
        first = self._known.get((connection, hints.delivery))
        if first is not None:
            # The first is not on the disk yet: its copy waits for it, and shares its fate.
            await asyncio.shield(first)
            return "repeated"
        if self.desk.state.seen(connection, hints.delivery):
            return "repeated"
        stored = self._known[connection, hints.delivery] = self._add(connection, hints)
        await asyncio.shield(stored)
        return "accepted"

    def _add(self, connection: str, hints: Hints) -> asyncio.Future[None]:
        if len(self._group) >= self.room:
            raise Busy
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[None] = loop.create_future()
        # Whoever asked may have hung up by then; an error nobody waits for is no accident.
        stored.add_done_callback(lambda done: done.cancelled() or done.exception())
        at_least = self.clock.now() + self.remember
        until = max(hints.until, at_least) if hints.until else at_least
        self._group.append(_Waiting(connection=connection, hints=hints, stored=stored, until=until))
        if self._scheduled is None:
            self._scheduled = loop.call_later(LINGER, self._flush)
        return stored

    def _flush(self) -> None:
        group, self._group = self._group[:MOST], self._group[MOST:]
        loop = asyncio.get_running_loop()
        # What is left goes next, after whoever else has work in this loop.
        self._scheduled = loop.call_soon(self._flush) if self._group else None
        try:
            self.desk.hint_many(_joined(group), also=self._notes(group))
        except StateError as error:
            _settle(group, error)
        except Exception as error:  # a defect: it must not leave senders waiting
            logger.exception("deliveries could not be stored")
            _settle(group, error)
        else:
            _settle(group, None)
        finally:
            for one in group:
                self._known.pop((one.connection, one.hints.delivery), None)

    def _notes(self, group: Sequence[_Waiting]) -> list[Effect]:
        notes: list[Effect] = [
            NoteDelivery(one.connection, one.hints.delivery, one.until)
            for one in group
            if one.hints.delivery
        ]
        if self.clock.monotonic() - self._swept >= SWEEP:
            self._swept = self.clock.monotonic()
            notes.append(DropDeliveries(self.clock.now()))
        return notes


def _joined(group: Sequence[_Waiting]) -> list[tuple[str, Sequence[Change]]]:
    """Return each item once: as many hints as come together, it is looked at once."""
    found: dict[str, dict[Ref, bool]] = {}
    for one in group:
        items = found.setdefault(one.connection, {})
        for change in one.hints.changes:
            items[change.ref] = items.get(change.ref, False) or change.subtree
    return [
        (connection, [Change(ref=ref, subtree=subtree) for ref, subtree in items.items()])
        for connection, items in found.items()
    ]


def _settle(group: Sequence[_Waiting], error: Exception | None) -> None:
    for one in group:
        if one.stored.done():
            continue
        if error is None:
            one.stored.set_result(None)
        else:
            one.stored.set_exception(error)


__all__ = ["LINGER", "MOST", "Busy", "Outcome", "Storing"]

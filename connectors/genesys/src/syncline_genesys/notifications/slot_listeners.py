"""All channels of a listener: brought in line with the topics that are wanted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field

from syncline.errors import ConfigError, SynclineError

from .channel import Means
from .gap import Gap
from .plan import NOTHING, Plan, Slot, plan_channels
from .slot_listener import SlotListener
from .topics import single

logger = logging.getLogger(__name__)


@define(eq=False, kw_only=True)
class SlotListeners:
    """A line for each slot of the plan.

    Args:
        means: of each OAuth client.
        places: how many channels each of them may have.
        missed: gets every gap.
        tasks: runs the lines.
        since: until when an earlier process had told everything; None where nothing is known.
    """

    means: Sequence[Means]
    places: Sequence[int]
    missed: Callable[[Gap], None]
    tasks: asyncio.TaskGroup
    since: datetime | None = None
    plan: Plan = NOTHING
    begun: bool = False
    """Whether there were names before: what is refused now is no reason to end."""
    _lines: dict[Slot, SlotListener] = field(factory=dict, init=False)
    _running: dict[Slot, asyncio.Task[None]] = field(factory=dict, init=False)

    def assign(self, names: Iterable[str]) -> None:
        """Listen to these names and no others.

        Raises:
            ConfigError: the clients do not suffice; at the first time alone.
        """
        try:
            plan = plan_channels(list(names), self.places, self.plan)
        except ConfigError as error:
            if not self.begun:
                raise
            logger.error("the topics do not fit any more", extra={"error": str(error)})
            return
        self.plan = plan
        for slot in self._lines.keys() - plan.slots.keys():
            self._running.pop(slot).cancel()
            del self._lines[slot]
        for slot, held in plan.slots.items():
            if slot in self._lines:
                self._lines[slot].assign(held)
            else:
                self._add(slot, held)
        self.begun = True

    def _add(self, slot: Slot, names: frozenset[str]) -> None:
        since = None if self.begun else self.since
        line = SlotListener(
            slot=slot,
            means=self.means[slot.client],
            missed=self.missed,
            names=names,
            strict=not self.begun,
            deaf_since=since,
            why="nobody listened" if since else "",
        )
        self._lines[slot] = line
        self._running[slot] = self.tasks.create_task(line.run(), name=f"channel {slot}")

    def check(self) -> None:
        """Raise what the vendor says where it refuses every line.

        Raises:
            Forbidden, Rejected
        """
        refused: list[SynclineError | None] = [line.refused for line in self._lines.values()]
        if refused and all(refused) and refused[0] is not None:
            raise refused[0]

    def ask_again(self) -> None:
        """Ask for the topics that were refused: a call for each channel that has some."""
        for line in self._lines.values():
            line.ask_again()

    def rejected(self) -> frozenset[str]:
        """Return the topics that the vendor does not give."""
        return frozenset().union(*(line.rejected for line in self._lines.values()))

    def wanted(self) -> frozenset[str]:
        """Return all names, and each topic that a combined name stands for."""
        names = self.plan.names
        return names.union(topic for name in names for topic in single(name))

    def quiet_since(self) -> datetime | None:
        """Return until when everything was heard; None where that is not known yet."""
        times = [line.quiet_since for line in self._lines.values()]
        known = [at for at in times if at is not None]
        return min(known) if known and len(known) == len(times) else None

    def figures(self) -> dict[str, Any]:
        """Return how many channels are open and planned, and how many topics they have."""
        lines = self._lines.values()
        return {
            "open": sum(line.channel is not None for line in lines),
            "planned": len(lines),
            "topics": sum(len(line.names) for line in lines),
        }


__all__ = ["SlotListeners"]

"""One rate for all processes that use a credential, kept in the state that they share."""

from __future__ import annotations

import asyncio
import json

from ..ports import Clock
from ..shared_rate import Allowance, Block, Line, granted
from .port import FactStore
from .records import Fact

_MOMENT = 0.005
"""Seconds before another attempt, where another process was faster."""


class SharedRation:
    """The `Ration` of one credential, in a state that its processes share.

    Clocks of different machines may differ by a fraction of a second.
    """

    def __init__(self, facts: FactStore, clock: Clock, name: str, allowance: Allowance) -> None:
        self._facts = facts
        self._clock = clock
        self._name = f"ration {name}"
        self._allowance = allowance

    async def reserve(self) -> Block:
        """Return the next block of the line."""
        while True:
            known = self._facts.fact(self._name)
            line, block = granted(_line(known), self._allowance, self._now())
            if block.paused or self._put(line, known):
                return block
            await asyncio.sleep(_MOMENT)

    def pause(self, seconds: float) -> None:
        """Let nobody begin for `seconds`."""
        until = self._now() + seconds
        while True:
            known = self._facts.fact(self._name)
            line = _line(known)
            if line.paused >= until:
                return
            if self._put(Line(next=max(line.next, until), paused=until), known):
                return

    def _put(self, line: Line, known: Fact | None) -> bool:
        text = json.dumps([line.next, line.paused])
        return self._facts.put_fact(self._name, text, after=known)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _line(known: Fact | None) -> Line:
    if known is None:
        return Line()
    begin, paused = json.loads(known.text)
    return Line(next=begin, paused=paused)


__all__ = ["SharedRation"]

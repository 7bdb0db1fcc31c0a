"""The way of a frame to its socket, and what goes wrong on it."""

from __future__ import annotations

import asyncio
import random

import attrs

from .habits import Habits
from .socket import Socket


@attrs.define(kw_only=True, eq=False)
class Wire:
    """Loses, repeats and delays frames as the habits say; counts what it lost."""

    habits: Habits
    chance: random.Random
    lost: int = 0
    _free: dict[tuple[int, str], float] = attrs.field(factory=dict, repr=False)
    """When the last frame of a socket and topic is due: those behind it wait for it."""

    def send(self, socket: Socket, topic: str, frame: bytes) -> None:
        """Send one frame."""
        if self.habits.plain:
            socket.send(frame)
            return
        if self.chance.random() < self.habits.drop_frames:
            self.lost += 1
            return
        copies = 2 if self.chance.random() < self.habits.duplicate else 1
        for _ in range(copies):
            self._later(socket, topic, frame)

    def _later(self, socket: Socket, topic: str, frame: bytes) -> None:
        loop = asyncio.get_running_loop()
        now, key = loop.time(), (id(socket), topic)
        due = now + self.habits.delay + socket.lag + self.chance.random() * self.habits.reorder
        held = self.chance.random() < self.habits.overtake
        if held:
            due += max(self.habits.reorder, 0.05)
        else:
            due = max(due, self._free.get(key, 0.0))
            self._free[key] = due
        if len(self._free) > _MOST:
            self._free = {one: at for one, at in self._free.items() if at > now}
        loop.call_at(due, _sent, socket, frame)


def _sent(socket: Socket, frame: bytes) -> None:
    if socket.open and not socket.silent:
        socket.send(frame)


_MOST = 10_000
"""Sockets and topics whose last frame is remembered; those long sent are forgotten beyond it."""

"""Replaying recorded events: a file with one frame a line, at its own pace or a given one.

A line is a frame as the vendor sent it, or `{"at": time, "frame": frame}` where a recorder kept
when it came.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import orjson

from ...kernel.simulator import BadAction
from ..notifications import frames
from ..notifications.hub import Hub
from .moment import read

TURN = 0.01
_TOPIC = b'{"topicName":"'


@attrs.frozen(kw_only=True)
class Line:
    """A recorded frame."""

    topic: str
    frame: bytes
    at: int | None
    """Milliseconds since 1970; None where nobody wrote it down."""


@attrs.define(kw_only=True)
class Replay:
    """One replay under way."""

    hub: Hub
    path: Path
    pace: float
    """Times as fast as it was recorded; 0 for as fast as readers take it."""
    per_second: float
    """Frames in a second; 0 for the pace."""
    everywhere: bool
    """Whether all sockets get everything, whatever they are subscribed to."""
    room: Callable[[], Any]
    lines: int = 0
    sent: int = 0
    skipped: int = 0
    running: bool = True

    async def run(self) -> None:
        """Send it all, once somebody listens."""
        try:
            while not self.hub.sockets:  # noqa: ASYNC110 - it happens once
                await asyncio.sleep(0.05)
            await self._send()
        finally:
            self.running = False

    async def _send(self) -> None:
        began, first, turn = time.monotonic(), None, time.monotonic() + TURN
        for line in self._read():
            if first is None:
                first = line.at
            due = self._due(line, first)
            now = time.monotonic()
            if due is not None and began + due > now:
                await asyncio.sleep(began + due - now)
            elif now >= turn:
                await self.room()
                turn = time.monotonic() + TURN
            self.sent += self._tell(line)

    def _due(self, line: Line, first: int | None) -> float | None:
        if self.per_second:
            return self.lines / self.per_second
        if self.pace and line.at is not None and first is not None:
            return (line.at - first) / 1000 / self.pace
        return None

    def _tell(self, line: Line) -> int:
        whole = frames.framed(line.frame)
        if self.everywhere:
            found = self.hub.sockets
        else:
            channels = self.hub.channels.listeners(line.topic)
            found = [one.socket for one in channels if one.socket is not None]
        for socket in found:
            self.hub.wire.send(socket, line.topic, whole)
        return len(found)

    def _read(self) -> Iterator[Line]:
        with self.path.open("rb") as file:
            for raw in file:
                line = parsed(raw.strip())
                if line is None:
                    self.skipped += bool(raw.strip())
                    continue
                yield line
                self.lines += 1

    def counts(self) -> dict[str, Any]:
        """How far it is."""
        names = ("lines", "sent", "skipped", "running")
        return {name: getattr(self, name) for name in names}


def parsed(raw: bytes) -> Line | None:
    """A line of a recording; None where it is none."""
    if raw.startswith(_TOPIC):
        # As the vendor writes it: only the topic is looked at.
        topic = raw[len(_TOPIC) : raw.index(b'"', len(_TOPIC))]
        return Line(topic=topic.decode("utf-8", "replace"), frame=raw, at=None)
    try:
        value = orjson.loads(raw)
        if "frame" in value:
            frame, at = value["frame"], read(value["at"]) if "at" in value else None
        else:
            frame, at = value, None
        return Line(topic=str(frame["topicName"]), frame=orjson.dumps(frame), at=at)
    except (ValueError, TypeError, KeyError):
        return None


def opened(path: str) -> Path:
    """The file of a recording.

    Raises:
        BadAction: there is none.
    """
    found = Path(path)
    if not found.is_file():
        raise BadAction(f"path: there is no file {path!r}")
    return found

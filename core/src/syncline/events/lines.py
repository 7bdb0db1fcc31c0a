"""A sink that writes lines of JSON: to a file, or to standard output."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from attrs import define, field, frozen, validators

from ..connector import Connector, Context, LocalPath, setting
from ..errors import Unavailable
from ..reprs import Shown
from .encoding import line
from .event import Event
from .sink import EventSink, EventsRejected

MEGABYTE = 1_048_576
LONGEST = 16 * MEGABYTE
"""Bytes of one line: a longer event is refused."""


@frozen(kw_only=True, repr=False)
class LinesSettings(Shown):
    """Where the lines go."""

    file: LocalPath = setting(
        "File that lines are added to; standard output unless said.", default=""
    )
    max_megabytes: int = setting(
        "Size at which the file is put aside as FILE.1, and so on; 0 for never.",
        default=0,
        validator=validators.ge(0),
    )
    keep: int = setting(
        "Files that were put aside and stay, besides the one written to.",
        default=10,
        validator=[validators.ge(1), validators.le(1_000)],
    )


@define(eq=False, kw_only=True)
class Lines:
    """Writes each event as one line of JSON, as `Event.canonical` has it.

    A file is durable line by line before `send` returns; what reads standard output is asked
    nothing.
    """

    settings: LinesSettings
    _file: BinaryIO | None = field(default=None, init=False)
    _turn: asyncio.Lock = field(factory=asyncio.Lock, init=False)
    _failures: int = field(default=0, init=False)

    async def send(self, batch: Sequence[Event]) -> None:
        """Write the events in their order; see `EventSink.send`."""
        if not batch:
            return
        lines = [(event, line(event) + b"\n") for event in batch]
        refused = {
            event.id: f"it has {len(text):,} bytes; {LONGEST:,} at most fit in a line"
            for event, text in lines
            if len(text) > LONGEST
        }
        data = b"".join(text for event, text in lines if event.id not in refused)
        failures = self._failures
        async with self._turn:  # in the order of the calls
            if failures != self._failures:
                raise Unavailable(f"{self._where}: what was sent before could not be written")
            try:
                await asyncio.to_thread(self._write, data)
            except OSError as error:
                self._failures += 1
                reason = error.strerror or error
                raise Unavailable(f"{self._where}: cannot be written: {reason}") from error
        if refused:
            raise EventsRejected(refused)

    @property
    def _where(self) -> str:
        return self.settings.file or "standard output"

    def _write(self, data: bytes) -> None:
        if not self.settings.file:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        file = self._file if self._file is not None else self._open()
        begun = file.tell()
        try:
            file.write(data)
            os.fsync(file.fileno())
        except OSError:
            # Half a line would be read as an event that is none.
            file.truncate(begun)
            raise
        limit = self.settings.max_megabytes * MEGABYTE
        if limit and file.tell() >= limit:
            self._rotate()

    def _open(self) -> BinaryIO:
        path = Path(self.settings.file)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        _end_last_line(self._file)
        return self._file

    def _rotate(self) -> None:
        self._close()
        path = Path(self.settings.file)
        aside = [path.with_name(f"{path.name}.{n}") for n in range(1, self.settings.keep + 1)]
        aside[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(aside), [*reversed(aside[:-1]), path], strict=True):
            if newer.exists():
                newer.replace(older)

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    async def aclose(self) -> None:
        """Close the file."""
        async with self._turn:
            self._close()


def _end_last_line(file: BinaryIO) -> None:
    """Cut off what a crash left of a line: nobody was told that it is there."""
    end = file.seek(0, os.SEEK_END)
    at = end
    while at:
        start = max(0, at - 65_536)
        file.seek(start)
        newline = file.read(at - start).rfind(b"\n")
        if newline >= 0:
            at = start + newline + 1
            break
        at = start
    if at < end:
        file.truncate(at)
    file.seek(at)


def _sink(settings: LinesSettings, context: Context) -> EventSink:
    return Lines(settings=settings)


connector = Connector(
    name="lines",
    summary="Lines of JSON, in a file or on standard output.",
    settings=LinesSettings,
    sink=_sink,
)


__all__ = ["Lines", "LinesSettings", "connector"]

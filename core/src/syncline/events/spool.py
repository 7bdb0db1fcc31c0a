"""Events that wait on disk: written durably, read in order, dropped when they are delivered.

A folder of segments (see `segment`), and a file that says how far they are delivered. That file may
be older than the truth, and nothing else: then some events are delivered once more.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

from attrs import define, field

from ..errors import StateError
from .event import Event
from .spool_segment import MAGIC, Damaged, joined, read

logger = logging.getLogger(__name__)

Position: TypeAlias = tuple[int, int]
"""The number of a segment, and a place in it."""

SEGMENT = 8 * 1024 * 1024
"""Bytes after which another segment is begun."""
_DELIVERED = "delivered"
_NOTE_EVERY = 256
"""Records that may be delivered once more after a crash."""


@define(eq=False, kw_only=True)
class Spool:
    """What waits in one folder, of which one process writes and reads.

    `append` may be called in a thread of its own while nothing else is called.
    """

    folder: Path
    size: int
    """Bytes of disk that may wait; one call of `append` may go beyond it."""
    _segment: int = field(default=SEGMENT, alias="segment")
    _ends: dict[int, int] = field(factory=dict, init=False)
    """Where the durable part of each segment ends, oldest first."""
    _done: Position = field(default=(0, 0), init=False)
    _at: Position = field(default=(0, 0), init=False)
    _writing: BinaryIO | None = field(default=None, init=False)
    _reading: tuple[int, BinaryIO] | None = field(default=None, init=False)
    _newest: int = field(default=0, init=False)
    _unnoted: int = field(default=0, init=False)
    damaged: int = field(default=0, init=False)
    """Bytes that could not be read; they were set aside, and an error said so."""

    @classmethod
    def open(cls, folder: Path, size: int, *, segment: int = SEGMENT) -> Spool:
        """Open what waits in a folder, which is made.

        Raises:
            StateError: the folder cannot be used.
        """
        spool = cls(folder=folder, size=size, segment=segment)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            spool._find()
        except OSError as error:
            raise _unusable(folder, error) from error
        return spool

    def _find(self) -> None:
        numbers = sorted(int(path.stem) for path in self.folder.glob("*.events"))
        self._done = _delivered(self.folder / _DELIVERED)
        for number in numbers:
            if number < self._done[0]:
                self._path(number).unlink()
            else:
                self._ends[number] = self._path(number).stat().st_size
        self._newest = max([*numbers, self._done[0]], default=0)
        if self._ends:
            self._drop_torn_tail(max(self._ends))
        self._at = self._done
        self._forget_delivered()

    def _drop_torn_tail(self, number: int) -> None:
        """Cut what follows the last good record of the segment that was written last."""
        end = self._ends[number]
        good = len(MAGIC)
        try:
            with self._path(number).open("rb") as file:
                while good < end:
                    good, _ = read(file, good, end)
        except Damaged as error:
            if error.behind:
                return  # There is more behind it: this is no torn tail, and reading it says so.
            fields = {"segment": number, "bytes": end - good, "why": str(error)}
            logger.warning("the end of a spool was never written in full", extra=fields)
            # To whoever opens it after another segment was begun it would look like damage.
            os.truncate(self._path(number), good)
        self._ends[number] = min(good, end)

    # -- for everybody -----------------------------------------------------------------------------

    @property
    def bytes(self) -> int:
        """Bytes that wait to be delivered."""
        number, at = self._done
        total = sum(max(0, end - len(MAGIC)) for end in self._ends.values())
        return total - (max(0, at - len(MAGIC)) if number in self._ends else 0)

    @property
    def empty(self) -> bool:
        """Tell whether everything was delivered."""
        return self.bytes <= 0

    @property
    def full(self) -> bool:
        """Tell whether as much waits as may."""
        return self.bytes >= self.size

    # -- writing -----------------------------------------------------------------------------------

    def append(self, groups: Sequence[Sequence[Event]]) -> list[Position]:
        """Write groups of events; return where each ends, once all of them are durable.

        Raises:
            StateError: they could not be written; none of them waits.
        """
        try:
            return self._append(groups)
        except OSError as error:
            self._undo()
            raise _unusable(self.folder, error) from error

    def _append(self, groups: Sequence[Sequence[Event]]) -> list[Position]:
        file = self._writing if self._writing is not None else self._begin()
        number = self._newest
        data, ends = joined(groups, self._ends[number])
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        self._ends[number] = ends[-1] if ends else self._ends[number]
        if self._ends[number] >= self._segment:
            self._close_writing()
        return [(number, end) for end in ends]

    def _begin(self) -> BinaryIO:
        """Begin a segment; what another process began is never written to."""
        self._newest += 1
        path = self._path(self._newest)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._writing = os.fdopen(descriptor, "wb")
        self._ends[self._newest] = len(MAGIC)
        self._writing.write(MAGIC)
        _sync_folder(self.folder)
        return self._writing

    def _undo(self) -> None:
        """Leave the segment that could not be written to: nothing behind its end was promised."""
        end = self._ends.get(self._newest)
        try:
            self._close_writing()
        except OSError:
            logger.debug("a segment could not be closed", extra={"segment": self._newest})
        if end is not None:
            try:
                os.truncate(self._path(self._newest), end)
            except OSError:
                logger.debug("a segment could not be cut", extra={"segment": self._newest})

    def _close_writing(self) -> None:
        file, self._writing = self._writing, None
        if file is not None:
            file.close()

    # -- reading -----------------------------------------------------------------------------------

    def read(self) -> tuple[Position, list[Event]] | None:
        """Return the next group and where it ends; None when everything was read."""
        while (found := self._next()) is not None:
            number, at = found
            end = self._ends[number]
            try:
                next_, events = read(self._file(number), at, end)
            except Damaged as error:
                self._set_aside(number, at, error)
                self._at = (number, end)
            else:
                self._at = (number, next_)
                return self._at, events
        return None

    def _next(self) -> Position | None:
        number, at = self._at
        if number in self._ends and at < self._ends[number]:
            return number, max(at, len(MAGIC))
        later = (n for n, end in self._ends.items() if n > number and end > len(MAGIC))
        return next(((n, len(MAGIC)) for n in later), None)

    def _file(self, number: int) -> BinaryIO:
        if self._reading is None or self._reading[0] != number:
            self._close_reading()
            self._reading = (number, self._path(number).open("rb"))
        return self._reading[1]

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading[1].close()
            self._reading = None

    def _set_aside(self, number: int, at: int, error: Damaged) -> None:
        path = self._path(number)
        aside = path.with_suffix(".damaged")
        if not aside.exists():
            self.damaged += self._ends[number] - at
            shutil.copyfile(path, aside)
        fields = {"file": str(aside), "from": at, "to": self._ends[number], "why": str(error)}
        logger.error("events that waited cannot be read; the file was set aside", extra=fields)

    def skip(self, position: Position) -> None:
        """Go on reading behind a group that is on its way already."""
        self._at = position

    def rewind(self) -> None:
        """Go on reading with the first group that is not delivered."""
        self._at = self._done

    def delivered(self, position: Position) -> None:
        """Say that everything up to the end of a group is delivered; in order."""
        self._done = position
        self._unnoted += 1
        if self._forget_delivered() or self._unnoted >= _NOTE_EVERY:
            self._note()

    def finish(self) -> None:
        """Say that whatever was read is delivered, and that nothing else can be read."""
        self.delivered(self._at)

    def _forget_delivered(self) -> bool:
        """Drop the segments that are delivered; tell whether there were any."""
        number, at = self._done
        gone = [n for n in self._ends if n < number]
        if self._ends.get(number, at + 1) <= at and (number != self._newest or not self._writing):
            gone.append(number)
        if not gone and self.empty and self._writing is not None:
            # All of it is delivered: the next outage begins a segment of its own.
            self._close_writing()
            gone = list(self._ends)
        for each in gone:
            if self._reading is not None and self._reading[0] == each:
                self._close_reading()
            del self._ends[each]
            self._path(each).unlink(missing_ok=True)
        return bool(gone)

    def _note(self) -> None:
        self._unnoted = 0
        path = self.folder / _DELIVERED
        temporary = path.with_suffix(".new")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            json.dump(self._done, file)
        temporary.replace(path)

    def close(self) -> None:
        """Note how far it is delivered, and close the files."""
        self._close_writing()
        self._close_reading()
        self._note()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:010d}.events"


def _delivered(path: Path) -> Position:
    try:
        number, at = json.loads(path.read_text("ascii"))
        return int(number), int(at)
    except (OSError, ValueError, TypeError):
        # Delivering once more is what every reader is prepared for.
        return (0, 0)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(folder: Path, error: OSError) -> StateError:
    reason = (error.strerror or str(error)).lower()
    return StateError(f"{folder}: what waits cannot be kept there: {reason}; make room")


__all__ = ["SEGMENT", "Position", "Spool"]

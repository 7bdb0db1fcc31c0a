"""Events that wait on disk: written durably, read in order, dropped when they are delivered.

A folder of segments (see `segment`), and a file that says how far they are delivered. That file may
be older than the truth, and nothing else: then some events are delivered once more.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from attrs import define, field

from .event import Event
from .spool_faults import trouble_of, unusable
from .spool_note import Position, read_note, write_note
from .spool_segment import MAGIC, Damaged, joined, read

logger = logging.getLogger(__name__)

SEGMENT = 8 * 1024 * 1024
"""Bytes after which another segment is begun."""
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
    """Bytes that could not be read, or were removed by others; an error said so."""

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
            raise unusable(folder, error) from error
        return spool

    def _find(self) -> None:
        numbers = sorted(int(path.stem) for path in self.folder.glob("*.events"))
        self._done = read_note(self.folder)
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

    def trouble(self) -> str | None:
        """Return why nothing could be kept at present, as far as can be told without writing."""
        error = trouble_of(self.folder)
        return None if error is None else str(unusable(self.folder, error))

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
            raise unusable(self.folder, error) from error

    def _append(self, groups: Sequence[Sequence[Event]]) -> list[Position]:
        file = self._writing if self._writing is not None else self._begin()
        number = self._newest
        data, ends = joined(groups, self._ends[number])
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        # A file that was removed, or whose folder was, takes whatever is written and keeps nothing.
        if not os.path.samestat(self._path(number).stat(), os.fstat(file.fileno())):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._ends[number] = ends[-1] if ends else self._ends[number]
        if self._ends[number] >= self._segment:
            self._close_writing()
        return [(number, end) for end in ends]

    def _begin(self) -> BinaryIO:
        """Begin a segment; what another process began is never written to."""
        self._newest += 1
        path = self._path(self._newest)
        # The folder above holds the lock: where it is away, this is no longer ours to make.
        self.folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._writing = os.fdopen(descriptor, "wb")
        self._ends[self._newest] = len(MAGIC)
        self._writing.write(MAGIC)
        _sync_folder(self.folder)
        return self._writing

    def _undo(self) -> None:
        """Leave the segment that could not be written to: nothing behind its end was promised."""
        number = self._newest
        end = self._ends.get(number, 0)
        try:
            self._close_writing()
        except OSError:
            logger.debug("a segment could not be closed", extra={"segment": number})
        try:
            if end > len(MAGIC):
                os.truncate(self._path(number), end)
            else:
                # It is tried again and again, each time with a segment of its own.
                self._ends.pop(number, None)
                self._path(number).unlink(missing_ok=True)
        except OSError:
            logger.debug("a segment could not be cut", extra={"segment": number})

    def _close_writing(self) -> None:
        file, self._writing = self._writing, None
        if file is not None:
            file.close()

    # -- reading -----------------------------------------------------------------------------------

    def read(self) -> tuple[Position, list[Event]] | None:
        """Return the next group and where it ends; None when everything was read.

        Raises:
            StateError: the folder cannot be read now; nothing of it is passed over.
        """
        try:
            return self._read()
        except OSError as error:
            self._close_reading()
            raise unusable(self.folder, error) from error

    def _read(self) -> tuple[Position, list[Event]] | None:
        while (found := self._next()) is not None:
            number, at = found
            end = self._ends[number]
            try:
                next_, events = read(self._file(number), at, end)
            except Damaged as error:
                self._set_aside(number, at, error)
                self._at = (number, end)
            except FileNotFoundError:
                # Where the folder is away, too, all of it may come back.
                self.folder.parent.stat()
                self._lost(number, at)
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
            _keep(path, aside)
            self.damaged += self._ends[number] - at
        fields = {"file": str(aside), "from": at, "to": self._ends[number], "why": str(error)}
        logger.error("events that waited cannot be read; the file was set aside", extra=fields)

    def _lost(self, number: int, at: int) -> None:
        self.damaged += self._ends[number] - at
        fields = {"file": str(self._path(number)), "bytes": self._ends[number] - at}
        logger.error("events that waited are gone: their file was removed", extra=fields)

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
            self._remove(each)
        return bool(gone)

    def _remove(self, number: int) -> None:
        try:
            self._path(number).unlink(missing_ok=True)
        except OSError as error:
            # The next start removes it, or delivers it once more.
            fields = {"file": str(self._path(number)), "why": error.strerror}
            logger.warning("a file of events that are delivered stays", extra=fields)

    def _note(self) -> None:
        """Write down how far it is delivered; where that fails some are delivered once more."""
        self._unnoted = 0
        try:
            write_note(self.folder, self._done)
        except OSError as error:
            fields = {"folder": str(self.folder), "why": error.strerror}
            logger.warning("how far events are delivered is not noted", extra=fields)

    def close(self) -> None:
        """Note how far it is delivered, and close the files."""
        try:
            self._close_writing()
        except OSError as error:
            # Whatever was promised had been synchronised before.
            logger.debug("a segment could not be closed", extra={"why": error.strerror})
        self._close_reading()
        self._note()

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:010d}.events"


def _keep(path: Path, aside: Path) -> None:
    """Give a file a second name: that needs no room, which a disk may not have."""
    try:
        os.link(path, aside)
    except FileExistsError:
        return
    except OSError:
        shutil.copyfile(path, aside)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


__all__ = ["SEGMENT", "Position", "Spool"]

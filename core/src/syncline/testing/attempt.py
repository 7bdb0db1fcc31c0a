"""One write as the engine makes it: journalled steps, files at hand, and a crash if wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from ..errors import NotFound
from ..model import Ref
from ..ports import Note, Write


class Crash(BaseException):
    """The process dies here; nothing catches it but the test."""


class Attempt:
    """Lends `write` to a store, and keeps what the store noted in `notes`.

    Args:
        origin: the item on the other side that is being copied.
        dies_at: the number of the sub-step (from 0) before which the process dies.
        after: the attempt that this one repeats; its notes are `earlier`.
        mark: as in `Write`.
        files: contents of files that bodies may refer to.
    """

    def __init__(
        self,
        origin: Ref,
        *,
        dies_at: int | None = None,
        after: Attempt | None = None,
        mark: bool = True,
        files: Sequence[bytes] = (),
    ) -> None:
        self.notes: list[Note] = [*after.notes] if after is not None else []
        self._dies_at = dies_at
        self._steps = 0
        self._files: Mapping[str, bytes] = {hashlib.sha256(f).hexdigest(): f for f in files}
        self.write = Write(
            origin=origin, asset=self._asset, note=self._note, earlier=(*self.notes,), mark=mark
        )

    def _note(self, step: str, detail: str) -> None:
        self.notes.append(Note(step=step, detail=detail))
        self._steps += 1
        if self._dies_at is not None and self._steps > self._dies_at:
            raise Crash(f"before {step}")

    async def _asset(self, sha256: str) -> bytes:
        if sha256 not in self._files:
            raise NotFound(f"there is no file {sha256}")
        return self._files[sha256]

"""Events that a sink can never accept: kept in a file, one line of JSON each, for people."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from attrs import define, field

from ..errors import StateError
from ..redaction import redact
from .event import Event


@define(eq=False)
class DeadLetters:
    """A file of refused events, with the reason and the time; only its owner can read it."""

    path: Path
    count: int = field(default=0, init=False)
    """Refused since this was opened."""
    _known: set[str] = field(factory=set, init=False)

    def append(self, refused: Iterable[tuple[Event, str]], at: datetime) -> None:
        """Write events that were refused; they are durable when this returns.

        One that is refused again, because what came with it was sent again, is not repeated.

        Raises:
            StateError: they could not be written.
        """
        fresh = [(event, why) for event, why in refused if event.id not in self._known]
        if not fresh:
            return
        text = "".join(_line(event, why, at) for event, why in fresh)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            with os.fdopen(os.open(self.path, flags, 0o600), "wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise StateError(f"{self.path}: refused events cannot be kept: {reason}") from error
        self.count += len(fresh)
        self._known.update(event.id for event, _ in fresh)


def _line(event: Event, why: str, at: datetime) -> str:
    kept = {"refused_at": at.isoformat(), "reason": redact(why), "event": event.canonical()}
    return json.dumps(kept, separators=(",", ":")) + "\n"


__all__ = ["DeadLetters"]

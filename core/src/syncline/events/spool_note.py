"""How far the events of a spool are delivered: a file beside them that may be behind the truth."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TypeAlias

Position: TypeAlias = tuple[int, int]
"""The number of a segment, and a place in it."""

_NAME = "delivered"


def read_note(folder: Path) -> Position:
    """Return how far the events in a folder are delivered, as far as that was noted."""
    try:
        number, at = json.loads((folder / _NAME).read_text("ascii"))
        return int(number), int(at)
    except (OSError, ValueError, TypeError):
        # Delivering once more is what every reader is prepared for.
        return (0, 0)


def write_note(folder: Path, done: Position) -> None:
    """Note how far the events in a folder are delivered.

    Raises:
        OSError: it is not noted; what was noted before still stands.
    """
    temporary = folder / f"{_NAME}.new"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump(done, file)
    temporary.replace(folder / _NAME)


__all__ = ["Position", "read_note", "write_note"]

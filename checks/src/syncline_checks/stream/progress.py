"""How far a stream is, in a line every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from attrs import define, field, frozen

from .patience import Patience

EVERY = 10.0
"""Seconds between two lines."""


@frozen(kw_only=True)
class Standing:
    """How far a stream is; None of what is not asked for now."""

    phase: str
    seconds: float
    """Since it began."""
    changes: int = 0
    wanted: int = 0
    facts: int = 0
    open: int = 0
    looked_up: int = 0
    """Conversations that were read over REST: most of them to repair."""
    waiting: int = 0
    """Bytes that wait on the disks of both listeners."""
    told: int | None = None
    merged: int | None = None
    complete_until: datetime | None = None
    """Up to when both listeners have told everything."""
    patience: float | None = None
    """Seconds until it is given up, if nothing gets on; None where nothing is waited for."""

    def line(self, now: datetime) -> str:
        """Return it for people."""
        parts = [
            f"{self.seconds:6.0f} s  {self.phase}: {self.changes:,} of {self.wanted:,} changes",
            f"{self.facts:,} facts",
            f"{self.open:,} open",
            f"{self.waiting // 1_000_000:,} MB wait for Kafka",
            *_merged(self.told, self.merged),
            f"repaired up to {_ago(self.complete_until, now)}",
            f"{self.looked_up:,} looked up",
        ]
        if self.patience is not None:
            parts.append(f"{self.patience:.0f} s left if nothing gets on")
        elif 0 < self.changes < self.wanted:
            left = (self.wanted - self.changes) * self.seconds / self.changes
            parts.append(f"{left:.0f} s of changes left")
        return ", ".join(parts)


def _merged(told: int | None, merged: int | None) -> Iterator[str]:
    if told is not None:
        yield f"{told:,} told"
    if told is not None and merged is not None:
        yield f"{max(0, told - merged):,} of them not merged"


def _ago(at: datetime | None, now: datetime) -> str:
    return "no time yet" if at is None else f"{(now - at).total_seconds():.0f} s ago"


@define
class Progress:
    """Prints where things stand while a block runs, also where that waits for something."""

    look: Callable[[], Standing]
    say: Callable[[str], None]
    every: float = EVERY
    _ended: threading.Event = field(factory=threading.Event, init=False)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Print until the block ends."""
        thread = threading.Thread(target=self._tell, name="progress", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _tell(self) -> None:
        while not self._ended.wait(self.every):
            try:
                self.say(self.look().line(datetime.now(timezone.utc)))
            except Exception as error:  # it must not end what it only tells of
                self.say(f"where it stands cannot be told now: {error}")


@define
class Phase:
    """What is done at present, and what is waited for."""

    name: str
    patience: Patience | None = None
    told: int | None = None
    """Records that the listeners wrote, when it was last looked."""
    merged: int | None = None
    began: float = field(factory=time.monotonic)
    """By the clock of `time.monotonic`: the whole of it."""

    def begin(self, name: str, patience: Patience) -> Patience:
        """Go on with another phase, and return its patience."""
        self.name, self.patience = name, patience
        return patience

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float | None:
        """Seconds until it is given up, if nothing gets on; None where nothing is waited for."""
        return self.patience.left if self.patience is not None else None


__all__ = ["EVERY", "Phase", "Progress", "Standing"]

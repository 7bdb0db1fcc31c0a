"""One rate for all processes that use a credential, handed out in small blocks.

Every block has a place in one line of blocks, each as long after the last as its requests take at
the shared rate. What is not used soon after its place is lost, so that no process can save
permissions up. With blocks of `n` requests that last `late` seconds longer than they need, at most
`rate * (window + late) + 2 n` requests leave in any window: the rate is what makes that the limit.
"""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

_LATE = 0.3
"""Seconds: how late a request may leave, and by how much the way to the server may differ."""
_BLOCKS = 150
"""How many blocks a window's requests are handed out in, at least."""


@frozen(kw_only=True)
class Block:
    """Permission for a few requests, from a rate that several processes share."""

    count: int
    """How many; 0 while the credential is paused."""
    wait: float = 0.0
    """Seconds until the first of them may leave."""
    lasts: float = 0.0
    """Seconds from then on in which they may; afterwards they are lost."""
    paused: float = 0.0
    """Seconds for which another process was told to wait."""


class Ration(Protocol):
    """One rate for all processes that use a credential."""

    async def reserve(self) -> Block:
        """Return permission for the next requests, to be used or lost."""
        ...

    def pause(self, seconds: float) -> None:
        """Tell everybody that the server asked for a pause."""
        ...


@frozen(kw_only=True)
class Line:
    """Where the next block begins, and until when nobody may send: seconds since the epoch."""

    next: float = 0.0
    paused: float = 0.0


@frozen(kw_only=True)
class Allowance:
    """A vendor's limit: so many requests in any window."""

    requests: int
    window: float = 60.0
    """Seconds."""

    @property
    def block(self) -> int:
        """How many requests are handed out together."""
        return max(1, self.requests // _BLOCKS)

    @property
    def rate(self) -> float:
        """Requests per second that are handed out."""
        safe = max(self.requests - 2 * self.block, self.requests / 2)
        return safe / (self.window + _LATE)

    @property
    def takes(self) -> float:
        """Seconds that a block takes at this rate."""
        return self.block / self.rate


def granted(line: Line, allowance: Allowance, now: float) -> tuple[Line, Block]:
    """Return the next block, and the line behind it; while everybody is paused, no block."""
    if line.paused > now:
        return line, Block(count=0, paused=line.paused - now)
    begin = max(now, line.next)
    takes = allowance.takes
    block = Block(count=allowance.block, wait=begin - now, lasts=takes + _LATE / 2)
    return Line(next=begin + takes, paused=line.paused), block


__all__ = ["Allowance", "Block", "Line", "Ration", "granted"]

"""How often something may be asked."""

from __future__ import annotations

from attrs import define

from syncline.ports import Clock

_AT_ONCE = 10
"""Calls that may be made at once after a quiet time."""


@define(eq=False)
class Budget:
    """Some calls a minute, evenly spread but for the first few."""

    clock: Clock
    per_minute: int
    _next: float = float("-inf")

    async def spend(self) -> None:
        """Wait until one more call may be made."""
        now, apart = self.clock.monotonic(), 60.0 / self.per_minute
        self._next = max(self._next, now - min(_AT_ONCE, self.per_minute) * apart) + apart
        if self._next > now:
            await self.clock.sleep(self._next - now)


__all__ = ["Budget"]

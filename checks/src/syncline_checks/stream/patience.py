"""How long is waited for something that gets on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from attrs import define, field


@define
class Patience:
    """Ends some time after the last sign that anything gets on, however long all of it takes."""

    seconds: float
    """Without a sign."""
    now: Callable[[], float] = time.monotonic
    _sign: Hashable = field(default=None, init=False)
    _since: float | None = field(default=None, init=False)

    def note(self, sign: Hashable) -> None:
        """Take what is different whenever something has got on."""
        if self._since is None or sign != self._sign:
            self._sign, self._since = sign, self.now()

    @property
    def left(self) -> float:
        """Seconds until it ends."""
        waited = 0.0 if self._since is None else self.now() - self._since
        return max(0.0, self.seconds - waited)

    @property
    def over(self) -> bool:
        """Whether nothing has got on for so long."""
        return self.left <= 0


__all__ = ["Patience"]

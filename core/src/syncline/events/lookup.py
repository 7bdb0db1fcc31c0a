"""The port that asks whether keys (conversations) that look open have ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from attrs import frozen

Standing: TypeAlias = Literal["open", "ended", "gone"]
"""`gone`: the vendor knows nothing of it, or no longer."""


@frozen(kw_only=True)
class Found:
    """What the vendor says of one key."""

    standing: Standing
    ended_at: datetime | None = None
    """When it ended, by the vendor's clock."""


class Lookup(Protocol):
    """Asks a vendor about many keys at once, within the budget of its own credential."""

    @property
    def at_once(self) -> int:
        """How many keys one call may name."""
        ...

    async def look_up(self, keys: Sequence[str]) -> Mapping[str, Found]:
        """Return what is known of each.

        A key that is missing in the answer is not known yet, or the answer did not come in full:
        nothing follows from it.

        Raises:
            Forbidden, RateLimited, Unavailable
        """
        ...

    async def aclose(self) -> None: ...


__all__ = ["Found", "Lookup", "Standing"]

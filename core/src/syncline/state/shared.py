"""What processes on one credential share through the state: its token, and its rate."""

from __future__ import annotations

from attrs import frozen

from ..ports import Clock, Secret
from ..reprs import Shown
from ..shared_rate import Allowance
from .port import FactStore
from .shared_rate import SharedRation
from .tokens import SharedToken


@frozen(repr=False)
class Shared(Shown):
    """Lent to connectors: processes that use one state share what they make here by its name."""

    facts: FactStore
    clock: Clock

    def ration(self, credential: str, requests: int, window: float = 60.0) -> SharedRation:
        """Return the ration of a credential that may send `requests` in `window` seconds.

        Args:
            credential: names it, and is not secret: an address and a client's id.
        """
        allowance = Allowance(requests=requests, window=window)
        return SharedRation(self.facts, self.clock, credential, allowance)

    def token(self, credential: str, secret: Secret) -> SharedToken:
        """Return the token of a credential, sealed with its `secret`."""
        return SharedToken(self.facts, self.clock, credential, secret)


__all__ = ["Shared"]

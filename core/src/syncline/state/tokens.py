"""One token for all processes that use a credential: one fetches it, sealed in the state."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import evolve, frozen

from ..errors import Unavailable
from ..ports import Clock, Secret
from ..redaction import register
from .port import FactStore
from .records import Fact

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

CLAIM = 45.0
"""Seconds after which somebody else asks for a token, where the one who was at it says nothing."""
_LOOK = 0.1
"""Seconds between two looks whether the other one has it."""
_PATIENCE = 120.0

Ask = Callable[[], Awaitable[tuple[str, float]]]
"""Asks the vendor for a token; returns it with the seconds that it lives."""


@frozen(kw_only=True)
class Kept:
    """What processes know of a token; times are seconds since the epoch."""

    sealed: str = ""
    expires: float = 0.0
    renew: float = 0.0
    """From when on a new one is fetched."""
    claimed_by: str = ""
    claimed_until: float = 0.0


class SharedToken:
    """The token of one credential, in a state that its processes share.

    It is sealed with a key that is made of the client's secret: whoever may read the state, and
    does not have that, cannot use it.
    """

    def __init__(self, facts: FactStore, clock: Clock, name: str, secret: Secret) -> None:
        self._facts = facts
        self._clock = clock
        self._name = f"token {name}"
        self._secret = secret
        self._me = uuid4().hex

    async def obtain(self, ask: Ask, refused: str | None) -> tuple[str, float]:
        """Return a token that is not `refused`, with the seconds that it still lives.

        Raises:
            StoreError: what `ask` raises.
            Unavailable: whoever is at it takes too long.
        """
        deadline = self._clock.monotonic() + _PATIENCE
        while self._clock.monotonic() < deadline:
            known = self._facts.fact(self._name)
            kept, now = _kept(known), self._now()
            token = self._opened(kept, now)
            if token is not None and token != refused:
                return token, kept.expires - now
            if kept.claimed_by not in ("", self._me) and kept.claimed_until > now:
                await self._clock.sleep(_LOOK)
                continue
            claim = evolve(kept, claimed_by=self._me, claimed_until=now + CLAIM)
            if self._put(claim, known):
                return await self._fetched(ask)
        raise Unavailable("no token: another process is getting one and does not come to an end")

    async def _fetched(self, ask: Ask) -> tuple[str, float]:
        try:
            token, life = await ask()
        except BaseException:
            self._change(lambda kept: evolve(kept, claimed_by="", claimed_until=0.0))
            raise
        now = self._now()
        renew = now + life - min(120.0, life / 10)
        sealed = self._seal.encrypt(token.encode()).decode()
        self._change(lambda kept: Kept(sealed=sealed, expires=now + life, renew=renew))
        return token, life

    def _change(self, change: Callable[[Kept], Kept]) -> None:
        """Change what is known, unless somebody else has taken over."""
        while True:
            known = self._facts.fact(self._name)
            kept = _kept(known)
            if kept.claimed_by != self._me or self._put(change(kept), known):
                return

    def _put(self, kept: Kept, known: Fact | None) -> bool:
        times = [kept.expires, kept.renew, kept.claimed_by, kept.claimed_until]
        return self._facts.put_fact(self._name, json.dumps([kept.sealed, *times]), after=known)

    def _opened(self, kept: Kept, now: float) -> str | None:
        if not kept.sealed or now >= kept.renew:
            return None
        from cryptography.fernet import InvalidToken

        try:
            token = self._seal.decrypt(kept.sealed.encode()).decode()
        except InvalidToken:
            return None  # sealed with an earlier secret
        register(token, lasting=False)
        return token

    @cached_property
    def _seal(self) -> Fernet:
        # Slow to import, and needed by whoever has a token to share.
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=self._name.encode())
        return Fernet(base64.urlsafe_b64encode(derive.derive(self._secret.reveal().encode())))

    def _now(self) -> float:
        return self._clock.now().timestamp()


def _kept(known: Fact | None) -> Kept:
    if known is None:
        return Kept()
    sealed, expires, renew, by, until = json.loads(known.text)
    return Kept(sealed=sealed, expires=expires, renew=renew, claimed_by=by, claimed_until=until)


__all__ = ["CLAIM", "Kept", "SharedToken"]

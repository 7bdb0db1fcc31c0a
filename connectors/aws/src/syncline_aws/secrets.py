"""Values of Secrets Manager: `{ aws = "genesys/oauth#client_secret" }`.

What is before the `#` is the name or ARN of the secret; what is after it is a member of its JSON.
Always the version that is labelled `AWSCURRENT`, asked for by that label.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from attrs import frozen

from syncline.connector import Context
from syncline.errors import NotFound, Rejected
from syncline.secret import RotatingSecret, Secret

from .calling import Calls
from .settings import Settings

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
AT_MOST_EVERY = 60.0
"""Seconds between two refreshes that a refused credential asks for."""


@frozen(kw_only=True, repr=False)
class Version:
    """One version of a secret, as it was read."""

    id: str
    text: Secret
    read_at: float


class SecretsManager:
    """A `SecretProvider`. Values are kept for a while; questions for one secret are asked once."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._calls = Calls(settings, context)
        self._clock = context.clock
        self._ttl = settings.secrets_ttl.total_seconds()
        self._known: dict[tuple[str, str], Version] = {}
        self._asking: dict[tuple[str, str], asyncio.Lock] = {}
        self._refreshed: dict[str, float] = {}
        self._tried: set[tuple[str, str]] = set()
        """Pending versions that were handed out: each is tried once."""

    async def get(self, name: str) -> Secret:
        """Return the current value.

        Raises:
            NotFound: there is no such secret, or it has no such member.
            Rejected: it is no text, or no JSON object.
            Forbidden, Unavailable: as AWS says.
        """
        secret, _, member = name.partition("#")
        return self._rotating(name, _member(name, member, await self._version(secret, CURRENT)))

    def _rotating(self, name: str, found: Secret) -> Secret:
        """Return a value that whoever is refused with it can have exchanged."""
        return RotatingSecret(found.reveal(), partial(self.refreshed, name))

    async def refreshed(self, name: str, refused: Secret) -> Secret | None:
        """Return another value to try after the vendor refused this one; None when there is none.

        `AWSCURRENT` is read past what is kept, once a minute at most; if it still is what was
        refused, a rotation may be half way, and the pending version is tried once.
        """
        secret, _, member = name.partition("#")
        now = self._clock.monotonic()
        if now - self._refreshed.get(secret, -AT_MOST_EVERY) < AT_MOST_EVERY:
            return None
        self._refreshed[secret] = now
        self._known.pop((secret, CURRENT), None)
        current = await self._version(secret, CURRENT)
        found = _member(name, member, current)
        if found.reveal() != refused.reveal():
            return self._rotating(name, found)
        return await self._pending(name, secret, member, refused)

    async def _pending(self, name: str, secret: str, member: str, refused: Secret) -> Secret | None:
        self._known.pop((secret, PENDING), None)
        try:
            pending = await self._version(secret, PENDING)
        except NotFound:
            return None
        if (secret, pending.id) in self._tried:
            return None
        self._tried.add((secret, pending.id))
        found = _member(name, member, pending)
        return None if found.reveal() == refused.reveal() else self._rotating(name, found)

    async def _version(self, secret: str, stage: str) -> Version:
        key = (secret, stage)
        async with self._asking.setdefault(key, asyncio.Lock()):
            known = self._known.get(key)
            if known is None or self._clock.monotonic() - known.read_at >= self._ttl:
                known = await self._asked(secret, stage)
                self._known[key] = known
            return known

    async def _asked(self, secret: str, stage: str) -> Version:
        answer: dict[str, Any] = await self._calls.read(
            "secretsmanager", "get_secret_value", SecretId=secret, VersionStage=stage
        )
        if "SecretString" not in answer:
            raise Rejected(f"secret {secret!r} of AWS is binary; only texts can be used here")
        return Version(
            id=answer["VersionId"],
            text=Secret(answer["SecretString"]),
            read_at=self._clock.monotonic(),
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._calls.aclose()


def _member(name: str, member: str, version: Version) -> Secret:
    if not member:
        return version.text
    try:
        found: Any = json.loads(version.text.reveal())
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Rejected(f"{name!r}: the secret is no JSON object; leave out what is after the '#'")
    if not isinstance(found.get(member), str):
        raise NotFound(f"{name!r}: the secret has no text called {member!r}")
    return Secret(found[member])


def open_secrets(settings: Settings, context: Context) -> SecretsManager:
    """Open the provider. AWS is asked when a value is needed."""
    return SecretsManager(settings, context)


__all__ = ["SecretsManager", "open_secrets"]

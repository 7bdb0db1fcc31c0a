"""The tokens that people enter with: resolved, and compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from attrs import field, frozen

from syncline.config import Config
from syncline.config.secrets import SecretRef, Unresolved
from syncline.config.service import Access
from syncline.engine.opening.secrets import resolve_secret
from syncline.engine.opening.stores import context_of
from syncline.errors import ConfigError, SynclineError
from syncline.ports import Clock, Secret
from syncline.redaction import register
from syncline.state.port import StateStore

from .person import Person

SHORTEST = 16
"""Characters of a token: fewer could be tried out."""
LONGEST = 4096


@frozen(kw_only=True)
class Key:
    """One token, as its digest, and whom it lets in."""

    digest: bytes = field(repr=False)
    person: Person


@frozen(kw_only=True)
class Keys:
    """What the configuration of one moment lets in."""

    access: Access
    keys: Sequence[Key] = ()
    problems: tuple[str, ...] = ()
    """The tokens that cannot be used, and why; never a value."""

    def find(self, token: str) -> Key | None:
        """Return the key that a token is. It takes as long whether it is one or not."""
        return self.at(digest(token))

    def at(self, wanted: bytes) -> Key | None:
        """Return the key of a digest."""
        found = None
        for key in self.keys:
            # No early end: how many keys there are before the right one is nobody's business.
            if hmac.compare_digest(key.digest, wanted):
                found = key
        return found


def digest(token: str) -> bytes:
    """Return what is kept of a token: compared in constant time whatever its length."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


async def keys_of(config: Config, state: StateStore, clock: Clock) -> Keys:
    """Look up every token; one that cannot be used lets nobody in and is told in `problems`."""
    context = context_of("service", state, clock)
    keys: list[Key] = []
    problems: list[str] = []
    for name, token in config.service.access.tokens.items():
        where = f"service.access.tokens.{name}.token"
        try:
            value = await resolve_secret(config, _reference(token.token), context)
            register(value)
            keys.append(
                Key(
                    digest=digest(_long_enough(value)),
                    person=Person(name=name, standing=token.role, way="token"),
                )
            )
        except SynclineError as error:
            said = error.problems if isinstance(error, ConfigError) else [str(error)]
            problems += [f"{where}: {problem}" for problem in said]
    problems += _twins(keys)
    return Keys(access=config.service.access, keys=keys, problems=tuple(problems))


def _reference(secret: Secret) -> SecretRef:
    if not isinstance(secret, Unresolved):
        raise ConfigError(["the token has a value instead of a reference"])
    return secret.reference


def _long_enough(value: Secret) -> str:
    text = value.reveal()
    if len(text) < SHORTEST or len(text) > LONGEST:
        raise ConfigError(
            [
                f"the token has {len(text)} characters; {SHORTEST} to {LONGEST} are right:"
                " `openssl rand -base64 32` makes one"
            ]
        )
    return text


def _twins(keys: Sequence[Key]) -> list[str]:
    """Tell of tokens that two people share: who acts could not be told."""
    seen: dict[bytes, str] = {}
    found = []
    for key in keys:
        first = seen.setdefault(key.digest, key.person.name)
        if first != key.person.name:
            where = f"service.access.tokens.{key.person.name}.token"
            found.append(f"{where}: it is the token of {first!r}, too")
    return found


__all__ = ["LONGEST", "SHORTEST", "Key", "Keys", "digest", "keys_of"]

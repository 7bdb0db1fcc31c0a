"""The keys that a vendor publishes (a JSON Web Key Set), from a URL or a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jwt
from attrs import define, field

from ..errors import Forbidden, StoreError, Unavailable
from ..ports import Clock

MAX_AGE = 24 * 3600.0
"""Seconds for which fetched keys count: one that its vendor took back is gone after that."""
PATIENCE = 60.0
"""Seconds between two looks: tokens that name keys at random cause no more than that."""
LARGEST = 256 * 1024
"""Bytes of a key set."""
MOST = 64
"""Keys of a set that are used."""

SMALLEST = 2048
"""Bits of a key that is trusted (RFC 7518 section 3.3)."""

Read = Callable[[], Awaitable[bytes]]
"""Returns the text of the key set."""


def keys_of(text: bytes) -> Mapping[str, Any]:
    """Return the RSA keys for signatures that a key set holds, by name; others are left out.

    Raises:
        Unavailable: it is no key set, or has no such key.
    """
    try:
        listed = json.loads(text)["keys"][:MOST]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unavailable(f"the key set cannot be read: {type(error).__name__}") from None
    found = {name: key for one in listed if _signs(one) for name, key in _key(one)}
    if not found:
        raise Unavailable("the key set holds no RSA key with a name")
    return found


def _signs(key: Any) -> bool:
    return (
        isinstance(key, dict)
        and key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg") in (None, "RS256")
    )


def _key(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the key; nothing where it is broken: the others of the set still count."""
    try:
        made = jwt.PyJWK(value, "RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        return
    if isinstance(made.key_id, str) and made.key_id and made.key.key_size >= SMALLEST:
        yield made.key_id, made.key


@define(kw_only=True)
class Published:
    """The keys of one vendor as they were last read."""

    read: Read
    clock: Clock
    _keys: Mapping[str, Any] = field(factory=dict, init=False, repr=False)
    _read_at: float = field(default=float("-inf"), init=False)
    _asked_at: float = field(default=float("-inf"), init=False)
    _one_at_a_time: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    def key(self, name: str) -> Any:
        """Return the key `name`.

        Raises:
            Forbidden: it is not among them, and they were read a moment ago.
            Unavailable: `refresh` may find it.
        """
        now = self.clock.monotonic()
        if now - self._read_at > MAX_AGE:
            raise Unavailable("the published keys have not been read")
        if name in self._keys:
            return self._keys[name]
        if now - self._asked_at < PATIENCE:
            raise Forbidden("the token names a key that its issuer does not publish")
        raise Unavailable("the token names a key that may be new")

    async def refresh(self) -> None:
        """Read the keys again, unless that was done or tried within a minute.

        Raises:
            Unavailable: they cannot be read; those that were known are kept.
        """
        async with self._one_at_a_time:
            if self.clock.monotonic() - self._asked_at < PATIENCE:
                return
            self._asked_at = self.clock.monotonic()
            self._keys = keys_of(await self.read())
            self._read_at = self._asked_at


def from_file(path: Path) -> Read:
    """Return what reads a key set from a file."""

    async def read() -> bytes:
        try:
            return await asyncio.to_thread(_beginning, path)
        except OSError as error:
            raise Unavailable(f"the key set {path} cannot be read: {error.strerror}") from None

    return read


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST)


def from_url(url: str, clock: Clock, observe: Callable[[str, Mapping[str, Any]], None]) -> Read:
    """Return what reads a key set from an address, which is https or on this machine."""

    async def read() -> bytes:
        # Late, because HTTP is slow to import.
        from ..http import Client, Retries, Timeouts

        client = Client(
            url,
            clock=clock,
            observe=observe,
            max_response=LARGEST,
            # The sender of a delivery waits for this: Forge for 5 seconds in all.
            timeout=Timeouts(connect=2, read=2, attempt=3, total=4),
            retries=Retries(attempts=2),
        )
        try:
            return (await client.request("GET", url, expect_json=False)).content
        except Unavailable:
            raise
        except StoreError as error:
            raise Unavailable(f"the key set cannot be read: {error}") from error
        finally:
            await client.aclose()

    return read


__all__ = ["MAX_AGE", "PATIENCE", "Published", "Read", "from_file", "from_url", "keys_of"]

"""The one secret that must be kept: a rotating refresh token, in a file of its own."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen
from filelock import FileLock, Timeout

from .. import errors
from ..ports import Clock
from ..redaction import register

_ROOM = 16 * 1024
_WAIT = 60.0
_POLL = 0.1
_POSIX = os.name == "posix"
_BARE = re.compile(r"[A-Za-z0-9._~+/=-]{8,}")
"""The characters of a token (RFC 6750, section 2.1), which no JSON object consists of."""


@frozen(kw_only=True, repr=False)
class Tokens:
    """What the file holds."""

    refresh_token: str
    access_token: str = ""
    expires_at: datetime | None = None

    @staticmethod
    def moment(now: datetime, life: float) -> datetime:
        """Return when a token received `now` expires, `life` being seconds."""
        return now + timedelta(seconds=life)

    def life(self, now: datetime) -> float:
        """Return the seconds that the access token is still good for."""
        return (self.expires_at - now).total_seconds() if self.expires_at else 0.0


class TokenFile:
    """A file of mode 0600 that is only ever replaced whole, under a lock beside it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, tokens: Tokens) -> None:
        """Store `tokens`, durably."""
        with self.replacement() as replace:
            replace(tokens)

    def read(self) -> Tokens:
        """Return what is stored.

        Raises:
            Forbidden: there is no usable file, or others may read it.
        """
        try:
            if _POSIX and self._path.stat().st_mode & 0o077:
                raise self._unusable("may be read by others: `chmod 600` it")
            tokens = _read(self._path.read_bytes())
        except FileNotFoundError:
            raise self._unusable(
                "does not exist: authorise the app and put its refresh token into it"
            ) from None
        except OSError as error:
            raise self._unusable(f"cannot be read ({error.strerror})") from None
        except (ValueError, KeyError, TypeError):
            raise self._unusable(
                "is damaged: authorise the app again and put its refresh token into it"
            ) from None
        register(tokens.refresh_token, lasting=False)
        register(tokens.access_token, lasting=False)
        return tokens

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[None]:
        """Hold the lock; other processes wait for it.

        Raises:
            Unavailable: another process held it for a minute.
        """
        lock = FileLock(f"{self._path}.lock", mode=0o600, thread_local=False)
        until = self._clock.monotonic() + _WAIT
        while True:
            try:
                lock.acquire(blocking=False)
                break
            except Timeout:
                if self._clock.monotonic() >= until:
                    raise errors.Unavailable(
                        f"{self._path}: another process has been renewing the token for "
                        f"{_WAIT:.0f} s; end it, or try again later"
                    ) from None
                await self._clock.sleep(_POLL)
            except OSError as error:
                raise self._unusable(f"cannot be locked ({error.strerror})") from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def replacement(self) -> Iterator[Callable[[Tokens], None]]:
        """Lend a function that replaces the content atomically.

        The room for it is taken first: a full disk must be noticed before the old token is spent.

        Raises:
            Unavailable: the disk is full, or the folder cannot be written.
        """
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            with self._saving("so none was asked for"):
                draft.unlink(missing_ok=True)
                _store(draft, b"", os.O_CREAT | os.O_EXCL)
            yield lambda tokens: self._replace(draft, tokens)
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)

    def _replace(self, draft: Path, tokens: Tokens) -> None:
        with self._saving("and the old one is spent: authorise Syncline again if this goes on"):
            _store(draft, json.dumps(_fields(tokens)).encode())
            draft.replace(self._path)
            _settle(self._path.parent)

    @contextmanager
    def _saving(self, consequence: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise errors.Unavailable(
                f"{self._path}: the token cannot be saved ({error.strerror}), {consequence}; "
                "make room, or let Syncline write there"
            ) from None

    def _unusable(self, why: str) -> errors.Forbidden:
        return errors.Forbidden(f"the token file {self._path} {why}")


def _store(path: Path, content: bytes, flags: int = 0) -> None:
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0) | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        # Blanks after JSON are harmless, so the room that was taken is never given back early.
        file.write(content.ljust(_ROOM))
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Make a replacement in `folder` survive a power failure."""
    if not _POSIX:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _fields(tokens: Tokens) -> dict[str, str]:
    return {
        "refresh_token": tokens.refresh_token,
        "access_token": tokens.access_token,
        "expires_at": tokens.expires_at.isoformat() if tokens.expires_at else "",
    }


def _read(content: bytes) -> Tokens:
    """Return what a file holds: as written here, or the bare refresh token that it began with."""
    text = content.decode().strip()
    if _BARE.fullmatch(text):
        return Tokens(refresh_token=text)
    return _tokens(json.loads(text))


def _tokens(fields: dict[str, str]) -> Tokens:
    refresh, expires = fields["refresh_token"], fields.get("expires_at")
    if not isinstance(refresh, str) or not refresh:
        raise ValueError("no refresh token")
    return Tokens(
        refresh_token=refresh,
        access_token=str(fields.get("access_token") or ""),
        expires_at=datetime.fromisoformat(expires) if expires else None,
    )


__all__ = ["TokenFile", "Tokens"]

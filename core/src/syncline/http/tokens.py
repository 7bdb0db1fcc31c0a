"""OAuth 2.0: tokens that expire, obtained once for everybody who waits for one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from attrs import evolve, field, frozen

from .. import errors
from ..ports import Clock, Secret
from ..redaction import register
from ..secret import RotatingSecret
from .address import Base, Elsewhere
from .auth import Auth, BasicAuth
from .call import bare
from .client import Client
from .pace import Pace
from .tokenfile import TokenFile, Tokens
from .transport import Timeouts

_UNTOLD = 300.0
"""Seconds that a token is taken to live when the server does not say: the shortest at Genesys."""
_RETRY = 10.0
"""Seconds before a login server that was down, or that refused, is asked again."""
_TIMEOUTS = Timeouts(connect=10, read=20, attempt=30, total=120)


@frozen
class _Held:
    token: str
    renew_at: float
    expires_at: float


def _held(token: str, life: float, now: float) -> _Held:
    """Return a token that is renewed a tenth of its life, at most two minutes, too early."""
    return _Held(token, now + life - min(120.0, life / 10), now + life)


class _Renewing:
    """Keeps a bearer token; whoever needs a new one waits for the same request, and its failure."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: _Held | None = None
        self._renewal: asyncio.Task[_Held] | None = None
        self._refusal: tuple[str, int | None, float] = ("", None, 0.0)

    async def headers(self) -> dict[str, str]:
        """Return the bearer token, a new one if the old one is about to expire."""
        held = self._held
        if held is None or self._clock.monotonic() >= held.renew_at:
            held = await self._renewed(None)
        return {"Authorization": f"Bearer {held.token}"}

    async def refreshed(self) -> bool:
        """Get another token because this one was refused before its time."""
        refused, self._held = self._held, None
        await self._renewed(refused.token if refused else None)
        return True

    async def _renewed(self, refused: str | None) -> _Held:
        message, status, until = self._refusal
        if self._clock.monotonic() < until:
            refused_still = errors.Forbidden(message)
            refused_still.status = status
            raise refused_still
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew(refused))
            self._renewal.add_done_callback(self._finished)
        # One waiter that is cancelled must not take the token from the others.
        return await asyncio.shield(self._renewal)

    def _finished(self, renewal: asyncio.Task[_Held]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            # Also when every waiter has gone: an error that nobody saw is not worth a warning.
            renewal.exception()

    async def _renew(self, refused: str | None) -> _Held:
        old = self._held
        try:
            self._held = await self._obtain(refused)
        except errors.Forbidden as error:
            self._refusal = (str(error), error.status, self._clock.monotonic() + _RETRY)
            raise
        except (errors.Unavailable, errors.RateLimited):
            now = self._clock.monotonic()
            if old is None or now >= old.expires_at:
                raise
            # It was early: the old token still serves for a while.
            self._held = _Held(old.token, now + _RETRY, old.expires_at)
        return self._held

    async def _obtain(self, refused: str | None) -> _Held:
        raise TypeError("a grant says how it obtains tokens")


class TokenShare(Protocol):
    """Where processes that use one credential keep its token."""

    async def obtain(
        self, ask: Callable[[], Awaitable[tuple[str, float]]], refused: str | None
    ) -> tuple[str, float]:
        """Return a token that is not `refused`, with the seconds that it still lives.

        One of them asks, and the others wait for it.
        """
        ...


class ClientCredentials(_Renewing):
    """The client credentials grant, with HTTP Basic (Genesys Cloud: no refresh token, ask again).

    The token lives as long as the server says and is renewed a little earlier. `scope` is sent
    when given. Use one instance for every client of the credential in a process; `shared` keeps
    the token for all processes. A secret that rotates is exchanged when it is refused.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        *,
        clock: Clock,
        scope: str | None = None,
        proxy: str | None = None,
        ca_file: Path | None = None,
        timeout: Timeouts = _TIMEOUTS,
        shared: TokenShare | None = None,
    ) -> None:
        super().__init__(clock)
        self._shared = shared
        self._client_id, self._client_secret = client_id, client_secret
        self._endpoint = _Endpoint(
            url=token_url,
            auth=BasicAuth(client_id, client_secret),
            clock=clock,
            proxy=proxy,
            ca_file=ca_file,
            timeout=timeout,
        )
        self._form = {"grant_type": "client_credentials", **({"scope": scope} if scope else {})}

    async def _obtain(self, refused: str | None) -> _Held:
        if self._shared is None:
            token, life = await self._ask()
        else:
            token, life = await self._shared.obtain(self._ask, refused)
        return _held(token, life, self._clock.monotonic())

    async def _ask(self) -> tuple[str, float]:
        try:
            answer = await self._asked()
        except errors.Forbidden:
            if not await self._exchanged():
                raise
            answer = await self._asked()
        return answer.access_token, answer.life

    async def _asked(self) -> _Answer:
        advice = "check the client id, its secret and the region"
        return await self._endpoint.ask(advice, data=self._form)

    async def _exchanged(self) -> bool:
        """Take the secret that replaced the refused one; False when none did."""
        if not isinstance(self._client_secret, RotatingSecret):
            return False
        try:
            found = await self._client_secret.another()
        except errors.SynclineError:
            # Its keeper is away: the refusal is what people have to hear of.
            return False
        if found is None:
            return False
        register(found)
        self._client_secret = found
        self._endpoint = evolve(self._endpoint, auth=BasicAuth(self._client_id, found))
        return True


class RefreshToken(_Renewing):
    """A refresh token that changes with every use (Atlassian OAuth 2.0 3LO).

    `file` (mode 0600) holds the newest one, written with `TokenFile.write` at first. Processes
    that share the file share the access token, too: whoever finds it expired renews it under the
    file's lock. The new refresh token is on the disk before the new access token is used.
    """

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: Secret,
        file: Path,
        *,
        clock: Clock,
        proxy: str | None = None,
        ca_file: Path | None = None,
        timeout: Timeouts = _TIMEOUTS,
    ) -> None:
        super().__init__(clock)
        register(client_secret)
        self._client_id = client_id
        self._client_secret = client_secret
        self._file = TokenFile(file, clock)
        self._endpoint = _Endpoint(
            url=token_url, auth=None, clock=clock, proxy=proxy, ca_file=ca_file, timeout=timeout
        )

    async def _obtain(self, refused: str | None) -> _Held:
        async with self._file.locked():
            tokens = self._file.read()
            life = tokens.life(self._clock.now())
            known = {refused, self._held.token if self._held else None}
            if tokens.access_token and tokens.access_token not in known and life > 0:
                # Another process was faster.
                return _held(tokens.access_token, life, self._clock.monotonic())
            return await self._rotate(tokens)

    async def _rotate(self, tokens: Tokens) -> _Held:
        with self._file.replacement() as replace:
            answer = await self._endpoint.ask(
                "the refresh token was revoked, or unused for too long: authorise Syncline again",
                json={
                    "grant_type": "refresh_token",
                    "client_id": self._client_id,
                    "client_secret": self._client_secret.reveal(),
                    "refresh_token": tokens.refresh_token,
                },
            )
            replace(
                Tokens(
                    refresh_token=answer.refresh_token or tokens.refresh_token,
                    access_token=answer.access_token,
                    expires_at=Tokens.moment(self._clock.now(), answer.life),
                )
            )
        return _held(answer.access_token, answer.life, self._clock.monotonic())


@frozen(repr=False)
class _Answer:
    access_token: str
    refresh_token: str
    life: float


def _usable(_: object, __: object, url: str) -> None:
    try:
        Base.parse(url)
    except Elsewhere as error:
        raise errors.ConfigError([f"{bare(url)} cannot be a token URL: {error}"]) from None


@frozen(kw_only=True)
class _Endpoint:
    url: str = field(validator=_usable)
    auth: Auth | None
    clock: Clock
    proxy: str | None
    ca_file: Path | None
    timeout: Timeouts
    pace: Pace = field(factory=lambda: Pace(max_in_flight=1))
    """It outlives the clients, so that a pause the server asked for is kept."""

    async def ask(
        self, advice: str, *, data: Mapping[str, str] | None = None, json: Any = None
    ) -> _Answer:
        """Return the tokens that the server gives.

        Raises:
            Forbidden: it refuses; the message ends with `advice`.
            RateLimited: it asks for a longer pause than a call may take.
            Unavailable: it does not answer, or not with a token.
        """
        client = Client(
            self.url,
            auth=self.auth,
            clock=self.clock,
            pace=self.pace,
            timeout=self.timeout,
            max_response=2**20,
            proxy=self.proxy,
            ca_file=self.ca_file,
        )
        async with client:
            try:
                # Repeating is safe: tokens live side by side, and a refresh token may be used
                # again within minutes (Atlassian: ten).
                response = await client.request(
                    "POST", self.url, data=data, json=json, idempotent=True
                )
            except (errors.Rejected, errors.Forbidden, errors.NotFound) as error:
                raise _refused(self.url, error, advice) from None
        return _answer(self.url, response.json())


def _refused(url: str, error: errors.StoreError, advice: str) -> errors.Forbidden:
    code = error.body.get("error") if isinstance(error.body, dict) else None
    said = f" {code}" if isinstance(code, str) and code.replace("_", "").isalnum() else ""
    came = f"answered {error.status}{said}" if error.status else "cannot be asked"
    refused = errors.Forbidden(f"no token: {bare(url)} {came}; {advice}")
    refused.status, refused.trace = error.status, error.trace
    return refused


def _answer(url: str, body: Any) -> _Answer:
    match body:
        case {"access_token": str(token)} if token:
            refresh = body.get("refresh_token")
            refresh = refresh if isinstance(refresh, str) else ""
            register(token, lasting=False)
            register(refresh, lasting=False)
            return _Answer(token, refresh, _life(body.get("expires_in")))
        case _:
            raise errors.Unavailable(
                f"no token: {bare(url)} answered without an access_token; check the token URL"
            )


def _life(expires_in: Any) -> float:
    try:
        life = float(expires_in)
    except (TypeError, ValueError):
        return _UNTOLD
    return life if 0 < life < 10**9 else _UNTOLD


__all__ = ["ClientCredentials", "RefreshToken", "TokenShare"]

"""The client that adapters use: paced, repeated where that is safe, and speaking our errors."""

from __future__ import annotations

import asyncio
import json as json_codec
import logging
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve, frozen

from ..errors import ConfigError, Rejected, StoreError
from ..model import Ref
from ..ports import Clock
from ..redaction import printable
from . import failures
from .address import Base, Elsewhere, Origin, Params
from .auth import Auth
from .failures import Subject
from .gate import Cause
from .limits import retry_after
from .pace import Pace, Paused, Slot
from .response import Fault, Response, respond
from .transport import Exchange, Timeouts, Transport, encode_form
from .verdict import IDEMPOTENT, Retries, Verdict, verdict

logger = logging.getLogger(__name__)

SUCCESS: Container[int] = range(200, 300)
_HOPS = 5
_REFUSED_AGAIN = 60.0
"""Seconds in which credentials that were refused right after a renewal are not renewed again."""

Observe = Callable[[str, Mapping[str, Any]], None]


@frozen(kw_only=True)
class _Call:
    exchange: Exchange
    ref: Ref | None
    idempotent: bool
    priority: int
    expect_json: bool
    ok: Container[int]
    follow: bool
    ours: bool
    """True when it goes to the base URL's origin: only then it carries credentials."""

    @property
    def target(self) -> str:
        return f"{self.exchange.method} {urlsplit(self.exchange.url).path}"

    @property
    def subject(self) -> Subject:
        parts = urlsplit(self.exchange.url)
        return Subject(
            ref=self.ref,
            host=parts.netloc,
            method=self.exchange.method,
            path=parts.path,
            sent=failures.squeezed(self.exchange.content),
        )


class Client:
    """An HTTP client of one API and one credential.

    Paths are appended to `base_url`, which must be https (or on this machine). Absolute URLs may
    name the same host or one of `allow_hosts` (`host`, `host:port` or `.suffix`), which never get
    the credentials. The environment is not read: `proxy` and `ca_file` (PEM, added to the usual
    authorities) are settings; certificates are always verified.

    Raises:
        ConfigError: `base_url` cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        auth: Auth | None = None,
        clock: Clock,
        pace: Pace | None = None,
        observe: Observe = lambda event, fields: None,
        timeout: Timeouts = Timeouts(),  # noqa: B008  frozen
        retries: Retries = Retries(),  # noqa: B008  frozen
        max_response: int = 32 * 2**20,
        allow_hosts: frozenset[str] = frozenset(),
        proxy: str | None = None,
        ca_file: Path | None = None,
        user_agent: str = "syncline",
    ) -> None:
        try:
            self._base = Base.parse(base_url, allow_hosts)
        except Elsewhere as error:
            raise ConfigError([f"{_bare(base_url)} cannot be a base URL: {error}"]) from None
        self._auth = auth
        self._clock = clock
        self._pace = pace or Pace()
        self._pace.use(clock)
        self._observe = observe
        self._timeout = timeout
        self._retries = retries
        self._cap = max_response
        self._headers = {"Accept": "application/json", "User-Agent": user_agent}
        self._transport = Transport(
            timeouts=timeout,
            connections=self._pace.max_in_flight,
            ca_file=ca_file,
            proxy=proxy,
        )
        self._renewing = asyncio.Lock()
        self._hopeless: tuple[Mapping[str, str], float] = ({}, 0.0)

    async def request(
        self,
        method: str,
        path_or_url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        files: Any = None,
        data: Mapping[str, str] | None = None,
        ref: Ref | None = None,
        idempotent: bool | None = None,
        priority: int = 1,
        expect_json: bool = True,
        ok: Container[int] = SUCCESS,
        follow: bool = False,
    ) -> Response:
        """Return the answer, its JSON parsed.

        Faults are repeated with jittered back-off while that is safe: for GET, HEAD, PUT, DELETE
        and whatever is called `idempotent`; for others only when nothing was sent. A 429 is waited
        out for every method, a 401 leads to one renewal of the credentials. `params` that are None
        are left out and sequences repeat the name. `ok` are the statuses that are returned rather
        than raised; `follow` follows redirects of a GET, without credentials to other hosts.

        Raises:
            Rejected: 4xx, the request cannot be sent, or the answer is over the size cap.
            Forbidden: 401 (also with renewed credentials) or 403.
            NotFound: 404, 410. A body of None in the error means that no API wrote it.
            VersionMismatch: 409, 412.
            RateLimited: the server's pause outlasts the call's deadline.
            OutcomeUnknown: a request that is not idempotent may or may not have had its effect.
            Unavailable: faults and 5xx after the repetitions; nothing was written.
        """
        body, kind = _encode(path_or_url, ref, json=json, content=content, data=data, files=files)
        try:
            url = self._base.resolve(path_or_url, params)
        except Elsewhere as error:
            where = _bare(path_or_url)
            raise Rejected(f"{ref or where}: {where} was not requested: {error}", ref=ref) from None
        call = _Call(
            exchange=Exchange(
                method=method.upper(),
                url=url,
                headers={**self._headers, **kind, **(headers or {})},
                content=body,
            ),
            ref=ref,
            idempotent=method.upper() in IDEMPOTENT if idempotent is None else idempotent,
            priority=priority,
            expect_json=expect_json,
            ok=ok,
            follow=follow,
            ours=Origin.of(url) == self._base.origin,
        )
        response = await self._carry_out(call)
        return await self._follow(call, response) if follow else response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _follow(self, call: _Call, response: Response) -> Response:
        for _ in range(_HOPS):
            location = response.headers.get("location")
            if response.status not in _REDIRECTS or location is None:
                return response
            try:
                url = self._base.redirected(call.exchange.url, location)
            except Elsewhere as error:
                raise Rejected(
                    f"{call.subject.about}: {call.subject.what} leads elsewhere: {error}",
                    ref=call.ref,
                ) from None
            call = evolve(
                call,
                exchange=evolve(call.exchange, url=url),
                ours=Origin.of(url) == self._base.origin,
            )
            response = await self._carry_out(call)
        raise Rejected(
            f"{call.subject.about}: {call.subject.what} redirected {_HOPS} times", ref=call.ref
        )

    async def _carry_out(self, call: _Call) -> Response:
        ok = _Either(call.ok, _REDIRECTS) if call.follow else call.ok
        deadline = self._clock.monotonic() + self._timeout.total
        outcome: Response | Fault | None = None
        renewed = False
        failures_so_far = 0
        first = True
        while True:
            credentials = await self._credentials(call)
            try:
                async with self._pace.slot(call.priority, deadline) as slot:
                    if first:
                        # Waiting in line is our own doing: the call's time starts here.
                        deadline, first = self._clock.monotonic() + self._timeout.total, False
                    outcome = await self._attempt(call, credentials, deadline)
                    decision = verdict(outcome, idempotent=call.idempotent, ok=ok)
                    self._tell_pace(call, slot, outcome)
            except Paused as pause:
                raise _given_up(call, outcome, pause) from None
            match decision, outcome:
                case Verdict.TAKE, Response():
                    return outcome
                case Verdict.WAIT, _:
                    continue
                case Verdict.RENEW, _ if not renewed and await self._renewed(call, credentials):
                    renewed = True
                    continue
                case Verdict.RENEW, _ if renewed:
                    self._hopeless = (credentials, self._clock.monotonic() + _REFUSED_AGAIN)
                case Verdict.REPEAT, _:
                    failures_so_far += 1
                    if await self._may_repeat(call, failures_so_far, deadline):
                        continue
            raise _error(call, decision, outcome)

    async def _credentials(self, call: _Call) -> Mapping[str, str]:
        return await self._auth.headers() if self._auth and call.ours else {}

    async def _attempt(
        self, call: _Call, credentials: Mapping[str, str], deadline: float
    ) -> Response | Fault:
        started = self._clock.monotonic()
        exchange = evolve(call.exchange, headers={**call.exchange.headers, **credentials})

        def read(status: int, headers: Mapping[str, str], content: bytes) -> Response:
            return respond(status, headers, content, expect_json=call.expect_json)

        outcome: Response | Fault
        try:
            outcome = await self._transport.send(
                exchange,
                within=min(self._timeout.attempt, max(0.001, deadline - started)),
                cap=self._cap,
                read=read,
            )
        except Fault as fault:
            outcome = fault
        self._observe(
            "http.call",
            {
                "method": exchange.method,
                "path": urlsplit(exchange.url).path,
                "status": outcome.status,
                "fault": outcome.what if isinstance(outcome, Fault) else None,
                "seconds": self._clock.monotonic() - started,
            },
        )
        return outcome

    def _tell_pace(self, call: _Call, slot: Slot, outcome: Response | Fault) -> None:
        if not call.ours:
            return
        match outcome:
            case Fault():
                self._pace.failed(slot, call.target)
            case Response(status=429):
                seconds = retry_after(outcome.headers, self._clock.now())
                self._pace.throttled(slot, outcome.headers, seconds)
            case Response(status=503) if "retry-after" in outcome.headers:
                seconds = retry_after(outcome.headers, self._clock.now())
                self._pace.throttled(slot, outcome.headers, seconds)
            case Response(status=status) if status >= 500:
                self._pace.failed(slot, call.target)
            case Response():
                self._pace.answered(slot, outcome.headers)

    async def _renewed(self, call: _Call, refused: Mapping[str, str]) -> bool:
        """Return whether there are other credentials now than those that were refused."""
        if self._auth is None or not call.ours:
            return False
        async with self._renewing:
            hopeless, until = self._hopeless
            if refused == hopeless and self._clock.monotonic() < until:
                return False
            if await self._auth.headers() != refused:
                return True
            return await self._auth.refreshed()

    async def _may_repeat(self, call: _Call, failures_so_far: int, deadline: float) -> bool:
        now = self._clock.monotonic()
        delay = self._retries.delay(failures_so_far, self._pace.rng)
        if failures_so_far >= self._retries.attempts or now + delay >= deadline:
            return False
        if not self._pace.budget.allows(now):
            logger.warning("retry budget used up", extra={"target": call.target})
            return False
        self._observe("http.retry", {"target": call.target, "seconds": delay})
        await self._clock.sleep(delay)
        return True


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@frozen
class _Either:
    one: Container[int]
    other: Container[int]

    def __contains__(self, status: object) -> bool:
        return status in self.one or status in self.other


def _error(call: _Call, decision: Verdict, outcome: Response | Fault) -> StoreError:
    match decision, outcome:
        case Verdict.LOOK, _:
            return failures.unknown(call.subject, outcome)
        case _, Fault():
            return failures.failed(call.subject, outcome)
        case _, Response():
            return failures.refused(call.subject, outcome)


def _given_up(call: _Call, outcome: Response | Fault | None, pause: Paused) -> StoreError:
    match pause.cause, outcome:
        case Cause.LIMIT, Response(status=503):
            return failures.refused(call.subject, outcome)
        case Cause.LIMIT, _:
            response = outcome if isinstance(outcome, Response) else None
            return failures.throttled(call.subject, response, pause.seconds)
        case _:
            return failures.cooling(call.subject, pause.seconds)


def _encode(
    where: str,
    ref: Ref | None,
    *,
    json: Any,
    content: bytes | None,
    data: Mapping[str, str] | None,
    files: Any,
) -> tuple[bytes | None, dict[str, str]]:
    """Return the body and the header that names its type."""
    if data is not None or files is not None:
        body, kind = encode_form(data, files)
        return body, {"Content-Type": kind}
    if json is None:
        return content, {}
    try:
        text = json_codec.dumps(json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode(), {"Content-Type": "application/json"}
    except (ValueError, RecursionError):
        raise Rejected(
            f"{ref or _bare(where)}: its value cannot be sent as JSON (a lone surrogate, "
            "not a number, or too deep); edit the item",
            ref=ref,
        ) from None


def _bare(url: str) -> str:
    """Return a URL without what may be secret in it: user, password, query and fragment."""
    try:
        parts = urlsplit(url)
        host = f"//{parts.hostname}" if parts.hostname else ""
        return printable(f"{parts.scheme}:{host}{parts.path}".removeprefix(":"))
    except ValueError:
        return "the address"


__all__ = ["SUCCESS", "Client"]

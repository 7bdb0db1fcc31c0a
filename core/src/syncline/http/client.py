"""The client that adapters use: paced, repeated where that is safe, and speaking our errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import define, evolve, field

from .. import urgency
from ..errors import ConfigError, Rejected, StoreError
from ..model import Ref
from ..ports import Clock
from ..redaction import register
from ..scope import about
from ..tracing import Span
from . import failures
from .address import Base, Elsewhere, Origin, Params
from .auth import Auth
from .call import Call, bare, encode
from .gate import Cause
from .limits import retry_after
from .pace import Pace, Paused, Slot
from .response import Fault, Response, respond
from .transport import Exchange, Timeouts, Transport
from .verdict import IDEMPOTENT, Retries, Verdict, doubtful, verdict

logger = logging.getLogger(__name__)

SUCCESS: Container[int] = range(200, 300)
_HOPS = 5
_REFUSED_AGAIN = 60.0
"""Seconds in which credentials that were refused right after a renewal are not renewed again."""

Observe = Callable[[str, Mapping[str, Any]], None]
"""`observe(event, fields)` of a connector's context:

* `http.call`: every attempt (`method`, `path`, `status`, `fault`, `seconds`);
* `http.retry`: a repetition after a fault (`target`, `seconds` of back-off);
* `http.pause`: a pause that everybody shares (`seconds`, `status`);
* `http.wait`: a request that stood in line for the rate or a pause (`seconds`);
* `http.budget`: what is left of the server's own limit, when that changes (`remaining`).
"""

_NOTICEABLE = 0.01
"""Seconds of waiting in line that are worth an event."""


class Client:
    """An HTTP client of one API and one credential.

    Paths are appended to `base_url`, which must be https (or on this machine). Absolute URLs may
    name the same host or one of `allow_hosts` (`host`, `host:port` or `.suffix`), which never get
    the credentials. The environment is not read: `proxy` and `ca_file` (PEM, added to the usual
    authorities) are settings; certificates are always verified. Log lines and traces show
    its calls under the name `connection`.

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
        connection: str = "",
    ) -> None:
        try:
            self._base = Base.parse(base_url, allow_hosts)
        except Elsewhere as error:
            raise ConfigError([f"{bare(base_url)} cannot be a base URL: {error}"]) from None
        register(urlsplit(proxy or "").password or "")
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
        self._scope = {"connection": connection} if connection else {}
        self._told: int | None = None
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
        priority: int | None = None,
        expect_json: bool = True,
        ok: Container[int] = SUCCESS,
        follow: bool = False,
    ) -> Response:
        """Return the answer, its JSON parsed.

        Faults are repeated with jittered back-off while that is safe: for GET, HEAD, PUT, DELETE
        and whatever is called `idempotent`; for others only when nothing was sent. A 429 is waited
        out for every method, a 401 leads to one renewal of the credentials. `params` that are None
        are left out and sequences repeat the name. `ok` are the statuses that are returned rather
        than raised; `follow` follows redirects of a GET, without credentials to other hosts. A POST
        that is called idempotent is a query: it writes nothing. Calls wait in line by `priority`,
        lower first; left out, it is as urgent as the work that it is made for (`syncline.urgency`).

        Raises:
            Rejected: 4xx, the request cannot be sent, or the answer is over the size cap.
            Forbidden: 401 (also with renewed credentials) or 403.
            NotFound: 404, 410. A body of None in the error means that no API wrote it.
            VersionMismatch: 409, 412.
            RateLimited: the server's pause outlasts the call's deadline.
            OutcomeUnknown: a write may have had its effect, be it a PUT that kept failing or whose
                repetition was refused (`status` says how).
            Unavailable: faults and 5xx after the repetitions; nothing was written.
        """
        body, kind = encode(path_or_url, ref, json=json, content=content, data=data, files=files)
        try:
            url = self._base.resolve(path_or_url, params)
        except Elsewhere as error:
            where = bare(path_or_url)
            raise Rejected(f"{ref or where}: {where} was not requested: {error}", ref=ref) from None
        call = Call(
            exchange=Exchange(
                method=method.upper(),
                url=url,
                headers={**self._headers, **kind, **(headers or {})},
                content=body,
            ),
            ref=ref,
            idempotent=method.upper() in IDEMPOTENT if idempotent is None else idempotent,
            priority=urgency.priority() if priority is None else priority,
            expect_json=expect_json and method.upper() != "HEAD",
            ok=ok,
            follow=follow and method.upper() in ("GET", "HEAD"),
            ours=Origin.of(url) == self._base.origin,
        )
        response = await self._carry_out(call)
        return await self._follow(call, response) if call.follow else response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def _follow(self, call: Call, response: Response) -> Response:
        hops = 0
        while response.status not in call.ok:
            if hops == _HOPS:
                raise Rejected(
                    f"{call.subject.about}: {call.subject.what} redirects more than {_HOPS} times",
                    ref=call.ref,
                )
            call = self._redirected(call, response)
            response = await self._carry_out(call)
            hops += 1
        return response

    def _redirected(self, call: Call, response: Response) -> Call:
        location = response.headers.get("location")
        if location is None:
            raise failures.refused(call.subject, response)
        try:
            url = self._base.redirected(call.exchange.url, location)
        except Elsewhere as error:
            raise Rejected(
                f"{call.subject.about}: {call.subject.what} redirects elsewhere: {error}",
                ref=call.ref,
            ) from None
        # Whoever has left the origin once is not trusted to lead back to it.
        ours = call.ours and Origin.of(url) == self._base.origin
        headers = call.exchange.headers if ours else self._headers
        return evolve(call, exchange=evolve(call.exchange, url=url, headers=headers), ours=ours)

    async def _carry_out(self, call: Call) -> Response:
        progress = _Progress(deadline=self._clock.monotonic() + self._timeout.total)
        while True:
            # Nobody waits in line without credentials to send.
            await self._credentials(call)
            outcome = await self._in_turn(call, progress)
            progress.doubt |= call.writes and doubtful(outcome)
            match verdict(outcome, idempotent=call.idempotent, ok=call.taken), outcome:
                case Verdict.TAKE, Response():
                    return outcome
                case Verdict.WAIT, _ if call.ours:
                    # The pause is the pace's, for everybody: the next turn comes after it.
                    continue
                case Verdict.RENEW, _ if await self._renewed(call, progress):
                    continue
                case ((Verdict.REPEAT | Verdict.WAIT), _) if await self._may_repeat(call, progress):
                    continue
            raise _error(call, outcome, progress.doubt)

    async def _in_turn(self, call: Call, progress: _Progress) -> Response | Fault:
        asked = self._clock.monotonic()
        try:
            async with self._pace.slot(call.priority, progress.deadline) as slot:
                self._waited(self._clock.monotonic() - asked)
                if progress.outcome is None:
                    # Waiting in line is our own doing: the call's time starts here.
                    progress.deadline = self._clock.monotonic() + self._timeout.total
                # The wait may have been longer than a token lives.
                progress.credentials = await self._credentials(call)
                outcome = await self._attempt(call, progress.credentials, progress.deadline)
                self._tell_pace(call, slot, outcome)
        except Paused as pause:
            raise _given_up(call, progress, pause) from None
        progress.outcome = outcome
        return outcome

    def _waited(self, seconds: float) -> None:
        if seconds > _NOTICEABLE:
            self._observe("http.wait", {"seconds": seconds})

    async def _credentials(self, call: Call) -> Mapping[str, str]:
        if self._auth is None or not call.ours:
            return {}
        try:
            return await self._auth.headers()
        except StoreError as error:
            error.ref = error.ref or call.ref
            raise

    async def _attempt(
        self, call: Call, credentials: Mapping[str, str], deadline: float
    ) -> Response | Fault:
        started = self._clock.monotonic()
        headers = {**call.exchange.headers, **credentials}
        exchange = evolve(call.exchange, headers=headers, writes=call.writes)

        def read(status: int, headers: Mapping[str, str], content: bytes) -> Response:
            return respond(status, headers, content, expect_json=call.expect_json)

        outcome: Response | Fault
        with about("call", **self._scope) as span:
            try:
                outcome = await self._transport.send(
                    exchange,
                    within=min(self._timeout.attempt, max(0.001, deadline - started)),
                    cap=self._cap,
                    read=read,
                )
            except Fault as fault:
                outcome = fault
            _describe(span, exchange, outcome)
            self._report(exchange, outcome, self._clock.monotonic() - started)
        return outcome

    def _report(self, exchange: Exchange, outcome: Response | Fault, seconds: float) -> None:
        fields = {
            "method": exchange.method,
            "path": urlsplit(exchange.url).path,
            "status": outcome.status,
            "fault": outcome.what if isinstance(outcome, Fault) else None,
            "seconds": seconds,
        }
        self._observe("http.call", fields)
        logger.debug("call", extra=fields)

    def _tell_pace(self, call: Call, slot: Slot, outcome: Response | Fault) -> None:
        if not call.ours:
            return
        match outcome:
            case Fault(again=True):
                self._pace.failed(slot, call.target)
            case Fault():
                # The request's or the answer's fault: it says nothing about the host.
                return
            case Response(status=status) if status == 429 or (
                status == 503 and "retry-after" in outcome.headers
            ):
                seconds = retry_after(outcome.headers, self._clock.now())
                self._pace.throttled(slot, outcome.headers, seconds)
                self._observe("http.pause", {"seconds": self._pace.paused_for, "status": status})
            case Response(status=status) if status >= 500:
                self._pace.failed(slot, call.target)
            case Response():
                self._pace.answered(slot, outcome.headers)
        self._tell_budget()

    def _tell_budget(self) -> None:
        left = self._pace.remaining
        if left is not None and left != self._told:
            self._told = left
            self._observe("http.budget", {"remaining": left})

    async def _renewed(self, call: Call, progress: _Progress) -> bool:
        """Return whether there are other credentials now than those that were refused."""
        if self._auth is None or not call.ours:
            return False
        refused = progress.credentials
        now = self._clock.monotonic()
        if progress.renewed:
            self._hopeless = (refused, now + _REFUSED_AGAIN)
            return False
        progress.renewed = True
        async with self._renewing:
            hopeless, until = self._hopeless
            if refused == hopeless and now < until:
                return False
            if await self._auth.headers() != refused:
                return True
            return await self._auth.refreshed()

    async def _may_repeat(self, call: Call, progress: _Progress) -> bool:
        """Return, after the back-off, whether the call may be sent again."""
        progress.failures += 1
        now = self._clock.monotonic()
        delay = self._retries.delay(progress.failures, self._pace.rng)
        if not call.ours and isinstance(progress.outcome, Response):
            # Another host has no part in the pause that everybody shares.
            told = retry_after(progress.outcome.headers, self._clock.now())
            delay = max(delay, told or 0.0)
        if progress.failures >= self._retries.attempts or now + delay >= progress.deadline:
            return False
        if not self._pace.budget.allows(now):
            logger.warning("the retry budget is used up", extra={"target": call.target})
            return False
        self._observe("http.retry", {"target": call.target, "seconds": delay})
        await self._clock.sleep(delay)
        return True


@define
class _Progress:
    """Where a call stands between its attempts."""

    deadline: float
    outcome: Response | Fault | None = None
    failures: int = 0
    renewed: bool = False
    doubt: bool = False
    """True when an attempt to write may have had its effect."""
    credentials: Mapping[str, str] = field(factory=dict)
    """The headers that the latest attempt was sent with."""


def _describe(span: Span, exchange: Exchange, outcome: Response | Fault) -> None:
    """Say what a trace may know of a call: no path, which may hold a title or a file's name."""
    span.note("http.request.method", exchange.method)
    span.note("server.address", urlsplit(exchange.url).hostname or "")
    if outcome.status is not None:
        span.note("http.response.status_code", outcome.status)
    if isinstance(outcome, Fault):
        span.note("error.type", type(outcome).__name__)


def _error(call: Call, outcome: Response | Fault, doubt: bool) -> StoreError:
    match outcome:
        case Response(status=404 | 410):
            return failures.refused(call.subject, outcome)
        case _ if doubt:
            # Also when a repetition was refused, by a 409 for example: by our own first attempt?
            return failures.unknown(call.subject, outcome)
        case Fault():
            return failures.failed(call.subject, outcome)
        case Response():
            return failures.refused(call.subject, outcome)


def _given_up(call: Call, progress: _Progress, pause: Paused) -> StoreError:
    last = progress.outcome
    match last, pause.cause:
        case ((Response() | Fault()), _) if progress.doubt:
            return failures.unknown(call.subject, last)
        case Response(status=503), Cause.LIMIT:
            return failures.refused(call.subject, last)
        case _, Cause.LIMIT:
            response = last if isinstance(last, Response) else None
            return failures.throttled(call.subject, response, pause.seconds)
        case _:
            return failures.cooling(call.subject, pause.seconds)


__all__ = ["SUCCESS", "Client"]

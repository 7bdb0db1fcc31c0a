"""`POST /webhooks/<connection>`: who sent it is proved, its hint is stored, it is answered."""

from __future__ import annotations

import time
from urllib.parse import unquote

from attrs import frozen
from starlette.types import Receive, Scope, Send

from syncline.clock import SystemClock
from syncline.engine.opening import context_of
from syncline.errors import Forbidden, Rejected, StateError, Unavailable
from syncline.ports import Clock, Hints, KeyedWebhook, Reply, Webhook, WebhookRequest

from . import answers, bodies
from .answers import Answer
from .complaints import Complaints
from .desk import Desk
from .limits import Limits
from .rates import Rates
from .receivers import Receivers
from .room import Full, Room, TooLarge
from .sources import Sources
from .storing import Busy, Storing

PREFIX = "/webhooks/"
HEALTH = "/healthz"


@frozen(kw_only=True)
class Verdict:
    """How one delivery ended."""

    result: str
    """accepted, repeated, refused, invalid, limited, too-large, slow, unknown, unavailable."""
    answer: Answer
    reason: str = ""
    """Why it was turned away, for the log: nothing of the delivery itself."""


class Intake:
    """The ASGI application of the listener for webhooks."""

    def __init__(
        self, desk: Desk, *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self._desk = desk
        self._given = limits
        self._clock = clock or SystemClock()
        self._complaints = Complaints(self._clock.monotonic)
        self._configure()

    def _configure(self) -> None:
        desk, intake = self._desk, self._desk.config.service.intake
        self.limits = self._given or Limits.of(intake)
        self._receivers = Receivers(
            desk.config, lambda name: context_of(name, desk.state, self._clock)
        )
        self._sources = Sources(intake.proxies)
        self._rates = Rates(
            self.limits.rate, self.limits.burst, self.limits.sources, self._clock.monotonic
        )
        self._room = Room(self.limits.readers, self.limits.buffered)
        self._storing = Storing(
            desk=desk,
            clock=self._clock,
            remember=intake.age,
            room=self.limits.waiting,
        )

    async def open(self) -> None:
        """Open every webhook of the configuration: for a service that shall not start half.

        Raises:
            ConfigError: everything that keeps one from being opened.
        """
        await self._receivers.open_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":  # a socket that nobody here speaks
            await send({"type": "websocket.close", "code": 1000})
            return
        started = time.perf_counter()
        path = _path(scope)
        if not path.startswith(PREFIX):
            await _health(scope, path).send(send)
            return
        if self._receivers.config is not self._desk.config:
            self._configure()
        name = unquote(path.removeprefix(PREFIX))
        known = name if self._receivers.knows(name) else ""
        try:
            verdict = await self._verdict(scope, receive, known)
        except bodies.Gone:
            return
        seconds = time.perf_counter() - started
        self._desk.emit("webhook", connection=known, result=verdict.result, seconds=seconds)
        if verdict.reason:
            self._complaints.hear(known, verdict.result, verdict.reason)
        await verdict.answer.send(send)

    async def _verdict(self, scope: Scope, receive: Receive, name: str) -> Verdict:
        if wait := self._rates.wait(self._sources.of(scope)):
            return Verdict(
                result="limited", answer=answers.limited(wait), reason="one source sends too often"
            )
        if not name:
            return Verdict(result="unknown", answer=answers.UNKNOWN)
        if scope["method"] != "POST":
            return Verdict(result="invalid", answer=answers.only(b"POST"))
        if sum(len(k) + len(v) for k, v in scope["headers"]) > self.limits.headers:
            return Verdict(result="too-large", answer=answers.HEADERS_TOO_LARGE)
        try:
            body = await bodies.read(scope, receive, self._room, self.limits)
        except TooLarge:
            return Verdict(
                result="too-large",
                answer=answers.TOO_LARGE,
                reason=f"the body has more than {self.limits.body} bytes",
            )
        except bodies.TooSlow:
            return Verdict(
                result="slow", answer=answers.SLOW, reason="the body did not arrive in time"
            )
        except Full:
            return _unavailable("too many bodies are under way")
        return await self._judged(name, self._request(scope, body))

    def _request(self, scope: Scope, body: bytes) -> WebhookRequest:
        raw = scope.get("raw_path") or scope["path"].encode()
        return WebhookRequest(
            method=scope["method"],
            path=raw.decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in scope["headers"]
            ),
            body=body,
            received_at=self._clock.now(),
        )

    async def _judged(self, name: str, request: WebhookRequest) -> Verdict:
        try:
            webhook = self._receivers.at_hand(name) or await self._receivers.open(name)
            said = await _said(webhook, request)
            if isinstance(said, Reply):
                return Verdict(result="accepted", answer=_replied(said))
            return Verdict(result=await self._storing.store(name, said), answer=answers.ACCEPTED)
        except Forbidden as error:
            return Verdict(result="refused", answer=answers.REFUSED, reason=str(error))
        except Rejected as error:
            return Verdict(result="invalid", answer=answers.INVALID, reason=str(error))
        except (Unavailable, StateError) as error:
            return _unavailable(str(error))
        except Busy:
            return _unavailable("too many deliveries wait for the disk")
        except Exception as error:
            # A defect of a connector, or of the file: never answered as if it had been stored. Of
            # the error only its kind is said, since its text may hold a part of the delivery.
            return _unavailable(f"{type(error).__name__} in the receiver")


async def _said(webhook: Webhook, request: WebhookRequest) -> Hints | Reply:
    """Return what a delivery says; published keys that are not at hand are fetched once."""
    try:
        return webhook.receive(request)
    except Unavailable:
        if not isinstance(webhook, KeyedWebhook):
            raise
    await webhook.refresh()
    return webhook.receive(request)


def _unavailable(reason: str) -> Verdict:
    return Verdict(result="unavailable", answer=answers.UNAVAILABLE, reason=reason)


def _replied(reply: Reply) -> Answer:
    return Answer(
        status=reply.status, body=reply.body, content_type=reply.content_type.encode("latin-1")
    )


def _path(scope: Scope) -> str:
    """Return the path below where the application is mounted, still percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").removeprefix(scope.get("root_path", "").rstrip("/"))


def _health(scope: Scope, path: str) -> Answer:
    if path != HEALTH:
        return answers.UNKNOWN
    return answers.HEALTHY if scope["method"] in ("GET", "HEAD") else answers.only(b"GET, HEAD")


async def _lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


__all__ = ["HEALTH", "PREFIX", "Intake", "Verdict"]

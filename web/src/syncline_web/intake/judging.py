"""From a request to a verdict: is there room, who sent it, what does it say, is it stored."""

from __future__ import annotations

from attrs import evolve, frozen
from starlette.types import Receive, Scope

from syncline.connector import Context
from syncline.engine.opening.stores import context_of
from syncline.errors import Forbidden, Rejected, StateError, Unavailable
from syncline.ports import Clock, Hints, KeyedWebhook, Reply, Webhook, WebhookRequest

from . import answers, bodies
from .answers import Answer
from .desk import Desk
from .limits import Limits
from .rates import Rates
from .receivers import Receivers
from .room import Full, Room, TooLarge
from .sources import Sources
from .storing import Busy, Storing


@frozen(kw_only=True)
class Verdict:
    """How one delivery ended."""

    result: str
    """accepted, repeated, refused, invalid, limited, too-large, slow, unknown or unavailable."""
    answer: Answer
    reason: str = ""
    """Why it was turned away, for the log: nothing of the delivery itself."""


UNKNOWN = Verdict(result="unknown", answer=answers.UNKNOWN)
NOT_POSTED = Verdict(result="invalid", answer=answers.only(b"POST"))
HEADERS_TOO_LARGE = Verdict(result="too-large", answer=answers.HEADERS_TOO_LARGE)


class Judge:
    """Judges deliveries by one configuration."""

    def __init__(self, desk: Desk, limits: Limits | None, clock: Clock) -> None:
        self.config = desk.config
        intake = self.config.service.intake
        self.limits = limits or Limits.of(intake)
        self.room = Room(self.limits.readers, self.limits.buffered)
        self._clock = clock

        def context(name: str) -> Context:
            lent = context_of(name, desk.state, clock)
            return evolve(lent, age=intake.age, ahead=intake.ahead)

        self.receivers = Receivers(self.config, context)
        self._sources = Sources(intake.proxies)
        self._rates = Rates(
            self.limits.rate, self.limits.burst, self.limits.sources, clock.monotonic
        )
        self._storing = Storing(
            desk=desk, clock=clock, remember=intake.age, room=self.limits.waiting
        )

    async def judge(self, scope: Scope, receive: Receive, name: str) -> Verdict:
        """Return how a delivery to connection `name` ends; no name is one that is not known.

        Raises:
            Gone: the sender hung up before the end of its body.
        """
        if verdict := self._unread(scope, name):
            return verdict
        try:
            body = await bodies.read(scope, receive, self.room, self.limits)
        except (TooLarge, bodies.TooSlow, Full) as error:
            return _unreadable(error)
        try:
            return await self._read(name, self._request(scope, body))
        except Exception as error:
            return _turned_away(error)

    def _unread(self, scope: Scope, name: str) -> Verdict | None:
        """Return the verdict on a delivery whose body need not be read."""
        # First of all: what is turned away for another reason costs something, too.
        if wait := self._rates.wait(self._sources.of(scope)):
            reason = "one source sends too often"
            return Verdict(result="limited", answer=answers.limited(wait), reason=reason)
        if not name:
            return UNKNOWN
        if scope["method"] != "POST":
            return NOT_POSTED
        size = sum(len(key) + len(value) for key, value in scope["headers"])
        return HEADERS_TOO_LARGE if size > self.limits.headers else None

    def _request(self, scope: Scope, body: bytes) -> WebhookRequest:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        return WebhookRequest(
            method=scope["method"],
            path=raw.decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple(
                (key.decode("latin-1"), value.decode("latin-1")) for key, value in scope["headers"]
            ),
            body=body,
            received_at=self._clock.now(),
        )

    async def _read(self, name: str, request: WebhookRequest) -> Verdict:
        webhook = self.receivers.at_hand(name) or await self.receivers.open(name)
        said = await _said(webhook, request)
        if isinstance(said, Reply):
            return Verdict(result="accepted", answer=_replied(said))
        return Verdict(result=await self._storing.store(name, said), answer=answers.ACCEPTED)


async def _said(webhook: Webhook, request: WebhookRequest) -> Hints | Reply:
    """Return what a delivery says; published keys that are not at hand are fetched once."""
    try:
        return webhook.receive(request)
    except Unavailable:
        if not isinstance(webhook, KeyedWebhook):
            raise
    await webhook.refresh()
    return webhook.receive(request)


def _replied(reply: Reply) -> Answer:
    kind = reply.content_type.encode("latin-1")
    return Answer(status=reply.status, body=reply.body, content_type=kind)


def _unreadable(error: Exception) -> Verdict:
    match error:
        case TooLarge():
            reason = "the body is over the limit service.intake.body"
            return Verdict(result="too-large", answer=answers.TOO_LARGE, reason=reason)
        case Full():
            return _unavailable("too many bodies are under way")
        case _:
            reason = "the body did not arrive in time"
            return Verdict(result="slow", answer=answers.SLOW, reason=reason)


def _turned_away(error: Exception) -> Verdict:
    match error:
        case Forbidden():
            return Verdict(result="refused", answer=answers.REFUSED, reason=str(error))
        case Rejected():
            return Verdict(result="invalid", answer=answers.INVALID, reason=str(error))
        case Unavailable() | StateError():
            return _unavailable(str(error))
        case Busy():
            return _unavailable("too many deliveries wait for the disk")
        case _:
            # A defect of a connector, or of the file: never answered as if it had been stored. Of
            # the error only its kind is said, since its text may hold a part of the delivery.
            return _unavailable(f"{type(error).__name__} in the receiver")


def _unavailable(reason: str) -> Verdict:
    return Verdict(result="unavailable", answer=answers.UNAVAILABLE, reason=reason)


__all__ = ["Judge", "Verdict"]

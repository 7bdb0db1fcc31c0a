"""`POST /webhooks/<connection>`: who sent it is proved, its hint is stored, it is answered."""

from __future__ import annotations

import time
from urllib.parse import unquote

from starlette.types import Receive, Scope, Send

from syncline.clock import SystemClock
from syncline.ports import Clock

from . import answers
from .answers import Answer
from .bodies import Gone
from .complaints import Complaints
from .desk import Desk
from .judging import Judge
from .limits import Limits

PREFIX = "/webhooks/"
HEALTH = "/healthz"


class Intake:
    """The ASGI application of the listener for webhooks.

    Each delivery is told to `desk.emit` as `webhook {connection, result, seconds}`; the connection
    is empty where there is none of that name.
    """

    def __init__(
        self, desk: Desk, *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self._desk = desk
        self._limits = limits
        self._clock = clock or SystemClock()
        self._complaints = Complaints(self._clock.monotonic)
        self._judge = Judge(desk, limits, self._clock)

    @property
    def judge(self) -> Judge:
        """What judges deliveries, by the configuration as it is now."""
        if self._judge.config is not self._desk.config:
            self._judge = Judge(self._desk, self._limits, self._clock)
        return self._judge

    async def open(self) -> None:
        """Open every webhook of the configuration: for a service that shall not start half.

        Raises:
            ConfigError: everything that keeps one from being opened.
        """
        await self.judge.receivers.open_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] != "http":  # a socket that nobody here speaks
            await send({"type": "websocket.close", "code": 1000})
        elif (path := _path(scope)).startswith(PREFIX):
            await self._take(unquote(path.removeprefix(PREFIX)), scope, receive, send)
        else:
            await _elsewhere(scope, path).send(send)

    async def _take(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        started, judge = time.perf_counter(), self.judge
        # A name that is not configured goes no further: it may be anything, and any number.
        known = name if judge.receivers.knows(name) else ""
        try:
            verdict = await judge.judge(scope, receive, known)
        except Gone:
            return
        seconds = time.perf_counter() - started
        self._desk.emit("webhook", connection=known, result=verdict.result, seconds=seconds)
        if verdict.reason:
            self._complaints.hear(known, verdict.result, verdict.reason)
        await verdict.answer.send(send)


def _path(scope: Scope) -> str:
    """Return the path below where the application is mounted, still percent-encoded."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1").removeprefix(scope.get("root_path", "").rstrip("/"))


def _elsewhere(scope: Scope, path: str) -> Answer:
    if path != HEALTH:
        return answers.UNKNOWN
    return answers.HEALTHY if scope["method"] in ("GET", "HEAD") else answers.only(b"GET, HEAD")


async def _lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})


__all__ = ["HEALTH", "PREFIX", "Intake"]

"""How a request goes through a simulator: log, latency, faults, rate limit, the system itself."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from .calls import CallLog
from .clock import SimClock
from .deliveries import deliver
from .exchange import Exchange
from .faults import FaultBook
from .front import Connection, Front, Received
from .rates import RateLimiter
from .reply import asgi_scope
from .simulator import SIDE, Answer, Operated, Simulator


class Site:
    """One simulator behind its public address."""

    def __init__(
        self,
        simulator: Simulator,
        *,
        clock: SimClock,
        limiter: RateLimiter,
        faults: FaultBook,
        latency: float = 0.0,
    ) -> None:
        self.simulator = simulator
        self.clock = clock
        self.limiter = limiter
        self.faults = faults
        self.latency = latency
        self.calls = CallLog()
        self.front = Front(self.handle)
        self.side = Front(self.handle)
        self._path = simulator.operation if isinstance(simulator, Operated) else _path
        self.app = answering(Router(simulator.routes(), redirect_slashes=False))

    async def handle(self, received: Received, connection: Connection) -> None:
        """Answer one request, or do to it what a fault demands."""
        scope = {**asgi_scope(received, connection.front.port), SIDE: self.side.url}
        who = self.simulator.credential(Request(scope))
        path = self._path(scope, received.body)
        query = received.target.partition(b"?")[2].decode("latin-1")
        call = self.calls.arrived(
            method=received.method, path=path, query=query, credential=who, at=self.clock.now()
        )
        drawn = self.faults.draw(received.method, path, who)
        exchange = Exchange(
            site=self, received=received, connection=connection, call=call, scope=scope, drawn=drawn
        )
        await deliver(exchange)


def _path(scope: Scope, body: bytes) -> str:
    return str(scope["path"])


def answering(app: ASGIApp) -> ASGIApp:
    """The application, with `Answer`s turned into the responses that they carry."""

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Answer as answer:
            await answer.response(scope, receive, send)

    return answered

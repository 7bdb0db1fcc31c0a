"""One request on its way through a simulator."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
from starlette.types import Scope

from .calls import Call
from .faults import Fault
from .front import Connection, Received
from .listing import listing_scope
from .reply import Reply, ask, from_response

if TYPE_CHECKING:
    from .site import Site

logger = logging.getLogger(__name__)


@attrs.define(kw_only=True)
class Exchange:
    """One request on its way through the site."""

    site: Site
    received: Received
    connection: Connection
    call: Call
    scope: Scope
    drawn: Sequence[Fault]

    async def apply(self) -> Reply:
        """Let the system carry the request out; its answer, or its 429."""
        simulator = self.site.simulator
        verdict = self.site.limiter.take(self.call.credential)
        if verdict is not None and not verdict.granted:
            reply = from_response(simulator.rate_limited(verdict.reset, "seconds"))
        else:
            reply = await self._system()
        self.call.status = reply.status
        rates = {} if verdict is None else simulator.rate_headers(verdict)
        return reply.with_headers({"Date": self.site.clock.http_date(), **rates})

    async def _system(self) -> Reply:
        scope = {**self.scope, **listing_scope(self.drawn)}
        try:
            return await ask(self.site.app, scope, self.received.body)
        except Exception:
            # A defect of the simulator itself: seen on stderr and as a 500, never as a hang.
            logger.exception("the simulator broke on %s %s", self.call.method, self.call.path)
            return from_response(self.site.simulator.unavailable(500))

    def send(self, reply: Reply) -> None:
        """Answer in order."""
        if not reply.has(b"date"):
            reply = reply.with_headers({"Date": self.site.clock.http_date()})
        self.connection.write(reply.wire(self.received.method))

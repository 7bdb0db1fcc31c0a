"""What one simulated vendor system offers to the kernel that serves it."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from .clock import SimClock
from .duration import Rate
from .ids import Ids
from .rates import Verdict

RetryAfter = Literal["seconds", "date", "garbage", "missing"]
"""How a 429 says when to come back; real systems and the proxies before them do all of these."""


SIDE = "syncline.side"


def side_url(request: Request) -> str:
    """The simulator's second public address, on another port: where vendors keep files that are
    fetched or uploaded by signed URLs. Every route answers there too."""
    return str(request.scope[SIDE])


class Impossible(Exception):
    """The vendor's product does not let a person do that now; the text is the reason (409)."""


class BadAction(Exception):
    """The action itself is malformed or names something unknown; the text says what (400)."""


class Answer(Exception):
    """Raised anywhere in a route to answer the request with `response` at once."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__(f"answer {response.status_code}")


def _no_loop(work: Awaitable[None]) -> object:
    raise RuntimeError("a simulator that is not served has no background")


@attrs.frozen(kw_only=True)
class Options:
    """What a simulator is built with."""

    clock: SimClock = attrs.field(factory=SimClock)
    ids: Ids = attrs.field(factory=Ids)
    seed: int = 0
    rate: Rate | None = None
    """The limit of each credential, for what a simulator tells about it."""
    own: Mapping[str, Any] = attrs.field(factory=dict)
    """Options that this system alone has, by the names that its actions give them."""
    spawn: Callable[[Awaitable[None]], object] = _no_loop
    """Runs work in the background until the service stops; only while it serves."""


class Simulator(Protocol):
    """One vendor system in memory. Everything runs in one event loop: no locks are needed.

    Each package `syncline_simulators.<system>` offers `build(options: Options) -> Simulator`.
    Endpoints of `routes()` are `async def` (Starlette runs others in threads), include a last
    route that answers unknown paths as the vendor does, and never block. A route may raise
    `Answer(response)`.
    """

    @property
    def system(self) -> str:
        """The name after `syncline simulate`."""
        ...

    def routes(self) -> Sequence[BaseRoute]:
        """The vendor's API, its paths exactly as the vendor has them."""
        ...

    def load(self, path: Path) -> list[dict[str, str]]:
        """Load content from a folder or file; return what was refused as `{"file", "reason"}`.

        Raises:
            ValueError: the whole of it cannot be used; the text says why.
        """
        ...

    def items(self) -> list[dict[str, Any]]:
        """Every item as people see it: `id, title, body, state, version, parent, restricted,
        labels` and what the system adds; trashed ones included."""
        ...

    def item(self, item_id: str) -> dict[str, Any] | None:
        """One item as in `items()`, or `None`."""
        ...

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person would do in the product, and return the item.

        Raises:
            Impossible: the product refuses it.
            BadAction: the action is malformed.
        """
        ...

    def connection(self, url: str) -> dict[str, Any]:
        """The table to put under `[connections.<name>]` to reach this simulator at `url`."""
        ...

    def env(self) -> dict[str, str]:
        """The environment variables that the secret references of `connection` name."""
        ...

    def credential(self, request: Request) -> str | None:
        """Whose rate budget a call is on: a name, never a secret; `None` for calls without one."""
        ...

    def rate_limited(self, retry_after: float, form: RetryAfter) -> Response:
        """The vendor's 429; `retry_after_header` writes the header."""
        ...

    def rate_headers(self, verdict: Verdict) -> dict[str, str]:
        """The headers by which every answer tells the state of the limit."""
        ...

    def unavailable(self, status: int) -> Response:
        """The vendor's own error body for a 5xx (or another status that a fault asks for)."""
        ...

    def expire_tokens(self) -> None:
        """Make every access token issued so far invalid, as time would."""
        ...


@runtime_checkable
class Backed(Simulator, Protocol):
    """A simulator with something behind it: a process, or work that goes on by itself."""

    async def begin(self) -> None:
        """Start what goes on while it is served; the event loop is that of its requests."""
        ...

    def end(self) -> None:
        """Stop everything behind it; may be called without `begin`, and twice."""
        ...


@runtime_checkable
class Operated(Simulator, Protocol):
    """A simulator whose vendor tells its operations apart by more than the path."""

    def operation(self, scope: Scope, body: bytes) -> str:
        """What the call log shows as the path, and what faults are matched with."""
        ...


@runtime_checkable
class Administered(Simulator, Protocol):
    """A simulator with something of its own at the admin address."""

    def admin_routes(self) -> Sequence[Route]:
        """What is found there beside what all simulators have."""
        ...


def retry_after_header(retry_after: float, form: RetryAfter) -> dict[str, str]:
    """The `Retry-After` header in this form, or none. Dates follow the wall clock: they are read
    by programs that know nothing of the simulated time."""
    match form:
        case "seconds":
            return {"Retry-After": str(max(0, math.ceil(retry_after)))}
        case "date":
            moment = datetime.now(timezone.utc) + timedelta(seconds=retry_after)
            return {"Retry-After": format_datetime(moment, usegmt=True)}
        case "garbage":
            return {"Retry-After": "soon"}
        case "missing":
            return {}

"""Confluence Cloud as a simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from ..kernel import Options, RetryAfter, Verdict, retry_after_header
from .acts import act
from .api import api_routes
from .api.shapes_v2 import time
from .items import item
from .loading import load
from .site import settle
from .wiki import Wiki

UNLIMITED = 200.0
"""Requests per second that a connector may plan with when there is no limit."""
NEAR_LIMIT = 0.2
"""Share of the limit under which answers say that it is near."""


class ConfluenceSimulator:
    """One Confluence Cloud site in memory."""

    system = "confluence"

    def __init__(self, options: Options) -> None:
        self._clock = options.clock
        limit = options.rate
        self._pace = UNLIMITED if limit is None else limit.allowed / limit.seconds
        self._wiki = Wiki(options.ids, options.clock, options.spawn)
        self._people, self._credentials, self._space = settle(self._wiki)

    def routes(self) -> Sequence[BaseRoute]:
        """REST v2 and v1, the gateway, OAuth, the media host."""
        return api_routes(self._wiki)

    def load(self, path: Path) -> list[dict[str, str]]:
        """Load storage-format pages; what is not well-formed is refused as the vendor would."""
        return load(self._wiki, self._people.editor, self._space, path)

    def items(self) -> list[dict[str, Any]]:
        """Every page and folder, deleted and archived ones included."""
        self._wiki.schedule.settle()
        return [item(self._wiki, content) for content in self._wiki.contents.values()]

    def item(self, item_id: str) -> dict[str, Any] | None:
        """One page or folder."""
        self._wiki.schedule.settle()
        content = self._wiki.contents.get(item_id)
        return None if content is None else item(self._wiki, content)

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Act as a person; see `docs/simulators.md`."""
        return act(self._wiki, self._people.editor, self._space, action)

    def connection(self, url: str) -> dict[str, Any]:
        """A connection by API token on the site's own address, at the pace that is allowed.

        `gateway` and `login` serve those who add `cloud_id` or an OAuth client to it.
        """
        return {
            "connector": "confluence",
            "site": url,
            "user": self._people.sync.email,
            "token": {"env": "CONFLUENCE_TOKEN"},
            "space": self._space.key,
            "requests_per_second": self._pace,
            "media_hosts": ["127.0.0.1"],
            "gateway": url,
            "login": url,
        }

    def env(self) -> dict[str, str]:
        """`CONFLUENCE_TOKEN`, and what the other ways to authenticate need."""
        return {
            "CONFLUENCE_TOKEN": self._credentials.token,
            "CONFLUENCE_SCOPED_TOKEN": self._credentials.scoped_token,
            "CONFLUENCE_CLOUD_ID": self._wiki.cloud_id,
            "CONFLUENCE_CLIENT_ID": self._credentials.client_id,
            "CONFLUENCE_CLIENT_SECRET": self._credentials.client_secret,
            "CONFLUENCE_REFRESH_TOKEN": self._credentials.refresh_token,
            "CONFLUENCE_EDITOR_TOKEN": self._credentials.editor_token,
            "CONFLUENCE_AGENT_TOKEN": self._credentials.agent_token,
        }

    def credential(self, request: Request) -> str | None:
        """The e-mail address or OAuth client that the call is made for."""
        session = self._wiki.directory.session(request.headers.get("authorization"))
        return None if session is None else session.name

    def rate_limited(self, retry_after: float, form: RetryAfter) -> Response:
        """429 by a burst limit."""
        reset = self._clock.now() + timedelta(seconds=retry_after)
        headers = {
            **retry_after_header(retry_after, form),
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": time(reset),
            "RateLimit-Reason": "confluence-burst-based",
        }
        return JSONResponse({"code": 429, "message": "Rate limit exceeded"}, 429, headers)

    def rate_headers(self, verdict: Verdict) -> dict[str, str]:
        """The state of the limit; a reset is an ISO 8601 time, and nearness is said early."""
        headers = {"X-RateLimit-Limit": str(verdict.limit)}
        if verdict.granted:
            reset = self._clock.now() + timedelta(seconds=verdict.reset)
            headers["X-RateLimit-Remaining"] = str(verdict.remaining)
            headers["X-RateLimit-Reset"] = time(reset)
        if verdict.remaining < verdict.limit * NEAR_LIMIT:
            headers["X-RateLimit-NearLimit"] = "true"
        return headers

    def unavailable(self, status: int) -> Response:
        """An error of the platform itself."""
        return JSONResponse({"code": status, "message": "Something went wrong"}, status)

    def expire_tokens(self) -> None:
        """Expire OAuth access tokens; API tokens live on (`{"do": "revoke"}` ends them)."""
        self._wiki.directory.expire_access()

"""The Genesys Cloud simulator, as the kernel serves it."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..kernel.ids import Ids
from ..kernel.rates import Verdict
from ..kernel.simulator import BadAction, Options, RetryAfter, retry_after_header
from . import (
    account,
    assets,
    audits,
    bases,
    bulk,
    categories,
    datatables,
    divisions,
    documents,
    estate_items,
    exports,
    groups,
    imports,
    items,
    labels,
    limits,
    observations,
    operations,
    people,
    queries,
    queue_members,
    queues,
    schedules,
    searches,
    syncs,
    uploads,
    users,
    utilizations,
    variations,
    versions,
)
from .base import KnowledgeBase
from .conversations import operations as conversations
from .conversations.detail_events import DetailEvents
from .conversations.traffic import Traffic
from .conversations.truth import page
from .errors import Refusal
from .loading import load
from .notifications import operations as notifications
from .notifications.channel import Channel
from .notifications.hub import Hub
from .notifications.operations import subscribe
from .oauth import Client, Clients, login_routes
from .organization import Organization, Person
from .partners import Partners
from .serving import Endpoint, refused, routes
from .storage import Storage

ENDPOINTS: Sequence[Endpoint] = (
    # Fixed paths stand before those with parameters, and what is called most comes first.
    *bulk.ENDPOINTS,
    *queries.ENDPOINTS,
    *searches.ENDPOINTS,
    *documents.ENDPOINTS,
    *variations.ENDPOINTS,
    *versions.ENDPOINTS,
    *categories.ENDPOINTS,
    *labels.ENDPOINTS,
    *bases.ENDPOINTS,
    *exports.ENDPOINTS,
    *syncs.ENDPOINTS,
    *imports.ENDPOINTS,
    *uploads.ENDPOINTS,
    *assets.ENDPOINTS,
    *operations.ENDPOINTS,
    *limits.ENDPOINTS,
    *audits.ENDPOINTS,
    *account.ENDPOINTS,
    *observations.ENDPOINTS,
    *queues.ENDPOINTS,
    *queue_members.ENDPOINTS,
    *utilizations.ENDPOINTS,
    *schedules.ENDPOINTS,
    *datatables.ENDPOINTS,
    *users.ENDPOINTS,
    *groups.ENDPOINTS,
    *divisions.ENDPOINTS,
    *notifications.ENDPOINTS,
    *conversations.ENDPOINTS,
)
"""All operations. A further part of the API adds its own module here."""

SECRET_VARIABLE = "GENESYS_CLIENT_SECRET"  # noqa: S105 - the name of a variable


class GenesysCloud:
    """One organisation with one knowledge base and one OAuth client to begin with."""

    system = "genesys"

    def __init__(self, options: Options) -> None:
        ids = options.ids
        limit = options.rate
        self._per_minute = None if limit is None else int(limit.allowed * 60 / limit.seconds)
        clients = Clients(ids)
        self._client = Client(id=ids.uuid(), secret=ids.token(), name="Syncline")
        clients.add(self._client)
        organization = ids.uuid()
        self.organization = Organization(
            clock=options.clock,
            ids=ids,
            id=organization,
            division=ids.uuid(),
            clients=clients,
            person=Person(id=ids.uuid(), name="Kim Editor"),
            storage=Storage(ids=ids, now=options.clock.now),
            partners=Partners(
                # Ids of events are no part of what a seed repeats: they would shift all others.
                organization=organization,
                ids=Ids(options.seed + 1),
                now=options.clock.now,
                spawn=options.spawn,
            ),
            notifications=Hub(
                clock=options.clock,
                organization=organization,
                ids=Ids(options.seed + 2),
                spawn=options.spawn,
                chance=random.Random(options.seed),  # noqa: S311 - repeatable, not secret
            ),
        )
        self.organization.notifications.subscribe = self._subscribe
        self.organization.partners.channels = self.organization.notifications
        self.organization.traffic = Traffic(org=self.organization, seed=options.seed)
        self.organization.traffic.told.append(DetailEvents(org=self.organization))
        self._base = self._first_base()
        self._own = options.own

    def _subscribe(self, channel: Channel, names: list[str]) -> list[dict[str, Any]]:
        org = self.organization
        client = org.clients.client(channel.client)
        return subscribe(org, channel, client, names, False, True) if client else []

    def _ordered(self, own: Mapping[str, Any]) -> None:
        """Take the options that other systems do not have."""
        given, traffic = dict(own), self.organization.traffic
        if "truth" in given:
            traffic.truth.keep(Path(given.pop("truth")))
        recording = given.pop("replay", None)
        if (given.get("conversations_per_second") or given.get("flat_out")) and not len(
            self.organization.estate.queues
        ):
            given = {"users": 50, "queues": 5, **given}
        try:
            traffic.order(given)
            if recording is not None:
                traffic.play({"path": recording})
        except BadAction as error:
            raise ValueError(str(error)) from error

    async def begin(self) -> None:
        """Open the streaming host, and let conversations begin."""
        await self.organization.notifications.begin()
        self._ordered(self._own)

    def admin_routes(self) -> Sequence[Route]:
        """The truth about conversations."""
        return [Route("/truth", self._truth)]

    async def _truth(self, request: Request) -> Response:
        query = request.query_params
        since, limit = query.get("since", "0"), query.get("limit", "5000")
        if not since.isdecimal() or not limit.isdecimal():
            return JSONResponse({"error": "'since' and 'limit' are numbers"}, 400)
        lines = self.organization.traffic.truth.page(int(since), int(limit))
        return Response(page(lines, int(since)), media_type="application/json")

    def end(self) -> None:
        """Close it."""
        self.organization.notifications.end()
        self.organization.traffic.close()

    def _first_base(self) -> str:
        org = self.organization
        base = KnowledgeBase(
            id=org.ids.uuid(),
            name="Handbook",
            language="en-US",
            created=org.now(),
            modified=org.now(),
        )
        org.bases[base.id] = base
        return base.id

    def routes(self) -> Sequence[BaseRoute]:
        """The API, the login host, the file store, and a 404 for everything else."""
        org = self.organization
        return [
            *routes(org, ENDPOINTS),
            *login_routes(org.clients, org.now),
            *org.storage.routes(),
            Route("/{path:path}", _unknown, methods=_METHODS),
        ]

    def load(self, path: Path) -> list[dict[str, str]]:
        """Load files of knowledge bases; see `loading`."""
        org = self.organization
        return load(org, lambda: org.bases[self._base], path)

    def items(self) -> list[dict[str, Any]]:
        """Every article, and every object of the configuration."""
        self.organization.tick()
        return [*items.items(self.organization), *estate_items.items(self.organization)]

    def item(self, item_id: str) -> dict[str, Any] | None:
        """One article by its id, or one object by `<kind>/<id or name>`."""
        self.organization.tick()
        found = items.item(self.organization, item_id)
        return found or estate_items.item(self.organization, item_id)

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person does in the console."""
        self.organization.tick()
        return people.act(self.organization, action)

    def connection(self, url: str) -> dict[str, Any]:
        """`region` is the address of API and login together: here both are one host.

        Where a limit was asked for, the connection is paced to it.
        """
        pace = {} if self._per_minute is None else {"requests_per_minute": self._per_minute}
        return {
            "connector": "genesys",
            "region": url,
            "client_id": self._client.id,
            "client_secret": {"env": SECRET_VARIABLE},
            "knowledge_base": self._base,
            **pace,
        }

    def env(self) -> dict[str, str]:
        """The secret of the first client."""
        return {SECRET_VARIABLE: self._client.secret}

    def credential(self, request: Request) -> str | None:
        """The client whose token a call carries: budgets are per client, to be on the safe side."""
        authorization = request.headers.get("authorization")
        org = self.organization
        found = org.clients.holder(authorization, org.now())
        return found[0].id if found else None

    def rate_limited(self, retry_after: float, form: RetryAfter) -> Response:
        """429 as it is since 2021-11-10; without `Retry-After`, as it was before."""
        headers = retry_after_header(retry_after, form)
        seconds = headers.get("Retry-After", "")
        if form == "missing":
            message = "Rate limit exceeded the maximum [300] requests within [60] seconds"
            return refused(Refusal(status=429, code="too.many.requests", message=message))
        message = f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"
        code = "too.many.requests.retry.after"
        return refused(Refusal(status=429, code=code, message=message, headers=headers))

    def rate_headers(self, verdict: Verdict) -> dict[str, str]:
        """`inin-ratelimit-*`; `reset` is in seconds."""
        return {
            "inin-ratelimit-count": str(verdict.limit - verdict.remaining),
            "inin-ratelimit-allowed": str(verdict.limit),
            "inin-ratelimit-reset": str(max(0, round(verdict.reset))),
        }

    def unavailable(self, status: int) -> Response:
        """The error body that the API has for a status."""
        code, message = _ERRORS.get(status, ("internal.server.error", "The request failed."))
        return refused(Refusal(status=status, code=code, message=message))

    def expire_tokens(self) -> None:
        """End all tokens."""
        self.organization.clients.expire_all()


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

_ERRORS = {
    400: ("bad.request", "The request is not valid."),
    401: ("bad.credentials", "Invalid login credentials."),
    403: ("not.authorized", "You are not authorized to perform the requested action."),
    404: ("not.found", "The requested resource was not found."),
    408: ("request.timeout", "The request timed out."),
    409: ("general.conflict", "The request conflicts with the state of the resource."),
    423: ("locked", "The resource is locked."),
    502: ("bad.gateway", "The gateway got no valid answer."),
    503: ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
    504: ("request.timeout", "The request timed out."),
}


async def _unknown(request: Request) -> Response:
    message = f"The requested resource was not found: {request.method} {request.url.path}"
    return refused(Refusal(status=404, code="not.found", message=message))

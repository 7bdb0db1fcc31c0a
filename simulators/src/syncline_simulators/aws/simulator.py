"""The AWS simulator, as the kernel serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Scope

from ..kernel.rates import Verdict
from ..kernel.simulator import Options, RetryAfter
from . import call as calls
from . import events, items, loading, parameters, secrets
from .acts import Acts
from .backend import REGION, Backend
from .cloud import Cloud, Rule, plain
from .configurations import Configurations
from .functions import Functions
from .groups import Groups
from .queues import Queues
from .refusals import CURRENT, refused, throttled
from .tables import Tables
from .trail import Trail, identity

TICK = 0.05
"""Seconds between two looks at what is due."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
KEY, SECRET = "AKIASYNCLINE00000000", "simulated"


class Amazon:
    """One account in one region."""

    system = "aws"

    def __init__(self, options: Options) -> None:
        self._spawn = options.spawn
        self._backend = Backend()
        self.cloud = Cloud(options, self._backend)
        self.tables = Tables()
        self.groups = Groups()
        self.functions = Functions()
        self.configurations = Configurations()
        self._trail = Trail(self.cloud)
        self._rules: Mapping[str, Mapping[str, Rule]] = {
            "dynamodb": self.tables.rules(),
            "autoscaling": self.groups.rules(),
            "lambda": self.functions.rules(),
            "appconfig": self.configurations.rules(),
            "sqs": Queues().rules(),
            "ssm": parameters.rules(),
            "secretsmanager": secrets.rules(),
            "events": events.rules(),
            "cloudtrail": self._trail.rules(),
            "sts": {"GetCallerIdentity": identity},
        }
        self._acts = Acts(self)

    async def begin(self) -> None:
        """Let time pass."""
        self._spawn(self._passing())

    async def _passing(self) -> None:
        while True:
            self.cloud.agenda.tick()
            await self.cloud.outbox.flush()
            await asyncio.sleep(TICK)

    def end(self) -> None:
        """End moto."""
        self._backend.end()

    def operation(self, scope: Scope, body: bytes) -> str:
        """`/dynamodb/UpdateTable`, whatever the protocol."""
        call = calls.read(scope, body)
        CURRENT.set(call)
        return call.name

    def routes(self) -> Sequence[BaseRoute]:
        """One address for all services, told apart by their signatures."""
        return [Route("/{path:path}", self._answer, methods=_METHODS)]

    async def _answer(self, request: Request) -> Response:
        call = calls.read(request.scope, await request.body())
        if call.service == "unsigned":
            message = "Missing Authentication Token"
            return refused(call, "MissingAuthenticationToken", message, 403)
        self.cloud.agenda.tick()
        rule = self._rules.get(call.service, {}).get(call.operation, plain)
        if call.name == "/sqs/ReceiveMessage":
            # It waits for messages, which others must be able to send meanwhile.
            return await rule(self.cloud, call)
        async with self.cloud.alone(call.service):
            response = await rule(self.cloud, call)
        self._trail.record(call, call.key, response.status_code)
        return response

    def load(self, path: Path) -> list[dict[str, str]]:
        """Make what a JSON file lists; see `loading`."""
        loading.load(self._acts, path)
        return []

    def items(self) -> list[dict[str, Any]]:
        """Every object of the kinds that are known here."""
        self.cloud.agenda.tick()
        return items.items(self)

    def item(self, item_id: str) -> dict[str, Any] | None:
        """One object by `<kind>/<name>`."""
        self.cloud.agenda.tick()
        return items.item(self, item_id)

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person does in the console."""
        self.cloud.agenda.tick()
        return self._acts.act(action)

    def connection(self, url: str) -> dict[str, Any]:
        """All services are at this address."""
        return {
            "connector": "aws",
            "region": REGION,
            "endpoint": url,
            "access_key_id": {"env": "AWS_ACCESS_KEY_ID"},
            "secret_access_key": {"env": "AWS_SECRET_ACCESS_KEY"},
        }

    def env(self) -> dict[str, str]:
        """Access keys that everything accepts."""
        return {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}

    def credential(self, request: Request) -> str | None:
        """The access key id."""
        return calls.key_of(request.scope)

    def rate_limited(self, retry_after: float, form: RetryAfter) -> Response:
        """Too many calls, as the service of the call at hand says it; none tells for how long."""
        return throttled(CURRENT.get())

    def rate_headers(self, verdict: Verdict) -> dict[str, str]:
        """None: AWS tells nothing."""
        return {}

    def unavailable(self, status: int) -> Response:
        """A failure of the service."""
        code = "ServiceUnavailable" if status == 503 else "InternalFailure"
        return refused(CURRENT.get(), code, "The request failed.", status)

    def expire_tokens(self) -> None:
        """Nothing: these keys do not expire."""

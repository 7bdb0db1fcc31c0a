"""The account: moto, and what the rules in front of it remember."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.responses import Response

from ..kernel.simulator import Options
from .agenda import Agenda
from .backend import Backend, Passed
from .call import Call
from .options import Habits
from .outbox import Outbox

Rule = Callable[["Cloud", Call], Awaitable[Response]]
"""Answers one operation, by asking moto or by itself; may raise `Answer` with a refusal."""


class Cloud:
    """What every rule has at hand."""

    def __init__(self, options: Options, backend: Backend) -> None:
        self.backend = backend
        self.clock = options.clock
        self.ids = options.ids
        self.habits = Habits()
        self.agenda = Agenda(options.clock)
        self.chance = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
        self.outbox = Outbox(self)
        self._locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def now(self) -> datetime:
        """The simulated time."""
        return self.clock.now()

    def elapsed(self) -> float:
        """Seconds for windows and expiries; never runs backwards."""
        return self.clock.elapsed()

    def alone(self, service: str) -> asyncio.Lock:
        """Held while a call of this service is answered: moto checks and writes in threads, and
        two conditional writes at the same time could both succeed there."""
        return self._locks[service]

    async def forward(self, call: Call) -> Passed:
        """What moto answers."""
        return await self.backend.pass_on(call.method, call.target, call.headers, call.body)

    async def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """What moto answers to a call of ours.

        Raises:
            ClientError: it refuses.
        """
        found: dict[str, Any] = await asyncio.to_thread(self.tell, service, operation, **params)
        return found

    def tell(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """The same at once, for what a person does at the admin address."""
        found: dict[str, Any] = getattr(self.backend.client(service), operation)(**params)
        return found

    def groups(self, name: str | None = None) -> list[dict[str, Any]]:
        """All Auto Scaling groups of moto, or the one of this name; machines know the cool-down."""
        names = {"AutoScalingGroupNames": [name]} if name else {}
        pages = self.backend.client("autoscaling").get_paginator("describe_auto_scaling_groups")
        found = [group for page in pages.paginate(**names) for group in page["AutoScalingGroups"]]
        for group in found:
            for machine in group["Instances"]:
                machine["Cooldown"] = group["DefaultCooldown"]
                machine["GroupARN"] = group["AutoScalingGroupARN"]
        return found


def answered(passed: Passed, body: bytes | None = None) -> Response:
    """moto's answer, perhaps with another body."""
    response = Response(passed.body if body is None else body, passed.status)
    # The checksum is that of moto's body, and boto3 repeats a call whose checksum does not fit.
    dropped = (b"date", b"server", *((b"x-amz-crc32",) if body is not None else ()))
    kept = [(k, v) for k, v in passed.headers if k not in dropped]
    response.raw_headers = [*kept, (b"content-length", b"%d" % len(response.body))]
    return response


def with_members(passed: Passed, members: Mapping[str, Any]) -> Response:
    """moto's answer with another JSON body."""
    return answered(passed, json.dumps(members).encode())


def members(passed: Passed) -> dict[str, Any]:
    """The JSON body of an answer."""
    found: dict[str, Any] = json.loads(passed.body)
    return found


async def plain(cloud: Cloud, call: Call) -> Response:
    """No rule of ours: what moto answers."""
    return answered(await cloud.forward(call))

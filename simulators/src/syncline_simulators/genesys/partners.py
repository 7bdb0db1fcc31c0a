"""Partner events: what Amazon EventBridge hands on, to an address or a queue on this machine.

At least once and in no order, as the vendor promises; a subscription says how bad it gets. Audits,
observations and routing statuses are told on notification channels, too.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs

from ..kernel.ids import Ids
from ..kernel.posting import post
from .audit import Entry
from .dates import shown
from .thing import Thing

if TYPE_CHECKING:
    from .notifications.hub import Hub

AUDIT_TOPIC = "v2.audits.entitytype.{id}.entityid.{id}"
OBSERVATION_TOPIC = "v2.analytics.queues.{id}.observations"
STATUS_TOPIC = "v2.users.{id}.routingStatus"
REORDERED_WITHIN = 0.3
"""Seconds within which events overtake each other."""


@attrs.frozen(kw_only=True)
class Subscription:
    """Who is told, and how unreliably."""

    url: str = ""
    """An HTTP address on this machine; with `queue`, that of a service that speaks as SQS does."""
    queue: str = ""
    """The `QueueUrl` of an SQS queue; its name ends in `.fifo` where it is in order."""
    region: str = "us-east-1"
    """Where that queue is: a stand-in of SQS knows it by that, too."""
    header: str = ""
    secret: str = ""
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: bool = False
    chance: random.Random = attrs.field(factory=lambda: random.Random(0))  # noqa: S311


@attrs.define(kw_only=True)
class Partners:
    """The event source of the organisation, and who listens to it."""

    organization: str
    ids: Ids
    now: Callable[[], datetime]
    spawn: Callable[[Awaitable[None]], object]
    channels: Hub | None = None
    """Where those listen who need no partner."""
    _subscriptions: list[Subscription] = attrs.field(factory=list)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._subscriptions)

    def subscribe(self, subscription: Subscription) -> None:
        """Tell this one from now on."""
        self._subscriptions.append(subscription)

    def audited(self, entry: Entry) -> None:
        """Tell of one line of the audit trail."""
        topic = f"v2.audits.entitytype.{entry.entity_type}.entityid.{entry.entity}"
        self._told(AUDIT_TOPIC, topic, lambda: _message(entry))

    def observed(self, queue: Thing, medium: str, counts: Mapping[str, int]) -> None:
        """Tell what goes on in a queue now."""
        metrics = [{"metric": name, "stats": {"count": n}} for name, n in counts.items()]

        def body() -> dict[str, Any]:
            at = shown(self.now())
            group = {"queueId": queue.id, "mediaType": medium}
            return {"group": group, "data": [{"interval": f"{at}/{at}", "metrics": metrics}]}

        self._told(OBSERVATION_TOPIC, f"v2.analytics.queues.{queue.id}.observations", body)

    def status(self, user: Thing) -> None:
        """Tell the routing status of a user."""
        body = {"id": user.id, "routingStatus": user.value["routingStatus"]}
        self._told(STATUS_TOPIC, f"v2.users.{user.id}.routingStatus", lambda: body)

    def _told(self, template: str, topic: str, body: Callable[[], Mapping[str, Any]]) -> None:
        if self.channels is not None and self.channels.channels.listeners(topic):
            self.channels.publish((topic,), json.dumps(body()).encode())
        if self._subscriptions:
            self._tell(template, topic, body())

    def tell(self, template: str, topic: str, body: Mapping[str, Any]) -> None:
        """Tell partners of anything else that has a topic."""
        self._tell(template, topic, body)

    def _tell(self, template: str, topic: str, body: Mapping[str, Any]) -> None:
        envelope = self._envelope(template, topic, body)
        text = json.dumps(envelope).encode()
        about = body.get("entity", body.get("group", {})).get("id", topic)
        group = str(body.get("conversationId", about))
        for one in self._subscriptions:
            copies = 0 if one.chance.random() < one.drop else 1
            copies *= 2 if one.chance.random() < one.duplicate else 1
            for _ in range(copies):
                self.spawn(_deliver(one, text, str(envelope["id"]), group))

    def _envelope(self, template: str, topic: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The envelope; `detail-type` is the topic with `{id}` in it, `topicName` the real one."""
        now = self.now()
        return {
            "version": "0",
            "id": self.ids.uuid(),
            "detail-type": template,
            "source": f"aws.partner/genesys.com/cloud/{self.organization}/syncline",
            "account": "123456789012",
            "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": "us-east-1",
            "resources": [],
            "detail": {
                "topicName": topic,
                "version": "2",
                "eventBody": body,
                "metadata": {"CorrelationId": self.ids.uuid()},
                "timestamp": shown(now),
            },
        }


def _message(entry: Entry) -> dict[str, Any]:
    """The entry as an `AuditTopicAuditLogMessage`."""
    rest = entry.as_message()
    kept = ("id", "remoteIp", "serviceName", "level", "action", "entityType", "propertyChanges")
    author: dict[str, Any] = {}
    if entry.user:
        author = {"userId": entry.user, "username": {"id": entry.user, "name": entry.user_name}}
    if entry.client:
        author["clientId"] = rest["client"]
    return {
        **{name: rest[name] for name in kept},
        **author,
        "eventTime": rest["eventDate"],
        "entity": rest["entity"],
        "context": {},
    }


async def _deliver(one: Subscription, body: bytes, event: str, group: str) -> None:
    """Once, without a second try: whoever loses it has the next poll."""
    if one.reorder:
        await asyncio.sleep(one.chance.uniform(0, REORDERED_WITHIN))
    if one.queue:
        await post(one.url, _queued(one, body, event, group), _sqs(one.region))
    else:
        await post(one.url, body, {one.header: one.secret} if one.header else {})


def _sqs(region: str) -> dict[str, str]:
    scope = f"simulator/20260101/{region}/sqs/aws4_request"
    return {
        "X-Amz-Target": "AmazonSQS.SendMessage",
        "Content-Type": "application/x-amz-json-1.0",
        # A stand-in reads the region and the service from it, and checks no signature.
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    }


def _queued(one: Subscription, body: bytes, event: str, group: str) -> bytes:
    message = {"QueueUrl": one.queue, "MessageBody": body.decode()}
    if one.queue.endswith(".fifo"):
        message |= {"MessageGroupId": group[:128], "MessageDeduplicationId": event}
    return json.dumps(message).encode()

"""The REST part of notifications: channels, their subscriptions, and which topics there are."""

from __future__ import annotations

from typing import Any

from ..dates import shown
from ..errors import missing_permission
from ..oauth import Client
from ..organization import Organization
from ..serving import Call, Endpoint
from ..shapes import listing, members, needed, one_of, read_only, text
from . import topics
from .channel import Channel, checked

TOPIC = members(
    id=needed(text()), **read_only("state", "rejectionReason", "missingPermissions", "selfUri")
)
"""`ChannelTopic`."""


def create_channel(org: Organization, call: Call) -> dict[str, Any]:
    """POST: one more than a client can have evicts the least recently used."""
    channel, evicted = org.notifications.channels.create(call.client.id, call.token.text)
    if evicted is not None:
        org.notifications.evicted(evicted)
    return channel_view(org, channel)


def list_channels(org: Organization, call: Call) -> dict[str, Any]:
    """GET: those of the token, or of the client without the ids of other tokens' channels."""
    wanted = one_of("token", "oauthclient")(call.query.get("includechannels") or "token", "")
    own = org.notifications.channels.of(call.client.id)
    entities = []
    for channel in own:
        if channel.token == call.token.text:
            entities.append(channel_view(org, channel))
        elif wanted == "oauthclient":
            entities.append({"expires": shown(channel.expires)})
    return {"entities": entities}


def head_channel(org: Organization, call: Call) -> dict[str, Any]:
    """HEAD: whether it lives."""
    org.notifications.channels.get(call.ids["channel"], call.client.id)
    return {}


def list_topics(org: Organization, call: Call) -> dict[str, Any]:
    """GET: what it is subscribed to."""
    channel = org.notifications.channels.get(call.ids["channel"], call.client.id)
    return {"entities": [_permitted(name) for name in channel.topics]}


def add_topics(org: Organization, call: Call) -> dict[str, Any]:
    """POST: these too."""
    return _subscribed(org, call, replace=False)


def replace_topics(org: Organization, call: Call) -> dict[str, Any]:
    """PUT: these and no others; also how a channel gets another 24 hours."""
    return _subscribed(org, call, replace=True)


def _subscribed(org: Organization, call: Call, *, replace: bool) -> dict[str, Any]:
    channel = org.notifications.channels.get(call.ids["channel"], call.client.id)
    names = [one["id"] for one in call.body]
    lenient = bool(call.flag("ignoreErrors"))
    return {"entities": subscribe(org, channel, call.client, names, replace, lenient)}


def subscribe(
    org: Organization,
    channel: Channel,
    client: Client,
    names: list[str],
    replace: bool,
    lenient: bool,
) -> list[dict[str, Any]]:
    """Subscribe a channel; what a client may not have is told, or refuses everything.

    Raises:
        Refusal: 400 or 403.
    """
    checked(names)
    lacking = {name: topics.missing(name, client.permissions) for name in names}
    refused = {name: lacks for name, lacks in lacking.items() if lacks}
    if refused and not lenient:
        raise missing_permission(sorted({one for lacks in refused.values() for one in lacks}))
    good = [name for name in names if name not in refused]
    org.notifications.channels.subscribe(channel, good, replace=replace)
    return [_rejected(n, refused[n]) if n in refused else _permitted(n) for n in lacking]


def drop_topics(org: Organization, call: Call) -> dict[str, Any]:
    """DELETE: none any longer."""
    channel = org.notifications.channels.get(call.ids["channel"], call.client.id)
    org.notifications.channels.subscribe(channel, (), replace=True)
    return {}


def list_available(org: Organization, call: Call) -> dict[str, Any]:
    """GET: the kinds of topics."""
    expand = call.values("expand")
    return {"entities": [one.view(expand) for one in topics.TEMPLATES]}


def channel_view(org: Organization, channel: Channel) -> dict[str, Any]:
    """`Channel`."""
    return {
        "id": channel.id,
        "connectUri": f"{org.notifications.url}/channels/{channel.id}",
        "expires": shown(channel.expires),
    }


def _permitted(name: str) -> dict[str, Any]:
    return {"id": name, "state": "Permitted", "selfUri": f"{ROOT}/availabletopics/{name}"}


def _rejected(name: str, lacks: list[str]) -> dict[str, Any]:
    return {
        "id": name,
        "state": "Rejected",
        "rejectionReason": "The client has not the permissions that the topic needs.",
        "missingPermissions": lacks,
        "selfUri": f"{ROOT}/availabletopics/{name}",
    }


ROOT = "/api/v2/notifications"
_CHANNELS = f"{ROOT}/channels"
_SUBSCRIPTIONS = f"{_CHANNELS}/{{channel}}/subscriptions"

ENDPOINTS = (
    Endpoint("GET", f"{ROOT}/availabletopics", list_available),
    Endpoint("POST", _CHANNELS, create_channel),
    Endpoint("GET", _CHANNELS, list_channels),
    Endpoint("HEAD", f"{_CHANNELS}/{{channel}}", head_channel),
    Endpoint("GET", _SUBSCRIPTIONS, list_topics),
    Endpoint("POST", _SUBSCRIPTIONS, add_topics, (), listing(TOPIC)),
    Endpoint("PUT", _SUBSCRIPTIONS, replace_topics, (), listing(TOPIC)),
    Endpoint("DELETE", _SUBSCRIPTIONS, drop_topics),
)
"""The operations on notifications."""

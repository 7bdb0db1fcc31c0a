"""What the vendor says of its own accord on a socket: `v2.system.*`."""

from __future__ import annotations

from . import frames
from .channel import Channel

UNSUBSCRIBED, REVOKED = "no_longer_subscribed", "token_revoked"
"""Values of `systemTopicType`."""
ANOTHER, TOKENS = "another_channel_subscribed", "user_tokens_revoked"
"""Values of `reason`."""

CLOSING = frames.message(
    {
        "topicName": "v2.system.socket_closing",
        "eventBody": {"message": "The socket will be closed for maintenance. Connect again."},
    }
)


def told(channel: Channel, kind: str, text: str, reason: str, origin: tuple[str, str]) -> bytes:
    """The frame of a message about a channel; `origin` is the organisation and a correlation id."""
    organization, correlation = origin
    body = {
        "channelId": channel.id,
        "systemTopicType": kind,
        "organizationId": organization,
        "oauthClientId": channel.client,
        "correlationId": correlation,
        "message": text,
        **({"reason": reason} if reason else {}),
    }
    return frames.message({"topicName": f"v2.system.{kind}.{channel.id}", "eventBody": body})

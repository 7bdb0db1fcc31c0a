"""What goes on behind the vendor's notifications, on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...kernel import settings
from ...kernel.simulator import BadAction
from ..organization import Organization
from .channel import Channel

Action = Mapping[str, Any]
_HOWS = ("reset", "close", "closing")


def notifications(org: Organization, action: Action) -> dict[str, Any]:
    """Change settings, and tell them with counts."""
    hub = org.notifications
    given = {name: value for name, value in action.items() if name != "do"}
    if given.get("close_how", "reset") not in _HOWS:
        raise BadAction(f"close_how: one of {', '.join(_HOWS)}")
    settings.change(hub.habits, given)
    if "refuse_for" in given:
        hub.refuse_for(hub.habits.refuse_for)
    return {
        **settings.shown(hub.habits),
        "open_channels": len(hub.channels),
        "open_sockets": len(hub.sockets),
        "dropped_readers": hub.dropped_readers,
        "lost_frames": hub.wire.lost,
    }


def close_sockets(org: Organization, action: Action) -> dict[str, Any]:
    """End all sockets now, `how` they say."""
    how = str(action.get("how", "reset"))
    if how not in _HOWS:
        raise BadAction(f"'how' is one of {', '.join(_HOWS)}, not {how!r}")
    return {"closed": org.notifications.close_all(how)}


def freeze_sockets(org: Organization, action: Action) -> dict[str, Any]:
    """Let sockets fall silent while they stay open, and their channels alive."""
    return {"frozen": org.notifications.freeze(_chosen(org, action))}


def evict(org: Organization, action: Action) -> dict[str, Any]:
    """Remove channels as if others had needed their places."""
    found = _chosen(org, action)
    for channel in found:
        org.notifications.evict(channel)
    return {"evicted": len(found)}


def revoke(org: Organization, action: Action) -> dict[str, Any]:
    """Revoke the tokens of these channels' clients; all tokens where no client is named."""
    found = _chosen(org, action)
    client = action.get("client")
    if client is None:
        org.clients.expire_all()
    else:
        org.clients.expire(str(client))
    return {"revoked": org.notifications.revoked(found)}


def _chosen(org: Organization, action: Action) -> list[Channel]:
    """The channels of `client`, or the one with the id `channel`, or all."""
    found = list(org.notifications.channels)
    client, wanted = action.get("client"), action.get("channel")
    if client is not None and not org.clients.holds(str(client)):
        raise BadAction(f"there is no client {client!r}")
    return [one for one in found if client in (None, one.client) and wanted in (None, one.id)]


DEEDS: Mapping[str, Callable[[Organization, Action], dict[str, Any]]] = {
    "notifications": notifications,
    "close-sockets": close_sockets,
    "freeze-sockets": freeze_sockets,
    "evict": evict,
    "revoke": revoke,
}
"""The actions, by the word of `do`."""

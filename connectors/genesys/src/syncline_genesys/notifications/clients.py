"""The OAuth clients that a listener uses."""

from __future__ import annotations

from attrs import evolve

from syncline.errors import ConfigError

from ..settings import ListeningClient, Settings


def listening_clients(settings: Settings, listener: str) -> tuple[ListeningClient, ...]:
    """Return the OAuth clients whose channels a listener uses.

    Raises:
        ConfigError: there are listeners, and none of this name.
    """
    if not settings.listeners:
        only = ListeningClient(
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            requests_per_minute=settings.requests_per_minute,
        )
        return (only,)
    if listener not in settings.listeners:
        names = ", ".join(sorted(settings.listeners))
        raise ConfigError([f"listeners: there is no listener {listener!r}, there are: {names}"])
    return settings.listeners[listener].clients


def settings_of(client: ListeningClient, settings: Settings) -> Settings:
    """Return the settings of a connection as one of its clients uses them."""
    return evolve(
        settings,
        client_id=client.client_id,
        client_secret=client.client_secret,
        requests_per_minute=client.requests_per_minute,
    )


__all__ = ["listening_clients", "settings_of"]

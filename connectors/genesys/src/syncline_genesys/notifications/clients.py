"""The OAuth clients that a listener uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import evolve

from syncline.errors import ConfigError

from ..settings import CHANNELS, ListeningClient, Settings


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


def warnings(settings: Settings) -> Sequence[str]:
    """Return what listeners that share an OAuth client do to each other, sentence by sentence."""
    return [*_shared(settings)]


def _shared(settings: Settings) -> Iterator[str]:
    users: dict[str, list[tuple[str, int]]] = {}
    for name, listener in settings.listeners.items():
        for client in listener.clients:
            users.setdefault(client.client_id, []).append((name, client.channels))
    for client_id, shares in users.items():
        if len(shares) > 1:
            names = " and ".join(repr(name) for name in dict.fromkeys(n for n, _ in shares))
            effect = _effect(sum(channels for _, channels in shares))
            yield (
                f"listeners: {names} use the OAuth client {client_id!r}: {effect};"
                " give each a client of its own"
            )


def _effect(channels: int) -> str:
    if channels > CHANNELS:
        return (
            f"{channels} channels may be opened on it, and Genesys drives out the 21st"
            f" (at most {CHANNELS} together, in `channels`)"
        )
    return "whatever happens to it, a revoked token say, silences both at once"


__all__ = ["listening_clients", "settings_of", "warnings"]

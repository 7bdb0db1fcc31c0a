"""boto3's clients of one connection: one for each service, made when first used.

Clients are thread-safe, sessions are not: a lock is held while a client is made.
"""

from __future__ import annotations

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import ClientError
from botocore.session import Session as BotocoreSession

from syncline.secret import Secret

from .settings import Settings

LASTING = frozenset({"LimitExceededException", "ResourceInUseException"})
"""Codes of states that last for minutes or hours: botocore's `standard` mode takes the first for
throttling and would repeat the call in vain."""


class Clients:
    """The clients of one connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._session: boto3.session.Session | None = None
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of a service, by boto3's name of it; safe in any thread."""
        found = self._clients.get(service)
        return found if found is not None else self._made(service)

    def close(self) -> None:
        """Close the connections of all clients."""
        with self._lock:
            clients, self._clients = tuple(self._clients.values()), {}
        for client in clients:
            client.close()

    def _made(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                if self._session is None:
                    self._session = _session(self._settings)
                self._clients[service] = _client(self._session, service, self._settings)
            return self._clients[service]


def _client(session: boto3.session.Session, service: str, settings: Settings) -> Any:
    client = session.client(
        service,
        endpoint_url=settings.endpoints.get(service) or settings.endpoint or None,
        config=_config(settings),
    )
    client.meta.events.register_first("needs-retry.*.*", end_of_tries)
    return client


def _config(settings: Settings) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": settings.attempts},
        connect_timeout=settings.connect_timeout.total_seconds(),
        read_timeout=settings.read_timeout.total_seconds(),
        max_pool_connections=max(10, settings.threads),
        user_agent_extra="syncline",
    )


def end_of_tries(response: Any = None, operation: Any = None, **_: object) -> None:
    """End a call whose answer is a state that lasts, before botocore repeats it.

    Raises:
        ClientError: as botocore would, once it had given up.
    """
    parsed = response[1] if response else {}
    if parsed.get("Error", {}).get("Code") in LASTING:
        raise ClientError(parsed, operation.name)


def _session(settings: Settings) -> boto3.session.Session:
    region = settings.region or None
    session = boto3.session.Session(
        aws_access_key_id=_revealed(settings.access_key_id),
        aws_secret_access_key=_revealed(settings.secret_access_key),
        aws_session_token=_revealed(settings.session_token),
        profile_name=settings.profile or None,
        region_name=region,
    )
    return _in_role(session, settings) if settings.role else session


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def _in_role(session: boto3.session.Session, settings: Settings) -> boto3.session.Session:
    """Return a session with the credentials of the role, renewed before they expire."""

    def sts(service: str, **credentials: Any) -> Any:
        address = settings.endpoints.get(service) or settings.endpoint or None
        return session.client(
            service, endpoint_url=address, config=_config(settings), **credentials
        )

    fetcher = AssumeRoleCredentialFetcher(
        client_creator=sts,
        source_credentials=session.get_credentials(),
        role_arn=settings.role,
        extra_args={"RoleSessionName": "syncline"},
    )
    inner = BotocoreSession()
    # botocore has no public way to give a session credentials that renew themselves.
    inner._credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return boto3.session.Session(botocore_session=inner, region_name=session.region_name)

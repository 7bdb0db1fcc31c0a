"""boto3's clients of one connection: one for each service, made when first used.

Clients are thread-safe, sessions are not: a lock is held while a client is made.
"""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.loaders import Loader
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
        self._session: Session | None = None
        self._clients: dict[tuple[str, bool], Any] = {}

    def client(self, service: str, *, once: bool = False) -> Any:
        """Return the client of a service, by boto3's name of it; safe in any thread.

        Args:
            once: never repeats a call by itself: whoever writes decides that, with care.
        """
        found = self._clients.get((service, once))
        return found if found is not None else self._made(service, once)

    def close(self) -> None:
        """Close the connections of all clients."""
        with self._lock:
            clients, self._clients = tuple(self._clients.values()), {}
        for client in clients:
            client.close()

    def _made(self, service: str, once: bool) -> Any:
        with self._lock:
            if (service, once) not in self._clients:
                if self._session is None:
                    self._session = _session(self._settings)
                made = _client(self._session, service, self._settings, 1 if once else None)
                self._clients[service, once] = made
            return self._clients[service, once]


def _client(session: Session, service: str, settings: Settings, attempts: int | None) -> Any:
    client = session.client(
        service,
        endpoint_url=settings.endpoints.get(service) or settings.endpoint or None,
        config=_config(settings, attempts),
    )
    client.meta.events.register_first("needs-retry.*.*", end_of_tries)
    return client


def _config(settings: Settings, attempts: int | None = None) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts or settings.attempts},
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


def _hush() -> None:
    """Let botocore be silent at DEBUG: it would log whole answers, secrets and tokens included."""
    wire = logging.getLogger("botocore")
    if wire.level == logging.NOTSET:  # a level of its own was somebody's choice
        wire.setLevel(logging.INFO)


def _session(settings: Settings) -> Session:
    _hush()
    region = settings.region or None
    inner = BotocoreSession()
    inner.register_component("data_loader", _descriptions())
    session = Session(
        botocore_session=inner,
        aws_access_key_id=_revealed(settings.access_key_id),
        aws_secret_access_key=_revealed(settings.secret_access_key),
        aws_session_token=_revealed(settings.session_token),
        profile_name=settings.profile or None,
        region_name=region,
    )
    return _in_role(session, settings) if settings.role else session


@cache
def _descriptions() -> Loader:
    """Return what reads the descriptions of the services: megabytes that all connections share."""
    return Loader()


def _revealed(secret: Secret | None) -> str | None:
    return None if secret is None else secret.reveal()


def _in_role(session: Session, settings: Settings) -> Session:
    """Return a session with the credentials of the role, renewed before they expire."""

    def sts(service: str, **credentials: Any) -> Any:
        address = settings.endpoints.get(service) or settings.endpoint or None
        return session.client(
            service, endpoint_url=address, config=_config(settings), **credentials
        )

    source = session.get_credentials()
    if source is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=sts,
        source_credentials=source,
        role_arn=settings.role,
        extra_args={"RoleSessionName": "syncline"},
    )
    inner = BotocoreSession()
    inner.register_component("data_loader", _descriptions())
    # botocore has no public way to give a session credentials that renew themselves.
    inner._credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return Session(botocore_session=inner, region_name=session.region_name)

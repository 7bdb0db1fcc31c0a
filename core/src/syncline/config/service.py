"""`[service]`: where the service listens, who may enter its pages, what its webhooks take."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Literal

from attrs import evolve, frozen, validators

from ..connector import setting
from ..secret import Secret
from .addresses import Address, address, check_address, check_hosts, check_networks
from .faults import Fault, Faults
from .leaves import Path
from .scalars import shown
from .secrets import SecretRef, references
from .structure import structured


class Role(enum.Enum):
    """What a person may do on the pages; each may do what those before it may."""

    VIEWER = "viewer"
    """Reads."""
    EDITOR = "editor"
    """Settles conflicts, reviews, sends a held article on its way."""
    OPERATOR = "operator"
    """Starts passes, approves plans, undoes runs."""

    def may(self, role: Role) -> bool:
        """Tell whether this role covers `role`."""
        order = list(Role)
        return order.index(self) >= order.index(role)


def _name(_: object, __: object, values: Mapping[str, object]) -> None:
    for name in values:
        if not name.strip() or not name.isprintable() or len(name) > 100:
            raise ValueError(f"{shown(name)} is not a name that can be shown")


def _header(_: object, __: object, value: str) -> None:
    if not value.isascii() or not value.replace("-", "").isalnum():
        raise ValueError(f"{shown(value)} is not the name of a header such as 'X-Forwarded-Email'")


def _optional_header(_: object, __: object, value: str) -> None:
    if value:
        _header(_, __, value)


@frozen(kw_only=True)
class Token:
    """A person, or a script, that enters with a token: `[service.access.tokens.<name>]`."""

    token: Secret = setting("What they enter with: 16 characters or more.")
    role: Role = setting("What they may do.", default=Role.VIEWER)


@frozen(kw_only=True)
class Proxy:
    """A reverse proxy that has authenticated the person and names them in a header."""

    peers: tuple[str, ...] = setting(
        "Addresses or networks of the proxy; its headers count from there only.",
        validator=[validators.min_len(1), check_networks],
    )
    user: str = setting(
        "Header with the person's name.", default="X-Forwarded-Email", validator=_header
    )
    groups: str = setting(
        "Header with their groups, commas between them; empty for none.",
        default="X-Forwarded-Groups",
        validator=_optional_header,
    )
    role: Role | None = setting("Role of everybody whom the proxy lets in.", default=None)
    user_roles: Mapping[str, Role] = setting("Roles by the person's name.", factory=dict)
    group_roles: Mapping[str, Role] = setting("Roles by group; the highest counts.", factory=dict)
    logout: str = setting(
        "Path of the proxy that ends its session, such as '/oauth2/sign_out'.", default=""
    )

    def __attrs_post_init__(self) -> None:
        if self.role is None and not self.user_roles and not self.group_roles:
            message = "nobody has a role; say role, user_roles or group_roles"
            raise Faults([Fault(path=(), message=message)])
        if self.logout and (self.logout[:1] != "/" or self.logout[:2] in ("//", "/\\")):
            message = f"{shown(self.logout)} is not a path on the same host"
            raise Faults([Fault(path=("logout",), message=message)])


@frozen(kw_only=True)
class Access:
    """Who may enter the pages. With neither tokens nor proxy: a one-time address on loopback."""

    tokens: Mapping[str, Token] = setting(
        "Who enters with a token, by name.", factory=dict, validator=_name
    )
    proxy: Proxy | None = setting("A reverse proxy that authenticates people.", default=None)
    session: timedelta = setting(
        "How long a log-in lasts.",
        default=timedelta(hours=12),
        validator=[validators.ge(timedelta(minutes=1)), validators.le(timedelta(days=30))],
    )

    @property
    def configured(self) -> bool:
        """True when somebody can enter without the one-time address."""
        return bool(self.tokens) or self.proxy is not None


@frozen(kw_only=True)
class Intake:
    """What the receiver of webhooks takes."""

    body: int = setting(
        "Bytes of one delivery.",
        default=1_048_576,
        validator=[validators.ge(1_024), validators.le(64 * 1_048_576)],
    )
    rate: float = setting(
        "Deliveries a second from one source, in the long run.",
        default=200.0,
        validator=validators.gt(0),
    )
    burst: int = setting(
        "Deliveries from one source at once.", default=2_000, validator=validators.ge(1)
    )
    slow: timedelta = setting(
        "How long a delivery may take to arrive.",
        default=timedelta(seconds=10),
        validator=validators.ge(timedelta(seconds=1)),
    )
    age: timedelta = setting(
        "How old a signed delivery may be; repetitions are known as long.",
        default=timedelta(minutes=5),
        validator=[validators.ge(timedelta(seconds=1)), validators.le(timedelta(days=7))],
    )
    ahead: timedelta = setting(
        "How far a sender's clock may be ahead.",
        default=timedelta(minutes=1),
        validator=validators.le(timedelta(hours=1)),
    )
    proxies: tuple[str, ...] = setting(
        "Addresses or networks of proxies whose X-Forwarded-For names the source.",
        default=(),
        validator=check_networks,
    )


@frozen(kw_only=True)
class Service:
    """What `syncline run` offers over HTTP, and how it calls itself."""

    pages: str = setting(
        "Address of the pages, health and metrics; empty for none.",
        default="127.0.0.1:8080",
        validator=check_address,
    )
    webhooks: str = setting(
        "Address of the receiver of webhooks; empty for none.",
        default="127.0.0.1:8081",
        validator=check_address,
    )
    name: str = setting("Name of this runner in leases; empty for host and process.", default="")
    log: Literal["text", "json"] = setting("How log lines are written.", default="text")
    hosts: tuple[str, ...] = setting(
        "Names that the pages answer to, besides loopback.", default=(), validator=check_hosts
    )
    https: bool = setting(
        "A proxy in front of the pages speaks https with the readers.", default=False
    )
    certificate: FilePath | None = setting("PEM file: the pages speak https by it.", default=None)
    key: FilePath | None = setting("PEM file with the key of the certificate.", default=None)
    plain_http: bool = setting(
        "Pages without https beyond loopback are meant: the network is private.", default=False
    )
    access: Access = setting("Who may enter the pages.", default=Access())
    intake: Intake = setting("What the receiver of webhooks takes.", default=Intake())

    def __attrs_post_init__(self) -> None:
        faults = [*_certificate_faults(self), *_exposure_faults(self)]
        if faults:
            raise Faults(faults)

    @property
    def pages_address(self) -> Address | None:
        """Where the pages listen; None for nowhere."""
        return address(self.pages)

    @property
    def webhooks_address(self) -> Address | None:
        """Where the receiver of webhooks listens; None for nowhere."""
        return address(self.webhooks)

    @property
    def secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Every secret that it needs, with its path below `service`."""
        return tuple(references(self))

    def anchored(self, folder: FilePath) -> Service:
        """Return it with its files absolute, from the folder of the configuration."""
        return evolve(
            self,
            certificate=_anchored(self.certificate, folder),
            key=_anchored(self.key, folder),
        )


def _anchored(path: FilePath | None, folder: FilePath) -> FilePath | None:
    return None if path is None else folder / path.expanduser()


def service(value: object, folder: FilePath) -> Service:
    """Return the service that a table writes.

    Raises:
        Faults: with paths relative to the table.
    """
    made: Service = structured(value, Service)
    return made.anchored(folder)


def service_warnings(service: Service, file: str) -> Iterator[str]:
    """Yield what works and should be mended all the same."""
    where = service.webhooks_address
    if where is not None and not where.loopback and not service.intake.proxies:
        yield (
            f"{file}: service.webhooks: {service.webhooks} takes plain http from other machines;"
            " put a proxy with https in front of it and name it in service.intake.proxies"
        )
    if service.plain_http:
        yield (
            f"{file}: service.plain_http: tokens and sessions of the pages cross the network"
            " unencrypted"
        )


def _certificate_faults(service: Service) -> Iterator[Fault]:
    if (service.certificate is None) != (service.key is None):
        alone = "certificate" if service.key is None else "key"
        message = "certificate and key belong together; name both files"
        yield Fault(path=(alone,), message=message)


def _exposure_faults(service: Service) -> Iterator[Fault]:
    where = service.pages_address
    if where is None or where.loopback:
        return
    if not service.access.configured:
        yield Fault(
            path=("pages",),
            message=f"{service.pages!r} lets other machines in, and nobody would be asked who they"
            " are; say [service.access] or listen on 127.0.0.1",
        )
    if where.wildcard and not service.hosts:
        yield Fault(
            path=("pages",),
            message=f"{service.pages!r} needs hosts: the names under which readers open the pages",
        )
    if not (service.certificate or service.https or service.plain_http):
        yield Fault(
            path=("pages",),
            message=f"{service.pages!r} sends tokens over the network in plain http; say"
            " certificate and key, https = true behind a proxy that has them, or plain_http = true",
        )


__all__ = [
    "Access",
    "Intake",
    "Proxy",
    "Role",
    "Service",
    "Token",
    "service",
    "service_warnings",
]

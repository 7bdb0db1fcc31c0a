"""What a connection to a Genesys Cloud organisation needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from attrs import frozen

from syncline.connector import setting
from syncline.secret import Secret

from .origins import Marks
from .regions import Hosts, hosts

CHANNELS = 18
"""Channels of an OAuth client that are used: of the 20 that Genesys keeps, two are for renewal."""


def _region(_: object, __: object, value: str) -> None:
    hosts(value)


def _positive(_: object, attribute: Any, value: int) -> None:
    if value < 1:
        raise ValueError(f"{attribute.name} is {value}, and has to be at least 1")


def _given(_: object, attribute: Any, value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name} is empty")


def _named(_: object, attribute: Any, value: str) -> None:
    # Nothing at all is fine: jobs for the configuration need no knowledge base.
    if value and not value.strip():
        raise ValueError(f"{attribute.name} is blank; name the knowledge base, or leave it out")


def _zone(_: object, attribute: Any, value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{attribute.name} is {value!r}, and has to be a zone such as 'Europe/Berlin'"
        ) from None


def _most_channels(_: object, attribute: Any, value: int) -> None:
    if not 1 <= value <= CHANNELS:
        raise ValueError(
            f"{attribute.name} is {value}, and has to be from 1 to {CHANNELS}: Genesys keeps 20 "
            "for a client, and renewing takes some"
        )


def _patient(_: object, attribute: Any, value: timedelta) -> None:
    if value < timedelta(milliseconds=100):
        raise ValueError(f"{attribute.name} is too short")


def _invertible(_: object, __: object, value: Mapping[str, str]) -> None:
    Marks.compile(value)


def _some(_: object, attribute: Any, value: tuple[object, ...]) -> None:
    if not value:
        raise ValueError(f"{attribute.name} is empty; name one OAuth client at least")


@frozen(kw_only=True)
class ListeningClient:
    """One OAuth client whose channels a listener uses."""

    client_id: str = setting(
        "Id of an OAuth client with the grant type client credentials.", validator=_given
    )
    client_secret: Secret = setting("Secret of that OAuth client.")
    requests_per_minute: int = setting(
        "Limit of the OAuth client, which Genesys sets to 300 by default.",
        default=300,
        validator=_positive,
    )
    channels: int = setting(
        "Most channels on it: 9 where two listeners share the client.",
        default=CHANNELS,
        validator=_most_channels,
    )


@frozen(kw_only=True)
class Listener:
    """The table `[connections.<name>.listeners.<listener>]`."""

    clients: tuple[ListeningClient, ...] = setting(
        "OAuth clients whose channels this listener uses, and nobody else.", validator=_some
    )


@frozen(kw_only=True)
class Settings:
    """The table `[connections.<name>]` of a Genesys connection."""

    region: str = setting(
        "AWS region or domain, such as 'eu-central-1' or 'mypurecloud.de'.", validator=_region
    )
    client_id: str = setting(
        "Id of an OAuth client with the grant type client credentials.", validator=_given
    )
    client_secret: Secret = setting("Secret of that OAuth client.")
    knowledge_base: str = setting(
        "Id or name of the knowledge base; jobs for documents need it.",
        default="",
        validator=_named,
    )
    categories: frozenset[str] = setting(
        "Only articles in these categories (names, or paths 'A/B').", default=frozenset()
    )
    retired_labels: frozenset[str] = setting(
        "Articles with one of these labels count as archived.", default=frozenset()
    )
    open_drafts: Literal["hold", "publish"] = setting(
        "Drafts of people: 'hold' waits, 'publish' publishes and merges them.", default="hold"
    )
    allow_http_upgrade: bool = setting(
        "Write http links and images as https; otherwise they become text.", default=True
    )
    requests_per_minute: int = setting(
        "Limit of the OAuth client, which Genesys sets to 300 by default.",
        default=300,
        validator=_positive,
    )
    bulk_threshold: int = setting(
        "From how many writes in one pass on a synchronise job is used.",
        default=50,
        validator=_positive,
    )
    overlap: timedelta = setting(
        "How far behind the last poll a poll looks again.", default=timedelta(minutes=10)
    )
    external_ids: Mapping[str, str] = setting(
        "CEL template of copies' external ids, by the original's connection.",
        by_connection=True,
        factory=dict,
        validator=_invertible,
    )
    asset_division: str = setting(
        "Division id for uploaded images; the home division when empty.", default=""
    )
    time_zone: str = setting(
        "Zone in which a schedule by itself is evaluated; groups have their own.",
        default="UTC",
        validator=_zone,
    )
    organization: str = setting(
        "Id of the organisation; events of others are not taken up.", default=""
    )
    channel: bool = setting(
        "Hear what rules use over a notification channel, besides polls.", default=False
    )
    listeners: Mapping[str, Listener] = setting(
        "OAuth clients of each listener of a mirror; the one above when empty.", factory=dict
    )
    topics_every: timedelta = setting(
        "How often users and queues are listed for the topics of a mirror.",
        default=timedelta(minutes=5),
        validator=_patient,
    )
    heartbeat: timedelta = setting(
        "How often Genesys lets a socket hear something.",
        default=timedelta(seconds=30),
        validator=_patient,
    )
    analytics_lag: timedelta = setting(
        "How far analytics may be behind when a gap is repaired.",
        default=timedelta(minutes=5),
        validator=_patient,
    )
    repairs_per_minute: int = setting(
        "Most requests a minute for what was missed while no socket was open.",
        default=100,
        validator=_positive,
    )
    api_url: str = setting("Base URL of the API, when a proxy stands before it.", default="")
    login_url: str = setting("Base URL of the login, when a proxy stands before it.", default="")
    proxy: str = setting("HTTP proxy for all requests; none when empty.", default="")

    @property
    def hosts(self) -> Hosts:
        """Base URLs of the API and the login."""
        found = hosts(self.region)
        return Hosts(
            api=self.api_url.rstrip("/") or found.api,
            login=self.login_url.rstrip("/") or found.login,
        )

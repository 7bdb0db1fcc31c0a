"""What a connection to AWS needs to know. Everything has a default: AWS programs find the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attrs import frozen, validators

from syncline.connector import setting
from syncline.reprs import Shown
from syncline.secret import Secret


def _positive(_: object, attribute: Any, value: Any) -> None:
    if value <= type(value)(0):
        raise ValueError(f"{attribute.name} is {value}, and has to be more than 0")


def _web_address(_: object, attribute: Any, value: str) -> None:
    if value and not value.startswith(("http://", "https://")):
        raise ValueError(f"{attribute.name} is {value!r}, and has to start with 'https://'")


def _web_addresses(_: object, attribute: Any, value: Mapping[str, str]) -> None:
    for service, address in value.items():
        if not address.startswith(("http://", "https://")):
            raise ValueError(
                f"{attribute.name}.{service} is {address!r}, and has to start with 'https://'"
            )


def _fifo_address(_: object, attribute: Any, value: str) -> None:
    _web_address(_, attribute, value)
    if value and not value.endswith(".fifo"):
        raise ValueError(f"{attribute.name} is {value!r}, and has to be a FIFO queue: its events of"
                         " one item would overtake each other")  # fmt: skip


def _own_source(_: object, attribute: Any, value: str) -> None:
    # EventBridge refuses each event of it: NotAuthorizedForSourceException.
    if not value or value.startswith("aws."):
        raise ValueError(f"{attribute.name} is {value!r}; AWS keeps 'aws.…' for itself")


@frozen(kw_only=True, repr=False)
class Settings(Shown):
    """The table `[connections.<name>]` of an AWS connection."""

    region: str = setting(
        "Region, such as 'eu-central-1'; where empty, that of the environment.", default=""
    )
    profile: str = setting("Profile of the shared AWS configuration files.", default="")
    role: str = setting("ARN of a role to assume with the credentials found.", default="")
    access_key_id: Secret | None = setting(
        "Access key id; without it the usual places are searched.", default=None
    )
    secret_access_key: Secret | None = setting("Secret of that access key.", default=None)
    session_token: Secret | None = setting("Token of temporary access keys.", default=None)
    endpoint: str = setting(
        "Address of all services, where it is not AWS itself.", default="", validator=_web_address
    )
    endpoints: Mapping[str, str] = setting(
        "Addresses of single services by boto3's name of them.",
        factory=dict,
        validator=_web_addresses,
    )
    connect_timeout: timedelta = setting(
        "How long to wait for a connection.", default=timedelta(seconds=3), validator=_positive
    )
    read_timeout: timedelta = setting(
        "How long to wait for an answer.", default=timedelta(seconds=10), validator=_positive
    )
    attempts: int = setting(
        "How often a call is tried when AWS throttles it or fails.",
        default=4,
        validator=_positive,
    )
    threads: int = setting(
        "How many calls are under way at the same time.", default=8, validator=_positive
    )
    allow_auto_scaled: bool = setting(
        "Write the throughput of tables that Application Auto Scaling manages.", default=False
    )
    owner: str = setting(
        "Name of this installation in the tag 'syncline:owner' of objects.", default="syncline"
    )
    heed_tags: bool = setting(
        "Leave objects alone that are tagged as somebody else's.", default=True
    )
    honor_cooldown: bool = setting(
        "Leave the desired number of a group alone while it cools down.", default=True
    )
    settle: timedelta = setting(
        "How long to wait for a table that is being updated.",
        default=timedelta(seconds=20),
        validator=_positive,
    )
    queue: str = setting(
        "Address of the SQS queue that news arrives in, as 'https://…'.",
        default="",
        validator=_web_address,
    )
    queue_wait: timedelta = setting(
        "How long one poll of the queue waits for a message; at most 20 s.",
        default=timedelta(seconds=20),
        validator=[validators.ge(timedelta()), validators.le(timedelta(seconds=20))],
    )
    visibility: timedelta = setting(
        "How long a message is kept from others before that is renewed.",
        default=timedelta(minutes=2),
        validator=[validators.ge(timedelta(seconds=3)), validators.le(timedelta(hours=12))],
    )
    sink_bus: str = setting("Bus of EventBridge that events are sent to.", default="")
    sink_source: str = setting(
        "What that bus is told as their source.", default="syncline", validator=_own_source
    )
    sink_queue: str = setting(
        "Address of a FIFO queue that events are sent to.", default="", validator=_fifo_address
    )
    secrets_ttl: timedelta = setting(
        "How long a value of Secrets Manager is kept in memory.",
        default=timedelta(minutes=10),
        validator=_positive,
    )

    def __attrs_post_init__(self) -> None:
        """Refuse half a key pair.

        Raises:
            ValueError: one half of the access key is missing.
        """
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key go together: give both or none")
        if self.session_token is not None and self.access_key_id is None:
            raise ValueError("session_token goes with access_key_id and secret_access_key")

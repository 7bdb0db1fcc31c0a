"""What a connection to a Confluence Cloud space needs to know."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from syncline.connector import setting
from syncline.secret import Secret

GATEWAY = "https://api.atlassian.com"
LOGIN = "https://auth.atlassian.com"


def _given(_: object, attribute: Any, value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name} is empty")


def _audience(_: object, __: object, value: str) -> None:
    if value != "open" and not (value.startswith("group:") and value.removeprefix("group:")):
        raise ValueError(f"{value!r} is neither 'open' nor 'group:' and the id of a group")


def _positive(_: object, attribute: Any, value: float) -> None:
    if value <= 0:
        raise ValueError(f"{attribute.name} is {value}, and has to be more than 0")


def _not_negative(_: object, attribute: Any, value: int) -> None:
    if value < 0:
        raise ValueError(f"{attribute.name} is {value}, and has to be 0 or more")


@frozen(kw_only=True)
class Settings:
    """The table `[connections.<name>]` of a Confluence connection.

    One of three ways to sign in: `user` and `token`; the same with `cloud_id` for a token with
    scopes; or `client_id`, `client_secret` and `refresh_token_file` for OAuth 2.0.
    """

    site: str = setting(
        "Address of the site, such as 'https://example.atlassian.net'.", validator=_given
    )
    space: str = setting("Key of the space.", validator=_given)
    root: str = setting("Only the page with this id and what is below it.", default="")
    label: str = setting("Only pages with this label.", default="")
    labels: frozenset[str] = setting(
        "Only these labels are carried over; all of them when empty.", default=frozenset()
    )
    user: str = setting("E-mail address of the account that the API token belongs to.", default="")
    token: Secret | None = setting("API token of that account.", default=None)
    cloud_id: str = setting(
        "Id of the site behind the gateway, for tokens with scopes and for OAuth.", default=""
    )
    client_id: str = setting("Id of an OAuth 2.0 app.", default="")
    client_secret: Secret | None = setting("Secret of that app.", default=None)
    refresh_token_file: Path | None = setting(
        "File, mode 0600, that holds the app's rotating refresh token.", default=None
    )
    audience: str = setting(
        "'open', or 'group:<id>' to admit what that whole group may read.",
        default="open",
        validator=_audience,
    )
    parent: str = setting(
        "Id of the page under which new pages are created; the homepage when empty.", default=""
    )
    review_label: str = setting(
        "Label of new pages until somebody has reviewed them; none when empty.",
        default="syncline-review",
    )
    external_images: Literal["link", "keep", "drop"] = setting(
        "Images of other sites: as a link, as they are, or not at all.", default="link"
    )
    watch_attachments: bool = setting(
        "Notice new versions of attached files without an edit of the page.", default=True
    )
    requests_per_second: float = setting(
        "Pace of all calls of this connection.", default=10.0, validator=_positive
    )
    overlap: timedelta = setting(
        "How far behind the last poll a poll looks again.", default=timedelta(minutes=5)
    )
    restrictions_per_poll: int = setting(
        "Restrictions, and labels, that a poll asks for again at most; 0 for none.",
        default=200,
        validator=_not_negative,
    )
    gateway: str = setting("Base URL of Atlassian's gateway.", default=GATEWAY)
    login: str = setting("Base URL of Atlassian's login.", default=LOGIN)
    media_hosts: frozenset[str] = setting(
        "Hosts that downloads may redirect to.",
        default=frozenset({"api.media.atlassian.com", ".atlassian.net", ".atl-paas.net"}),
    )
    proxy: str = setting("HTTP proxy for all requests; none when empty.", default="")

    def __attrs_post_init__(self) -> None:
        basic = bool(self.user) and self.token is not None
        app = bool(self.client_id) and self.client_secret is not None
        if basic == app:
            raise ValueError(
                "say how to sign in: user and token, or client_id, client_secret and"
                " refresh_token_file"
            )
        if app and not (self.cloud_id and self.refresh_token_file):
            raise ValueError("OAuth also needs cloud_id and refresh_token_file")

    @property
    def base_url(self) -> str:
        """Where `/wiki/...` paths start.

        Tokens with scopes and OAuth only work at the gateway, classic tokens only at the site.
        """
        if self.cloud_id:
            return f"{self.gateway.rstrip('/')}/ex/confluence/{self.cloud_id}"
        return self.site.rstrip("/").removesuffix("/wiki")

"""What each form of webhook needs to know."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from attrs import frozen

from syncline.connector import setting
from syncline.secret import Secret
from syncline.webhooks.settings import header_name

JWKS = "https://forge.cdn.prod.atlassian-dev.net/.well-known/jwks.json"
"""Where Atlassian publishes the keys of Forge invocation tokens (Forge Remote essentials)."""

_SPACES = "Only events of spaces with these keys; all of them when empty."
_BEFORE = "The secret before, while the sender changes over to the new one."


def _given(_: object, attribute: Any, value: str) -> None:
    if not value.strip():
        raise ValueError(f"{attribute.name} is empty")


def _path(_: object, __: object, value: str) -> None:
    if value and not value.startswith("/"):
        raise ValueError(f"{value!r} is not a path such as '/webhooks/wiki'")


def _published(_: object, __: object, value: str) -> None:
    parts = urlsplit(value)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or not (parts.scheme == "https" or here) or parts.query or parts.fragment:
        raise ValueError(f"{value!r} is not an https address of a key set")


@frozen(kw_only=True)
class AutomationSettings:
    """An automation rule signs nothing: a secret in a header is all that proves it."""

    secret: Secret = setting("What the rule sends in the header: 16 random characters or more.")
    previous_secret: Secret | None = setting(_BEFORE, default=None)
    header: str = setting(
        "Header that holds the secret.", default="X-Syncline-Secret", validator=header_name
    )
    spaces: frozenset[str] = setting(_SPACES, default=frozenset())


@frozen(kw_only=True)
class DataCenterSettings:
    """Data Center signs the body with the secret of the webhook."""

    secret: Secret = setting("The secret of the webhook: at least 16 random characters.")
    previous_secret: Secret | None = setting(_BEFORE, default=None)
    spaces: frozenset[str] = setting(_SPACES, default=frozenset())


@frozen(kw_only=True)
class ConnectSettings:
    """Connect signs a token that is bound to method, path and query, and not to the body."""

    client_key: str = setting(
        "The clientKey of the site, from the app's installation.", validator=_given
    )
    secret: Secret = setting("The sharedSecret of that installation.")
    previous_secret: Secret | None = setting(_BEFORE, default=None)
    path: str = setting(
        "Path below the app's base URL; as the request has it when empty.",
        default="",
        validator=_path,
    )
    spaces: frozenset[str] = setting(_SPACES, default=frozenset())


@frozen(kw_only=True)
class ForgeSettings:
    """Forge Remote sends a token that Atlassian has signed: who sent it, not what is in it."""

    app: str = setting("Id of the app, 'ari:cloud:ecosystem::app/…'.", validator=_given)
    keys: str = setting(
        "Where Atlassian publishes its keys (https).", default=JWKS, validator=_published
    )
    keys_file: Path | None = setting(
        "A file with those keys, instead of the address.", default=None
    )
    issuer: str = setting(
        "Who issues the tokens.", default="forge/invocation-token", validator=_given
    )
    spaces: frozenset[str] = setting(_SPACES, default=frozenset())


__all__ = ["AutomationSettings", "ConnectSettings", "DataCenterSettings", "ForgeSettings"]

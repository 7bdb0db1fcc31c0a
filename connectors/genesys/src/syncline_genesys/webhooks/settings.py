"""What both forms of webhook need to know."""

from __future__ import annotations

from attrs import frozen

from syncline.connector import setting
from syncline.secret import Secret
from syncline.webhooks.settings import header_name


@frozen(kw_only=True)
class SecretSettings:
    """Neither AWS nor a workflow signs what it sends: a secret in a header is the proof."""

    secret: Secret = setting("What the sender puts in the header: 16 random characters or more.")
    previous_secret: Secret | None = setting(
        "The secret before, while the sender changes over to the new one.", default=None
    )
    header: str = setting(
        "Header that holds the secret.", default="X-Syncline-Secret", validator=header_name
    )


__all__ = ["SecretSettings"]

"""What the generic form needs to know, and what settings of other forms have in common."""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from ..connector import setting
from ..secret import Secret


def header_name(_: object, __: object, value: str) -> None:
    """Refuse what is no name of a header (an attrs validator)."""
    if not (value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        raise ValueError(f"{value!r} is not the name of a header such as 'X-Syncline-Secret'")


@frozen(kw_only=True)
class GenericSettings:
    """The table of `form = "generic"`."""

    secret: Secret = setting("What the sender signs with: at least 16 random characters.")
    previous_secret: Secret | None = setting(
        "The secret before, while the sender changes over to the new one.", default=None
    )
    scheme: Literal["standard", "hmac", "secret"] = setting(
        "Standard Webhooks; HMAC-SHA256 of the body in hex; or the secret itself.",
        default="standard",
    )
    header: str = setting(
        "Header of 'hmac' and 'secret'.", default="X-Signature", validator=header_name
    )
    prefix: str = setting("What stands before the hex of 'hmac'.", default="sha256=")
    id: str = setting(
        "Where the body names items, such as 'data.id'; as documented when empty.", default=""
    )


__all__ = ["GenericSettings", "header_name"]

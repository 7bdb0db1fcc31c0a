"""What of a person may leave the source with an event: a setting, closed by default. Pure."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal, TypeAlias

from attrs import frozen

from ..reprs import Shown
from ..secret import Secret

Handling: TypeAlias = Literal["drop", "hash", "keep"]
"""`hash` writes a keyed digest: equal values stay equal, and nobody can guess them back."""
KEY_LENGTH = 16
"""Characters of a key: whoever guesses it can try all telephone numbers against their hashes."""


@frozen(kw_only=True, repr=False)
class Privacy(Shown):
    """How personal values are treated before an event is made."""

    addresses: Handling = "hash"
    """Telephone numbers, e-mail and SIP addresses, and what else names a device of a person."""
    names: Handling = "drop"
    """Names of customers and agents; their ids stay."""
    attributes: tuple[str, ...] = ()
    """Participant attributes that leave, by name; `*` at the end stands for any ending."""
    attribute_values: Handling = "hash"
    """How those leave. All others are dropped, with their names."""
    texts: Handling = "drop"
    """Subjects, wrap-up notes, and what else people write."""
    key: Secret | None = None
    """Of `hash`; every listener has the same. Without one, `hash` drops."""

    def treated(self, handling: Handling, value: str) -> str | None:
        """Return what leaves of a value; None for nothing."""
        if handling == "keep":
            return value
        if handling == "drop" or self.key is None:
            return None
        digest = hmac.digest(self.key.reveal().encode(), value.encode(), hashlib.sha256)
        return f"hmac:{digest[:16].hex()}"


def weakness(key: Secret) -> str | None:
    """Return what is wrong with a key of hashes; None where nothing is."""
    if len(key.reveal()) >= KEY_LENGTH:
        return None
    return (
        f"it has fewer than {KEY_LENGTH} characters: who guesses it can look up whose the hashes"
        " are; take a random one, such as `openssl rand -hex 32` prints"
    )


__all__ = ["KEY_LENGTH", "Handling", "Privacy", "weakness"]

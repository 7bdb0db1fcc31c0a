"""The mark on a copy: where Syncline copied it from, in `externalId`. Pure."""

from __future__ import annotations

import hashlib
from urllib.parse import quote, unquote

from syncline.model import Ref

PREFIX = "syncline:"

LONGEST = 255
"""Characters of an external id that are surely held."""


def mark(origin: Ref) -> str:
    """Return the external id for copies of `origin`: never with a comma, which separates ids.

    An id that is too long is hashed: the mark then finds the copy, and cannot be read back.
    """
    text = f"{PREFIX}{quote(origin.connection, safe='')}:{quote(origin.id, safe='')}"
    if len(text) <= LONGEST:
        return text
    return f"{PREFIX}:{hashlib.sha256(text.encode()).hexdigest()}"


def unmark(external_id: object) -> Ref | None:
    """Return the origin that an external id names; None when it is no mark of ours."""
    if not isinstance(external_id, str) or not external_id.startswith(PREFIX):
        return None
    connection, _, id_ = external_id.removeprefix(PREFIX).partition(":")
    return Ref(unquote(connection), unquote(id_)) if connection and id_ else None


def hashed(external_id: object) -> bool:
    """True for a mark that cannot be read back."""
    return isinstance(external_id, str) and external_id.startswith(PREFIX + ":")

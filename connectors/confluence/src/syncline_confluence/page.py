"""What the vendor's page object says."""

from __future__ import annotations

from datetime import datetime, timezone

from syncline.errors import StoreError

from .audience import Parent
from .client import Json


def slim(page: Json) -> Json:
    """Keep what a listing needs of a page: a million of them are in memory at once."""
    return {
        "id": str(page["id"]),
        "title": str(page["title"]),
        "parentId": str(page["parentId"]) if page.get("parentId") else None,
        "parentType": str(page.get("parentType") or "page"),
        "version": int(page["version"]["number"]),
        "at": str(page["version"]["createdAt"]),
    }


def parent_of(page: Json) -> Parent | None:
    """Return what a slim page lies under; None at the top of the space."""
    return Parent(page["parentId"], page["parentType"]) if page["parentId"] else None


def file_version(one: Json) -> str:
    """Return which version of which attachment this is."""
    return f"{one['id']}@{one['version']['number']}"


def storage_of(page: Json) -> str:
    """Return the body of a page.

    Raises:
        StoreError: the answer has none.
    """
    body = (page.get("body") or {}).get("storage")
    if not isinstance(body, dict) or not isinstance(body.get("value"), str):
        raise StoreError(f"page {page.get('id')}: the answer has no body in storage format")
    return str(body["value"])


def moment(text: str) -> datetime:
    """Return a time of the vendor's as an aware one."""
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


__all__ = ["file_version", "moment", "parent_of", "slim", "storage_of"]

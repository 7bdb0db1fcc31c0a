"""What an event says: which page has to be looked at, and whether all that is below it has.

Nothing else in a body is believed. What a vendor event means is in the fact sheets: a page that is
trashed, moved, archived or restricted takes its children along, and they get no event of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from syncline.errors import Rejected
from syncline.webhooks.payload import item_id

Body = Mapping[str, Any]

CASCADING = frozenset(
    {"trashed", "removed", "deleted", "restored", "moved", "archived", "unarchived"}
    | {"permissions_updated"}
)
"""Verbs after which the children of a page are not what they were, either."""
UNINTERESTING = frozenset({"viewed", "liked", "initialized", "started"})
"""Verbs that change nothing that a page holds."""
LEAVING = frozenset({"moved"})
"""Verbs whose body names the space where the page is now, and not the one that it has left."""

_HOLDERS = ("page", "content", "labeled", "attachedTo", "blog")
"""Where the bodies of Connect and Data Center have the thing that an event is about."""


@frozen(kw_only=True)
class Event:
    """One event, whichever channel brought it."""

    page: str | None
    """Id of a page; None when the event is about something else."""
    verb: str = ""
    """Such as `trashed`; empty where the channel does not say."""
    space: str = ""
    """Key of its space, where the body has it."""
    edited: bool = False
    """True where the body says that the page's text was edited."""

    @property
    def matters(self) -> bool:
        return self.page is not None and self.verb not in UNINTERESTING

    @property
    def subtree(self) -> bool:
        """True when the children may have changed, too; one that does not say might mean that."""
        return self.verb in CASCADING or (not self.verb and not self.edited)

    def within(self, spaces: frozenset[str]) -> bool:
        """Tell whether it concerns one of these spaces; no spaces are all of them."""
        return not spaces or not self.space or self.verb in LEAVING or self.space in spaces


def classic(body: Body, name: str) -> Event:
    """Return the event of a Connect or Data Center body; `name` is such as `page_trashed`.

    Raises:
        Rejected: it is about nothing that an event can be about.
    """
    edited = isinstance(body.get("updateTrigger"), str)
    for key in _HOLDERS:
        if isinstance(found := body.get(key), dict):
            return Event(
                page=_page(found), verb=verb_of(name), space=_text(found, "spaceKey"), edited=edited
            )
    if name.startswith(("page_", "content_", "attachment_", "label_")) or not name:
        raise Rejected(f"the body has none of {', '.join(_HOLDERS)}")
    return Event(page=None)


def verb_of(name: str) -> str:
    """Return what happened, of a name such as `page_trashed` or `content_permissions_updated`."""
    return name.partition("_")[2] or name


def _page(found: Body) -> str | None:
    if found.get("contentType", found.get("type", "page")) != "page":
        return None
    return item_id(found.get("idAsString", found.get("id")), number=True)


def _text(found: Body, key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""


def forge(body: Body) -> Event:
    """Return the event of a Forge body: `eventType` is such as `avi:confluence:trashed:page`.

    Raises:
        Rejected: it has no content, or none that can be told.
    """
    kind = _text(body, "eventType").split(":")
    if kind[:2] != ["avi", "confluence"] or len(kind) < 4:
        raise Rejected("eventType is not that of a Confluence event")
    content = body.get("content", body.get("attachment"))
    if not isinstance(content, dict):
        if kind[3] in ("page", "attachment", "label"):
            raise Rejected("the body has no content")
        return Event(page=None)
    space = content.get("space")
    key = _text(space, "key") if isinstance(space, dict) else ""
    # The events of labels and attachments have verbs of their own, which cascade to nothing.
    verb = kind[2] if kind[3] == "page" else "updated"
    return Event(page=_forge_page(content), verb=verb, space=key)


def _forge_page(content: Body) -> str | None:
    if content.get("type") == "page":
        return item_id(content.get("id"), number=True)
    container = content.get("container")
    if isinstance(container, dict) and container.get("type", "page") == "page":
        return item_id(container.get("id"), number=True)
    return None


def automation(body: Body) -> Event:
    """Return the event of a rule's body, which we define: `id`, and perhaps `event` and `space`.

    Raises:
        Rejected: there is no id.
    """
    return Event(
        page=item_id(body.get("id"), number=True),
        verb=verb_of(_text(body, "event")),
        space=_text(body, "space"),
    )


__all__ = ["Event", "automation", "classic", "forge", "verb_of"]

"""The rules that a page must follow to be saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from .accounts import Account
from .content import Content, Kind, Space, Status
from .refusal import Refusal, conflict, invalid, missing
from .storage import Stored, stored
from .wiki import Wiki, folded

MAX_BODY = 5 * 1024 * 1024
MAX_TITLE = 255
TAKEN = (
    "A page with this title already exists: A page already exists with the same TITLE in this space"
)


def moment(wiki: Wiki) -> datetime:
    """Now, to the millisecond, as the vendor's times are."""
    now = wiki.clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def check_version(content: Content, given: int) -> None:
    """Refuse a write that was not made for the newest version.

    Raises:
        Refusal: 409 in the vendor's captured words.
    """
    current = content.version.number
    wanted = 1 if content.status == "draft" else current + 1
    if given != wanted:
        raise conflict(
            "Version must be incremented when updating a page. "
            f"Current Version: [{current}]. Provided version: [{given}]"
        )


def checked_title(
    wiki: Wiki,
    space: Space,
    title: str,
    status: Status,
    kind: Kind,
    besides: str | None = None,
) -> str:
    """The title as it is kept.

    Raises:
        Refusal: 400, it is blank, too long, or held by another page.
    """
    title = title.strip()
    if not title and status != "draft":
        raise invalid("The title of a page must not be blank")
    if len(title) > MAX_TITLE:
        raise invalid(f"The title must not be longer than {MAX_TITLE} characters")
    if kind == "page" and folded(title) and wiki.holder(space.id, title, besides) is not None:
        raise invalid(TAKEN)
    return title


def saved_body(wiki: Wiki, content: Content, body: str) -> Stored:
    """The body as the server keeps it for this content.

    Raises:
        Refusal: 413 over 5 MB, 400 when it is not well-formed.
    """
    if len(body.encode("utf-8", "surrogatepass")) > MAX_BODY:
        raise Refusal(413, "PAYLOAD_TOO_LARGE", "The body is larger than 5 MB")
    return stored(
        body,
        new_id=wiki.ids.uuid,
        resolve=_resolver(wiki, content),
        local_ids=wiki.settings.local_ids,
    )


def _resolver(wiki: Wiki, content: Content) -> Callable[[Mapping[str, str]], int | None]:
    def resolve(have: Mapping[str, str]) -> int | None:
        if "ri:filename" in have:
            named = (a for a in content.attachments.values() if a.title == have["ri:filename"])
            attachment = next(named, None)
            return None if attachment is None else attachment.file.number
        key = have.get("ri:space-key")
        space = wiki.spaces[content.space] if key is None else wiki.space_by_key(key)
        title = have.get("ri:content-title", "")
        target = None if space is None else wiki.holder(space.id, title)
        return None if target is None else target.version.number

    return resolve


def parent_in(wiki: Wiki, who: Account, space: Space, parent: str) -> Content:
    """The content under which something is to be put.

    Raises:
        Refusal: 404, it is not there, not visible, not current, or in another space.
    """
    above = wiki.readable(who, parent)
    if above.status != "current" or above.space != space.id:
        raise missing(f"Parent {parent} is not a current content of the space")
    return above

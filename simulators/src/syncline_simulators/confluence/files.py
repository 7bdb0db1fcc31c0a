"""Attachments: files with versions that belong to a page."""

from __future__ import annotations

import mimetypes

from .accounts import Account
from .content import Attachment, Content, File
from .refusal import invalid, missing
from .rules import moment
from .wiki import Wiki

MAX_FILE = 100 * 1024 * 1024


def named(content: Content, title: str) -> Attachment | None:
    """The current attachment of a page with exactly this name."""
    ours = content.attachments.values()
    return next((a for a in ours if a.title == title and a.status == "current"), None)


def attach(
    wiki: Wiki,
    who: Account,
    content: Content,
    *,
    title: str,
    data: bytes,
    media_type: str | None = None,
    comment: str = "",
    minor: bool = False,
    replace: bool = False,
) -> Attachment:
    """Add a file, or a new version of it when `replace` is set.

    Raises:
        Refusal: 400, a file of this name is there already; 404, the file is too large.
    """
    existing = named(content, title)
    if existing is not None and not replace:
        raise invalid(
            "Cannot add a new attachment with same file name as an existing attachment: " + title
        )
    if existing is None:
        existing = Attachment(
            id=f"att{wiki.ids.number()}", page=content.id, title=title, created=moment(wiki)
        )
    add_version(wiki, who, existing, data, media_type, comment, minor=minor)
    content.attachments[existing.id] = existing
    return existing


def add_version(
    wiki: Wiki,
    who: Account,
    attachment: Attachment,
    data: bytes,
    media_type: str | None,
    comment: str,
    *,
    minor: bool = False,
) -> None:
    """Give an attachment new content.

    Raises:
        Refusal: 404, the file is too large (REST v1 says so).
    """
    if len(data) > MAX_FILE:
        raise missing(f"The file is larger than {MAX_FILE} bytes")
    wiki.lift_attachment(attachment)
    guessed = mimetypes.guess_type(attachment.title)[0] or "application/octet-stream"
    attachment.files.append(
        File(
            number=len(attachment.files) + 1,
            content=data,
            media_type=media_type or guessed,
            comment=comment,
            file_id=wiki.ids.uuid(),
            author=who.id,
            at=moment(wiki),
            minor=minor,
        )
    )
    wiki.place_attachment(attachment)


def readable(wiki: Wiki, who: Account, attachment_id: str) -> tuple[Content, Attachment]:
    """The attachment with this id and its page.

    Raises:
        Refusal: 404, it is not there or not visible.
    """
    found = wiki.attachments.get(attachment_id)
    if found is None:
        raise missing()
    return wiki.readable(who, found.page), found


def version(attachment: Attachment, number: int | None) -> File:
    """This version of an attachment, or the newest.

    Raises:
        Refusal: 404, there is no such version.
    """
    if number is None:
        return attachment.file
    if not 1 <= number <= len(attachment.files):
        raise missing()
    return attachment.files[number - 1]


def discard(wiki: Wiki, attachment: Attachment, *, purge: bool) -> None:
    """Put an attachment into the trash, or delete one that is there for ever.

    Raises:
        Refusal: 400, a purge of what is not in the trash; 404, a second deletion.
    """
    if purge and attachment.status != "trashed":
        raise invalid("Only a trashed attachment can be purged")
    if purge:
        wiki.contents[attachment.page].attachments.pop(attachment.id, None)
        wiki.lift_attachment(attachment)
    elif attachment.status == "trashed":
        raise missing()
    else:
        attachment.status = "trashed"

"""Web addresses of content, as responses give them."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, quote_plus

from ..content import Attachment, Content
from ..wiki import Wiki

_LATIN = re.compile(r"[A-Za-z0-9]")


def tiny(content_id: str) -> str:
    """The short link: base64url of the id's bytes, smallest first, without trailing zeros."""
    number = int(content_id)
    raw = number.to_bytes((number.bit_length() + 7) // 8 or 1, "little")
    return "/x/" + base64.urlsafe_b64encode(raw).decode().rstrip("=").rstrip("A")


def webui(wiki: Wiki, content: Content) -> str:
    """Where a person reads it; titles without Latin letters give no slug."""
    space = wiki.spaces[content.space]
    if content.kind == "folder":
        return f"/spaces/{space.key}/folder/{content.id}"
    if space.homepage == content.id:
        return f"/spaces/{space.key}/overview"
    slug = "/" + quote_plus(content.title) if _LATIN.search(content.title) else ""
    return f"/spaces/{space.key}/pages/{content.id}{slug}"


def page_links(wiki: Wiki, content: Content) -> dict[str, str]:
    """The `_links` of a page, without its base."""
    key = wiki.spaces[content.space].key
    return {
        "editui": f"/pages/resumedraft.action?draftId={content.id}",
        "webui": webui(wiki, content),
        "edituiv2": f"/spaces/{key}/pages/edit-v2/{content.id}",
        "tinyui": tiny(content.id),
    }


def attachment_webui(attachment: Attachment) -> str:
    """Where a person sees the attachment."""
    number = attachment.id.removeprefix("att")
    preview = quote(f"/{attachment.page}/{number}/", safe="") + quote_plus(attachment.title)
    return f"/pages/viewpageattachments.action?pageId={attachment.page}&preview={preview}"


def download_v1(attachment: Attachment) -> str:
    """The download address that v1 gives, relative to the base."""
    file = attachment.file
    moment = int(file.at.timestamp() * 1000)
    return (
        f"/download/attachments/{attachment.page}/{quote(attachment.title)}"
        f"?version={file.number}&modificationDate={moment}&cacheVersion=1&api=v2"
    )


def download_v2(attachment: Attachment) -> str:
    """The download address that v2 gives, relative to the base."""
    return f"/rest/api/content/{attachment.page}/child/attachment/{attachment.id}/download"

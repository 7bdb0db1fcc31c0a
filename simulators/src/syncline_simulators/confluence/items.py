"""Contents as the admin API shows them."""

from __future__ import annotations

import hashlib
from typing import Any

from .content import Attachment, Content, Members
from .wiki import Wiki


def item(wiki: Wiki, content: Content) -> dict[str, Any]:
    """One page or folder as people see it, its body as stored."""
    return {
        "id": content.id,
        "title": content.title,
        "body": content.body,
        "state": content.status,
        "version": content.version.number,
        "parent": content.parent,
        "restricted": bool(wiki.barriers(content)),
        "labels": sorted(content.labels),
        "type": content.kind,
        "space": wiki.spaces[content.space].key,
        "modified": content.version.at.isoformat(),
        "author": content.version.author,
        "message": content.version.message,
        "readers": _names(wiki, content.readers),
        "editors": _names(wiki, content.editors),
        "properties": {key: held.value for key, held in sorted(content.properties.items())},
        "attachments": [_attachment(one) for one in content.attachments.values()],
        "draft": None if content.draft is None else content.draft.body,
        "comments": list(content.comments),
    }


def _names(wiki: Wiki, gate: Members) -> list[str]:
    """E-mail addresses and group names."""
    groups = {group.id: group.name for group in wiki.directory.groups.values()}
    people = [wiki.directory.accounts[one].email for one in gate.users]
    return people + [groups[one] for one in gate.groups]


def _attachment(one: Attachment) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "state": one.status,
        "version": one.file.number,
        "media_type": one.file.media_type,
        "size": len(one.file.content),
        "sha256": hashlib.sha256(one.file.content).hexdigest(),
    }

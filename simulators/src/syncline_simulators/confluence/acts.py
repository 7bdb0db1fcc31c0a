"""What a person does in the product, as `POST /act` tells it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from ..kernel import BadAction, Impossible
from . import files, labels, pages
from .accounts import Account
from .action import Act
from .content import Content, Members, Space
from .items import item
from .refusal import Refusal
from .restrictions import named, replace
from .site import EDITORS, add_space
from .site_acts import SITE_ACTS
from .storage import marked
from .wiki import Wiki

_COMMON = {"do", "id", "by"}


def act(wiki: Wiki, editor: Account, space: Space, action: Mapping[str, Any]) -> dict[str, Any]:
    """Do it, and return the item (or what the action is about).

    Raises:
        Impossible: the product refuses it.
        BadAction: the action is malformed.
    """
    known = _ACTS.get(str(action.get("do")))
    if known is None:
        raise BadAction(f"'do' is one of {', '.join(sorted(_ACTS))}, not {action.get('do')!r}")
    do, allowed = known
    unknown = set(action) - _COMMON - set(allowed.split())
    if unknown:
        raise BadAction(f"{action['do']!r} has no field {min(unknown)!r}; it has: {allowed}")
    wiki.schedule.settle()
    who = _actor(wiki, editor, action.get("by"))
    try:
        done = do(Act(wiki=wiki, who=who, space=space, fields=action))
    except Refusal as refusal:
        raise Impossible(refusal.text) from refusal
    return item(wiki, done) if isinstance(done, Content) else done


def _actor(wiki: Wiki, editor: Account, by: object) -> Account:
    if by is None:
        return editor
    found = wiki.directory.by_name(str(by))
    if not isinstance(found, Account):
        raise BadAction(f"there is no account {by!r}")
    return found


def _create(act: Act) -> Content:
    key = act.text("space")
    space = act.space if key is None else act.wiki.space_by_key(key)
    if space is None:
        space = add_space(act.wiki, act.who, str(key), str(key))
    kind = act.text("type") or "page"
    if kind not in ("page", "folder"):
        raise BadAction(f"'type' is 'page' or 'folder', not {kind!r}")
    body = act.text("body") or ""
    if kind == "folder" and body:
        raise Impossible("a folder has no body")
    content = pages.create(
        act.wiki,
        act.who,
        space,
        title=act.needed("title"),
        body=body,
        parent=act.text("parent") or space.homepage,
        status="draft" if act.flag("draft") else "current",
        kind="folder" if kind == "folder" else "page",
    )
    labels.add(act.wiki, act.who, content, act.texts("labels") or [])
    return content


def _edit(act: Act) -> Content:
    content = act.current() if not act.flag("draft") else act.content()
    if content.kind == "folder":
        raise Impossible("a folder has no body; rename it instead")
    wanted = act.texts("labels")
    title, body = act.text("title"), act.text("body")
    title = content.title if title is None else title
    if "replace" in act.fields:
        body = _replaced(content.body, act.fields["replace"])
    body = content.body if body is None else body
    if act.flag("draft"):
        pages.save_draft(act.wiki, act.who, content, title=title, body=body)
    elif title != content.title or body != content.body:
        message = act.text("message") or ""
        pages.save(act.wiki, act.who, content, title=title, body=body, message=message)
    if wanted is not None:
        _set_labels(act, content, wanted)
    return content


def _replaced(body: str, change: object) -> str:
    """The body with the first `old` replaced by `new`, both as they are stored."""
    match change:
        case {"old": str(old), "new": str(new)} if old and old in body:
            return body.replace(old, new, 1)
        case {"old": str(old), "new": str()} if old:
            raise BadAction(f"the body does not hold {old!r}")
        case _:
            raise BadAction("'replace' is an object with the texts 'old' and 'new'")


def _publish(act: Act) -> Content:
    content = act.content()
    draft = content.draft
    if content.status != "draft" and draft is None:
        raise Impossible(f"{content.id} has no draft")
    title = content.title if draft is None else draft.title
    body = content.body if draft is None else draft.body
    pages.save(act.wiki, act.who, content, title=title, body=body)
    return content


def _rename(act: Act) -> Content:
    content = act.current()
    pages.save(act.wiki, act.who, content, title=act.needed("title"), body=content.body)
    return content


def _move(act: Act) -> Content:
    content = act.current()
    above = act.wiki.contents.get(act.needed("parent"))
    if above is None or above.status != "current" or above.space != content.space:
        raise Impossible("the new parent is not a current content of the same space")
    pages.move(act.wiki, act.who, content, above)
    return content


def _delete(act: Act) -> Content:
    content = act.content()
    if content.status == "trashed":
        raise Impossible(f"{content.id} is in the trash already")
    if content.id == act.wiki.spaces[content.space].homepage:
        raise Impossible("the homepage of a space cannot be deleted")
    pages.trash(act.wiki, act.who, content, with_children=act.flag("children"))
    return content


def _purge(act: Act) -> dict[str, Any]:
    content = act.content()
    if content.status != "trashed":
        raise Impossible("only what is in the trash can be purged")
    gone = item(act.wiki, content) | {"state": "purged"}
    pages.purge(act.wiki, act.who, content)
    return gone


def _restore(act: Act) -> Content:
    content = act.content()
    if content.status not in ("trashed", "archived"):
        raise Impossible(f"{content.id} is {content.status}, neither in the trash nor archived")
    pages.restore(act.wiki, act.who, content)
    return content


def _archive(act: Act) -> Content:
    content = act.current()
    if content.kind == "folder":
        raise Impossible("a folder cannot be archived")
    pages.archive(act.wiki, act.who, content)
    return content


def _restrict(act: Act) -> Content:
    content = act.content()
    gate = named(act.wiki, act.texts("to") or [EDITORS])
    operation = act.text("operation") or "read"
    if operation not in ("read", "update"):
        raise BadAction(f"'operation' is 'read' or 'update', not {operation!r}")
    replace(act.wiki, act.who, content, operation, gate)
    return content


def _unrestrict(act: Act) -> Content:
    content = act.content()
    for operation in ("read", "update"):
        replace(act.wiki, act.who, content, operation, Members())
    return content


def _label(act: Act) -> Content:
    content = act.content()
    wanted = act.texts("labels")
    if wanted is None:
        raise BadAction("the action 'label' needs the field 'labels'")
    _set_labels(act, content, wanted)
    return content


def _set_labels(act: Act, content: Content, wanted: list[str]) -> None:
    kept = {labels.checked(name) for name in wanted}
    labels.remove(act.wiki, act.who, content, set(content.labels) - kept)
    labels.add(act.wiki, act.who, content, sorted(kept))


def _comment(act: Act) -> Content:
    """Anchor an inline comment at a text: the body changes, the version does not."""
    content = act.current()
    reference = act.wiki.ids.uuid()
    body = marked(content.body, act.needed("text"), reference)
    if body is None:
        raise Impossible(f"the text {act.fields['text']!r} cannot be selected on {content.id}")
    content.body = body
    content.versions[-1] = attrs.evolve(content.version, body=body)
    content.comments.append(reference)
    return content


def _attach(act: Act) -> Content:
    content = act.current()
    try:
        data = base64.b64decode(act.text("content") or "", validate=True)
    except binascii.Error as error:
        raise BadAction("the field 'content' is the file in base64") from error
    files.attach(
        act.wiki,
        act.who,
        content,
        title=act.needed("filename"),
        data=data,
        media_type=act.text("media_type"),
        replace=True,
    )
    return content


def _detach(act: Act) -> Content:
    content = act.content()
    found = files.named(content, act.needed("filename"))
    if found is None:
        raise Impossible(f"{content.id} has no attachment {act.fields['filename']!r}")
    files.discard(act.wiki, found, purge=False)
    return content


def _property(act: Act) -> Content:
    """Take a content property away, as another program may do."""
    content = act.content()
    held = content.properties.pop(act.needed("key"), None)
    if held is None:
        raise Impossible(f"{content.id} has no property {act.fields['key']!r}")
    del act.wiki.properties[held.id]
    return content


_ACTS: Mapping[str, tuple[Callable[[Act], Any], str]] = {
    "create": (_create, "title body parent labels space type draft"),
    "edit": (_edit, "title body replace labels message draft"),
    "publish": (_publish, ""),
    "rename": (_rename, "title"),
    "move": (_move, "parent"),
    "delete": (_delete, "children"),
    "purge": (_purge, ""),
    "restore": (_restore, ""),
    "archive": (_archive, ""),
    "restrict": (_restrict, "to operation"),
    "unrestrict": (_unrestrict, ""),
    "label": (_label, "labels"),
    "comment": (_comment, "text"),
    "attach": (_attach, "filename content media_type"),
    "detach": (_detach, "filename"),
    "drop-property": (_property, "key"),
    **SITE_ACTS,
}
"""Every action with the fields that it knows, besides `do`, `id` and `by`."""

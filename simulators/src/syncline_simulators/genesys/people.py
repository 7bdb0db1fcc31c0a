"""What people do in the console."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from ..kernel.simulator import BadAction, Impossible
from .base import Category, KnowledgeBase, Label
from .blocks import body as body_shape
from .conversations.acts import DEEDS as CONVERSATIONS
from .document import Content, Document, Variation, drafted, with_variation, writable
from .documents import WORDS
from .editor import blocks_of, replaced
from .errors import Refusal
from .estate_acts import estate_act, settings, subscribe
from .items import item_of, main_variation
from .notifications.acts import DEEDS as NOTIFICATIONS
from .organization import Organization
from .shapes import text
from .variations import stored
from .versions import publish

IMPOSSIBLE: Mapping[str, str] = {
    "restore": "a deleted article is gone for good; `revert` brings back an earlier version",
    "move": "an article has a category and no place in a tree; edit it with another 'parent'",
    "archive": "Genesys Cloud has no way to archive an article; hide it or delete it",
    "restrict": "an article cannot be restricted to some people; hide it from searches instead",
    "unrestrict": "an article cannot be restricted to some people, so nothing can be lifted",
}
"""What the product cannot do, with the reason."""


def act(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    """Do what a person would do, and return the item.

    Raises:
        Impossible: the product refuses it.
        BadAction: the action is malformed or names nothing that there is.
    """
    do = str(action.get("do"))
    if do in IMPOSSIBLE:
        raise Impossible(IMPOSSIBLE[do])
    if do not in _DEEDS:
        known = ", ".join(sorted([*_DEEDS, *IMPOSSIBLE]))
        raise BadAction(f"'do' is one of {known}, not {do!r}")
    try:
        if "kind" in action:
            return estate_act(org, action)
        return _DEEDS[do](org, action)
    except Refusal as refusal:
        raise Impossible(refusal.message) from refusal


def _place(org: Organization, action: Mapping[str, Any]) -> tuple[KnowledgeBase, Document]:
    wanted = action.get("id")
    for base in org.bases.values():
        if isinstance(wanted, str) and base.documents.holds(wanted):
            return base, base.documents.get(wanted)
    raise BadAction(f"there is no article with the id {wanted!r}")


def _base(org: Organization, action: Mapping[str, Any]) -> KnowledgeBase:
    wanted = action.get("knowledgeBase")
    for base in org.bases.values():
        if wanted in (None, base.id, base.name):
            return base
    raise BadAction(f"there is no knowledge base {wanted!r}")


def _create(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    base = _base(org, action)
    key = "knowledge.documents.per.knowledgebase.max"
    org.room("knowledge", key, len(base.documents))
    now = org.now()
    document = Document(
        id=org.ids.uuid(),
        number=base.documents.number(),
        created=now,
        created_by=org.person.id,
        draft=Content(title="Untitled", modified=now),
    )
    action = {"title": "Untitled", "body": "", **action}
    changed = _edited(org, base, document, action)
    org.audit(org.person, "Create", "KnowledgeDocument", document.id, changed.draft.title)
    return _kept(org, base, changed, action)


def _edit(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    base, document = _place(org, action)
    changed = _edited(org, base, document, action)
    org.audit(org.person, "Update", "KnowledgeDocument", document.id, changed.draft.title)
    return _kept(org, base, changed, action)


def _edited(
    org: Organization, base: KnowledgeBase, document: Document, action: Mapping[str, Any]
) -> Document:
    changes: dict[str, Any] = {
        name: _text(action, given)
        for given, name in _TEXTS.items()
        if action.get(given) is not None
    }
    if "visible" in action:
        changes["visible"] = bool(action["visible"])
    if "body" in action or "replace" in action:
        one = _rewritten(org, document.draft, action)
        changes["variations"] = with_variation(document.draft, one)
    # Categories and labels last: they are made on the way, and nothing may fail after that.
    names = _names(action.get("labels", []))
    writable(document)
    if "parent" in action or "category" in action:
        changes["category"] = _category(org, base, action.get("parent", action.get("category")))
    if "labels" in action:
        changes["labels"] = tuple(_label(org, base, one).id for one in names)
    return drafted(document, org.now(), org.person.id, **changes)


_TEXTS = {"title": "title", "externalId": "external_id", "externalUrl": "external_url"}


def _text(action: Mapping[str, Any], name: str) -> str:
    found = action[name]
    if not isinstance(found, str) or (name == "title" and not found.strip()):
        raise BadAction(f"{name!r} is a text, not {found!r}")
    return str(text(words=WORDS if name == "title" else None)(found, name))


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadAction(f"'labels' is a list of names, not {value!r}")
    return value


def _rewritten(org: Organization, draft: Content, action: Mapping[str, Any]) -> Variation:
    now = org.now()
    one = main_variation(draft) or Variation(id=org.ids.uuid(), created=now, modified=now)
    if "body" in action:
        found = body_shape(blocks_of(action["body"]))
    else:
        if one.body is None:
            raise BadAction("the article has no body in which something could be replaced")
        found = body_shape(replaced(json.loads(one.body), action["replace"]))
    return evolve(one, body=stored(found), modified=now)


def _category(org: Organization, base: KnowledgeBase, name: Any) -> str | None:
    """The id of a category; people make one where there is none."""
    if not name:
        return None
    found = base.categories.named(str(name))
    if found is None:
        now = org.now()
        new = Category(id=org.ids.uuid(), name=str(name), created=now, modified=now)
        found = base.keep_category(new)
    return found.id


def _label(org: Organization, base: KnowledgeBase, name: str) -> Label:
    found = base.labels.named(name)
    if found is None:
        now = org.now()
        new = Label(id=org.ids.uuid(), name=name, color="#75a8ff", created=now, modified=now)
        found = base.labels.put(new)
    return found


def _kept(
    org: Organization, base: KnowledgeBase, document: Document, action: Mapping[str, Any]
) -> dict[str, Any]:
    """Save the draft, and publish it unless the action says `"publish": false`."""
    base.documents.put(document)
    if action.get("publish", True):
        document = publish(org, base, document, None)
    return item_of(base, document)


def _delete(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    base, document = _place(org, action)
    writable(document)
    gone = item_of(base, document)
    base.documents.remove(document.id)
    org.audit(org.person, "Delete", "KnowledgeDocument", document.id, document.draft.title)
    return {**gone, "state": "Deleted"}


def _publish(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    base, document = _place(org, action)
    result = publish(org, base, document, None)
    org.audit(org.person, "Publish", "KnowledgeDocument", document.id, result.draft.title)
    return item_of(base, result)


def _revert(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    """Go back to an earlier version: the one before the last, or `version`."""
    base, document = _place(org, action)
    earlier = {one.number: one.id for one in document.versions[:-1]}
    wanted = action.get("version", max(earlier, default=None))
    if not isinstance(wanted, int) or wanted not in earlier:
        raise Impossible("the article has no such earlier version to go back to")
    result = publish(org, base, document, earlier[wanted])
    org.audit(org.person, "Publish", "KnowledgeDocument", document.id, result.draft.title)
    return item_of(base, result)


def _with(**fixed: Any) -> Callable[[Organization, Mapping[str, Any]], dict[str, Any]]:
    return lambda org, action: _edit(org, {**action, **fixed})


def _permit(org: Organization, action: Mapping[str, Any]) -> dict[str, Any]:
    """Change the roles of an OAuth client; tokens that it has already go by them, too."""
    client = org.clients.client(str(action.get("client")))
    if client is None:
        raise BadAction(f"there is no OAuth client {action.get('client')!r}")
    given = action.get("permissions")
    if given is not None and not (isinstance(given, list) and all(map(_is_text, given))):
        raise BadAction("'permissions' is a list of names, or null for all of them")
    org.clients.add(evolve(client, permissions=None if given is None else frozenset(given)))
    return {"client": client.id, "permissions": given}


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_DEEDS: Mapping[str, Callable[[Organization, Mapping[str, Any]], dict[str, Any]]] = {
    "create": _create,
    "edit": _edit,
    "rename": _edit,
    "label": _edit,
    "hide": _with(visible=False),
    "unhide": _with(visible=True),
    "delete": _delete,
    "publish": _publish,
    "revert": _revert,
    "settings": settings,
    "subscribe": subscribe,
    "permit": _permit,
    "place": estate_act,
    **NOTIFICATIONS,
    **CONVERSATIONS,
}

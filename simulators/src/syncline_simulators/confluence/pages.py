"""What can be done to pages and folders, with the rules that the vendor enforces."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import attrs

from .accounts import Account
from .content import Content, Draft, Kind, Members, Space, Status, Version
from .refusal import invalid
from .registers import changed, registered
from .rules import TAKEN, checked_title, moment, parent_in, saved_body
from .storage import retitled
from .wiki import Wiki


def create(
    wiki: Wiki,
    who: Account,
    space: Space,
    *,
    title: str,
    body: str = "",
    parent: str | None = None,
    status: Status = "current",
    kind: Kind = "page",
    private: bool = False,
    live: bool = False,
) -> Content:
    """A new page or folder, last among its siblings.

    Raises:
        Refusal: 400 for a title that is taken, too long or blank and for a malformed body,
            404 for a parent that is not in the space, 413 for a body over 5 MB.
    """
    above = None if parent is None else parent_in(wiki, who, space, parent)
    title = checked_title(wiki, space, title, status, kind)
    now = moment(wiki)
    content = Content(
        id=wiki.ids.number(),
        kind=kind,
        space=space.id,
        title=title,
        status=status,
        parent=None if above is None else above.id,
        author=who.id,
        created=now,
        subtype="live" if live else "page",
    )
    if private:
        content.readers, content.editors = Members(users=[who.id]), Members(users=[who.id])
    saved = saved_body(wiki, content, body)
    content.versions.append(_version(1, title, saved.body, "", who, now))
    content.body, content.links = saved.body, saved.links
    wiki.place(content)
    if status == "current":
        wiki.append(content)
    changed(wiki, content)
    if status == "current":
        wiki.tell("page_created", content, who)
    return content


def save(
    wiki: Wiki,
    who: Account,
    content: Content,
    *,
    title: str,
    body: str,
    message: str = "",
    parent: str | None = None,
) -> None:
    """A new version of a page, published; an open draft is overridden by it.

    Raises:
        Refusal: as for `create`.
    """
    space = wiki.spaces[content.space]
    title = checked_title(wiki, space, title, "current", content.kind, besides=content.id)
    above = _new_parent(wiki, who, content, parent)
    saved = saved_body(wiki, content, body)
    number = 1 if content.status == "draft" else content.version.number + 1
    version = _version(number, title, saved.body, message, who, moment(wiki))
    old_title = content.title
    was_draft = content.status == "draft"
    with registered(wiki, content):
        content.versions = [version] if was_draft else [*content.versions, version]
        content.title, content.body, content.links = title, saved.body, saved.links
        content.status, content.draft = "current", None
    if was_draft:
        wiki.append(content)
    if above is not None:
        attach(wiki, content, above)
    if title != old_title:
        _relink(wiki, content, old_title)
    wiki.tell("page_created" if was_draft else "page_updated", content, who)


def save_draft(wiki: Wiki, who: Account, content: Content, *, title: str, body: str) -> None:
    """Keep unpublished changes of a page, in place of those that are open."""
    space = wiki.spaces[content.space]
    title = checked_title(wiki, space, title, "draft", content.kind, besides=content.id)
    saved = saved_body(wiki, content, body)
    now = moment(wiki)
    if content.status == "draft":
        with registered(wiki, content):
            content.title, content.body, content.links = title, saved.body, saved.links
            content.versions = [_version(1, title, saved.body, "", who, now)]
    else:
        content.draft = Draft(title=title, body=saved.body, author=who.id, at=now)


def move(
    wiki: Wiki, who: Account, content: Content, above: Content | None, index: int | None = None
) -> None:
    """Put a current content elsewhere in the tree of its space; its version stays.

    Raises:
        Refusal: 400, the new place is below the content itself.
    """
    if above is not None and (above is content or content in wiki.ancestors(above)):
        raise invalid("A page cannot be moved below itself")
    attach(wiki, content, above, index)
    changed(wiki, content)
    wiki.tell("page_moved", content, who)


def trash(wiki: Wiki, who: Account, content: Content, *, with_children: bool = False) -> None:
    """Move a content to the trash. Its children move up, unless they go with it."""
    if content.status == "current" and with_children:
        _trash_children(wiki, content)
    if content.status == "current":
        _leave_tree(wiki, content)
    with registered(wiki, content):
        content.status = "trashed"
    wiki.tell("page_trashed", content, who)


def _trash_children(wiki: Wiki, content: Content) -> None:
    """What goes with its parent is told to nobody."""
    for child in tuple(content.children):
        below = wiki.contents[child]
        _trash_children(wiki, below)
        _leave_tree(wiki, below)
        with registered(wiki, below):
            below.status = "trashed"


def archive(wiki: Wiki, who: Account, content: Content) -> None:
    """Take a page out of the tree into the archive; it keeps its title. Children move up."""
    _leave_tree(wiki, content)
    with registered(wiki, content):
        content.status = "archived"
    wiki.tell("page_archived", content, who)


def restore(wiki: Wiki, who: Account, content: Content) -> None:
    """Bring a content back from trash or archive with the version number that it had.

    It returns to its parent, or to the top of the space when that is gone.

    Raises:
        Refusal: 400, its title is taken now.
    """
    holder = wiki.holder(content.space, content.title, besides=content.id)
    if holder is not None and content.kind == "page":
        raise invalid(TAKEN)
    was = content.status
    with registered(wiki, content):
        content.status = "current"
        above = wiki.contents.get(content.parent or "")
        if above is None or above.status != "current":
            content.parent = None
    wiki.append(content)
    wiki.tell("page_moved" if was == "archived" else "page_restored", content, who)


def purge(wiki: Wiki, who: Account, content: Content) -> None:
    """Delete a content for ever."""
    if content.status == "current":
        _leave_tree(wiki, content)
    wiki.drop(content)
    wiki.schedule.after(wiki.settings.search_lag, partial(wiki.search.remove, content.id))
    wiki.tell("page_removed", content, who)


def _new_parent(wiki: Wiki, who: Account, content: Content, parent: str | None) -> Content | None:
    """Where an update moves a page to, when it does."""
    if parent is None or parent == content.parent:
        return None
    above = parent_in(wiki, who, wiki.spaces[content.space], parent)
    if above is content or content in wiki.ancestors(above):
        raise invalid("A page cannot be moved below itself")
    return above


def attach(wiki: Wiki, content: Content, above: Content | None, index: int | None = None) -> None:
    """Change the place in the tree; `index` counts among the new siblings without it."""
    wiki.siblings(content).remove(content.id)
    content.parent = None if above is None else above.id
    if index is None:
        wiki.append(content)
    else:
        wiki.insert(content, index)


def _leave_tree(wiki: Wiki, content: Content) -> None:
    """Take a current content out of the tree; its children take its place."""
    siblings = wiki.siblings(content)
    place = siblings.index(content.id)
    siblings[place : place + 1] = content.children
    for child in content.children:
        wiki.contents[child].parent = content.parent
    content.children = []


def _relink(wiki: Wiki, content: Content, old_title: str) -> None:
    """Lead the links of other pages to the new title; they get no new version for it."""
    if not wiki.settings.rename_links:
        return
    for linking in tuple(wiki.linking.get((content.space, old_title), ())):
        page = wiki.contents[linking]
        with registered(wiki, page):
            page.body = retitled(page.body, old_title, content.title)
            page.links = page.links - {old_title} | {content.title}
            page.versions[-1] = attrs.evolve(page.version, body=page.body)


def _version(
    number: int, title: str, body: str, message: str, who: Account, at: datetime
) -> Version:
    return Version(number=number, title=title, body=body, message=message, author=who.id, at=at)

"""What can be done to pages and folders, with the rules that the vendor enforces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import attrs

from .accounts import Account
from .content import Content, Draft, Kind, Members, Space, Status, Version
from .refusal import Refusal, conflict, invalid, missing
from .search import entry
from .storage import Stored, retitled, stored
from .wiki import Wiki, folded

MAX_BODY = 5 * 1024 * 1024
MAX_TITLE = 255
TAKEN = (
    "A page with this title already exists: A page already exists with the same TITLE in this space"
)


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


def move(wiki: Wiki, content: Content, above: Content | None, index: int | None = None) -> None:
    """Put a current content elsewhere in the tree of its space; its version stays.

    Raises:
        Refusal: 400, the new place is below the content itself.
    """
    if above is not None and (above is content or content in wiki.ancestors(above)):
        raise invalid("A page cannot be moved below itself")
    attach(wiki, content, above, index)
    changed(wiki, content)


def trash(wiki: Wiki, content: Content, *, with_children: bool = False) -> None:
    """Move a content to the trash. Its children move up, unless they go with it."""
    if with_children:
        for child in tuple(content.children):
            trash(wiki, wiki.contents[child], with_children=True)
    _leave_tree(wiki, content)
    with registered(wiki, content):
        content.status = "trashed"


def archive(wiki: Wiki, content: Content) -> None:
    """Take a page out of the tree into the archive; it keeps its title. Children move up."""
    _leave_tree(wiki, content)
    with registered(wiki, content):
        content.status = "archived"


def restore(wiki: Wiki, content: Content) -> None:
    """Bring a content back from trash or archive with the version number that it had.

    It returns to its parent, or to the top of the space when that is gone.

    Raises:
        Refusal: 400, its title is taken now.
    """
    holder = wiki.holder(content.space, content.title, besides=content.id)
    if holder is not None and content.kind == "page":
        raise invalid(TAKEN)
    with registered(wiki, content):
        content.status = "current"
        above = wiki.contents.get(content.parent or "")
        if above is None or above.status != "current":
            content.parent = None
    wiki.append(content)


def purge(wiki: Wiki, content: Content) -> None:
    """Delete a content for ever."""
    if content.status == "current":
        _leave_tree(wiki, content)
    wiki.drop(content)
    wiki.schedule.after(wiki.settings.search_lag, partial(wiki.search.remove, content.id))


# rules and registers


class registered:
    """A context in which the fields of a content may change that registers are kept by."""

    def __init__(self, wiki: Wiki, content: Content) -> None:
        self._wiki = wiki
        self._content = content

    def __enter__(self) -> None:
        self._wiki.lift(self._content)

    def __exit__(self, *_: object) -> None:
        self._wiki.place(self._content)
        changed(self._wiki, self._content)


def changed(wiki: Wiki, content: Content) -> None:
    """Let the search index know, in its own time."""
    wiki.schedule.after(wiki.settings.search_lag, partial(wiki.search.put, entry(content)))


def moment(wiki: Wiki) -> datetime:
    """Now, to the millisecond, as the vendor's times are."""
    now = wiki.clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


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

"""The wiki's registry: contents by id, their orders, their titles, and who may see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from itertools import count

import attrs

from ..kernel import Ids, SimClock
from .accounts import Account, Directory, Group
from .content import HOLDS_TITLE, Attachment, Content, Members, Property, Space, Status
from .events import Event, Events
from .order import Ordered, Row, merged
from .refusal import missing
from .schedule import Schedule
from .search import SearchIndex

ORDERS = ("id", "created-date", "modified-date", "title")


@attrs.define(kw_only=True)
class Settings:
    """What a test may change about the site by `POST /act {"do": "settings"}`."""

    local_ids: bool = True
    """Whether blocks get a `local-id` when a page is saved."""
    rename_links: bool = True
    """Whether renaming a page changes the links to it, without a new version of those pages."""
    folder_restrictions: bool = True
    """Whether the restriction endpoints know folders, which nobody has confirmed."""
    search_lag: float = 20.0
    """Seconds until CQL search knows of a change."""
    archive_delay: float = 1.0
    """Seconds until an archive task is done."""


def millis(moment: datetime) -> int:
    """Milliseconds since 1970, the precision of the vendor's times."""
    return int(moment.timestamp() * 1000)


def folded(title: str) -> str:
    """A title as it is compared."""
    return title.strip().casefold()


class Wiki:
    """All content of one site. Operations on it are in `pages`, `files` and `guards`."""

    def __init__(
        self, ids: Ids, clock: SimClock, spawn: Callable[[Awaitable[None]], object]
    ) -> None:
        self.events = Events(clock, spawn)
        self.ids = ids
        self.clock = clock
        self.settings = Settings()
        self.directory = Directory(ids, clock)
        self.schedule = Schedule(clock)
        self.search = SearchIndex()
        self.cloud_id = ids.uuid()
        self.spaces: dict[str, Space] = {}
        self.contents: dict[str, Content] = {}
        self.attachments: dict[str, Attachment] = {}
        self.attachment_orders = {"created-date": Ordered(), "modified-date": Ordered()}
        self.properties: dict[str, tuple[Content, Property]] = {}
        self.label_ids: dict[str, str] = {}
        self.labelled: dict[str, set[str]] = {}
        self.linking: dict[tuple[str, str], set[str]] = {}
        """Space and page title to the pages that link to it."""
        self.traces = count(1)
        self._positions = count(1)
        self._titles: dict[tuple[str, str], set[str]] = {}
        self._orders: dict[tuple[str, Status], dict[str, Ordered]] = {}
        self._restricted: set[str] = set()

    # spaces and contents

    def space(self, space_id: str) -> Space:
        """The space with this id.

        Raises:
            Refusal: 404.
        """
        found = self.spaces.get(space_id)
        if found is None:
            raise missing()
        return found

    def space_by_key(self, key: str) -> Space | None:
        """The space with this key."""
        return next((space for space in self.spaces.values() if space.key == key), None)

    def place(self, content: Content) -> None:
        """Take a content into all registers; `lift` it before its fields change."""
        self.contents[content.id] = content
        for title in content.links:
            self.linking.setdefault((content.space, title), set()).add(content.id)
        if content.readers:
            self._restricted.add(content.id)
        if content.kind != "page":
            return
        if content.status in HOLDS_TITLE:
            self._titles.setdefault(self._title_key(content), set()).add(content.id)
        orders = self._orders.setdefault((content.space, content.status), _new_orders())
        for name, row in rows_of(content):
            orders[name].add(row)

    def lift(self, content: Content) -> None:
        """Take a content out of all registers but that of ids."""
        for title in content.links:
            self.linking.get((content.space, title), set()).discard(content.id)
        self._restricted.discard(content.id)
        self._titles.get(self._title_key(content), set()).discard(content.id)
        orders = self._orders.get((content.space, content.status))
        if orders is not None and content.kind == "page":
            for name, row in rows_of(content):
                orders[name].remove(row)

    def drop(self, content: Content) -> None:
        """Forget a content for ever."""
        self.lift(content)
        del self.contents[content.id]
        for name in content.labels:
            self.labelled[name].discard(content.id)
        for attachment in content.attachments.values():
            self.lift_attachment(attachment)
        for held in content.properties.values():
            self.properties.pop(held.id, None)

    def place_attachment(self, one: Attachment) -> None:
        """Take an attachment into the registers; `lift_attachment` it before it changes."""
        self.attachments[one.id] = one
        for name, row in _attachment_rows(one):
            self.attachment_orders[name].add(row)

    def lift_attachment(self, one: Attachment) -> None:
        """Take an attachment out of the registers, if it is there."""
        if self.attachments.pop(one.id, None) is not None:
            for name, row in _attachment_rows(one):
                self.attachment_orders[name].remove(row)

    def holder(self, space: str, title: str, besides: str | None = None) -> Content | None:
        """The page that keeps this title from being used in the space."""
        ids = self._titles.get((space, folded(title)), set()) - {besides}
        return self.contents[min(i for i in ids if i)] if ids else None

    def titled(self, space: str, title: str, status: Status) -> list[Content]:
        """The pages of this state with this title, compared without regard to case."""
        orders = self._orders.get((space, status))
        if orders is None:
            return []
        found = []
        for row in orders["title"].after((folded(title), -1), descending=False):
            if row[0] != folded(title):
                break
            found.append(self.contents[str(row[1])])
        return found

    def listed(
        self,
        spaces: Iterable[str],
        statuses: Iterable[Status],
        order: str,
        place: Row | None,
        *,
        descending: bool,
    ) -> Iterator[tuple[Row, Content]]:
        """Pages in this order from behind this place on."""
        wanted = tuple(statuses)
        parts = [
            orders[order].after(place, descending=descending)
            for space in spaces
            for status in wanted
            if (orders := self._orders.get((space, status))) is not None
        ]
        if parts:
            for row in merged(parts, descending=descending):
                yield row, self.contents[str(row[1])]

    @staticmethod
    def _title_key(content: Content) -> tuple[str, str]:
        return content.space, folded(content.title)

    # the tree

    def ancestors(self, content: Content) -> list[Content]:
        """From the root down to the parent."""
        chain: list[Content] = []
        parent = content.parent
        while parent is not None and (above := self.contents.get(parent)) is not None:
            chain.append(above)
            parent = above.parent
        return chain[::-1]

    def siblings(self, content: Content) -> list[str]:
        """The list that holds the content's place in the tree."""
        above = self.contents.get(content.parent) if content.parent else None
        return self.spaces[content.space].roots if above is None else above.children

    def append(self, content: Content) -> None:
        """Make it the last of its siblings."""
        content.position = next(self._positions)
        self.siblings(content).append(content.id)

    def insert(self, content: Content, index: int) -> None:
        """Put it among its siblings at this place, which counts from 0."""
        siblings = self.siblings(content)
        siblings.insert(index, content.id)
        for sibling in siblings:
            self.contents[sibling].position = next(self._positions)

    def tell(self, name: str, content: Content, who: Account) -> None:
        """Tell subscribers that somebody did this to a content."""
        space = self.spaces[content.space]
        self.events.tell(Event(name=name, content=content, space=space, who=who.id))

    # who may see

    def can_read_space(self, who: Account, space: Space) -> bool:
        """Whether the account may see the space."""
        return lets_through(space.readers, who)

    def can_read(self, who: Account, content: Content) -> bool:
        """Whether the account passes the space and every restriction from the root down. A page
        that was never published is its author's alone."""
        if not self.can_read_space(who, self.spaces[content.space]):
            return False
        if content.status == "draft" and content.author != who.id:
            return False
        return all(lets_through(one.readers, who) for one in self.barriers(content))

    def barriers(self, content: Content) -> list[Content]:
        """The content and those of its ancestors that restrict who may read."""
        if not self._restricted:
            return []
        return [one for one in (*self.ancestors(content), content) if one.readers]

    def readable(self, who: Account, content_id: str) -> Content:
        """The content with this id.

        Raises:
            Refusal: 404, it is not there or not visible: the answer does not tell which.
        """
        found = self.contents.get(content_id)
        if found is None or not self.can_read(who, found):
            raise missing()
        return found

    def writable(self, who: Account, content_id: str) -> Content:
        """The content with this id, when the account may edit it.

        Raises:
            Refusal: 404, also for missing permission (REST v2, Update page).
        """
        found = self.readable(who, content_id)
        if found.editors and not lets_through(found.editors, who):
            raise missing()
        return found

    def group_can_read(self, group: Group, content: Content) -> bool:
        """Whether every member of the group can read the content for being one."""
        space = self.spaces[content.space]
        gates = [space.readers, *(one.readers for one in self.barriers(content))]
        return all(group.id in gate.groups for gate in gates)


def lets_through(gate: Members, who: Account) -> bool:
    """Whether the account is listed, by itself or by a group."""
    return who.id in gate.users or not who.groups.isdisjoint(gate.groups)


def _new_orders() -> dict[str, Ordered]:
    return {name: Ordered() for name in ORDERS}


def _attachment_rows(one: Attachment) -> tuple[tuple[str, Row], ...]:
    number = int(one.id.removeprefix("att"))
    return (
        ("created-date", (millis(one.created), number)),
        ("modified-date", (millis(one.file.at), number)),
    )


def rows_of(content: Content) -> tuple[tuple[str, Row], ...]:
    """The content's row in each of the orders."""
    number = content.number
    return (
        ("id", (number, number)),
        ("created-date", (millis(content.created), number)),
        ("modified-date", (millis(content.version.at), number)),
        ("title", (folded(content.title), number)),
    )

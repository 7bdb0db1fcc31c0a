"""Which page has which title: links name pages by title, Syncline by id."""

from __future__ import annotations

import asyncio

from attrs import define, field

from syncline.errors import NotFound, StoreError, Unavailable
from syncline.model import Ref

from .client import Api
from .references import References
from .storage.resolver import PageName, title_key


@define(kw_only=True)
class Index:
    """Titles and ids of one space, filled by its listing and asked for what is missing."""

    api: Api
    space: str
    """Key of the space; pages of other spaces are out of reach."""
    space_id: str
    pages: dict[tuple[str, str], str] = field(factory=dict)
    names: dict[str, PageName] = field(factory=dict)
    folders: dict[str, str] = field(factory=dict)
    """Titles of folders, which no listing of pages tells; until the next full pass."""
    _asking: asyncio.Lock = field(factory=asyncio.Lock)

    def learn(self, id: str, title: str) -> None:
        """Remember a page; an earlier title of it is forgotten."""
        old = self.names.get(id)
        if old is not None and self.pages.get((old.space, title_key(old.title))) == id:
            del self.pages[old.space, title_key(old.title)]
        self.names[id] = PageName(space=self.space, title=title)
        self.pages[self.space, title_key(title)] = id

    async def prepare(self, wanted: References, targets: frozenset[str]) -> None:
        """Look up what a body refers to and the listing did not tell.

        Args:
            targets: ids of pages of this connection that the body to be written links to.
        """
        for space, title in wanted.titles:
            if space in ("", self.space) and (self.space, title_key(title)) not in self.pages:
                await self._find(title)
        for id_ in targets - self.names.keys():
            await self._name(id_)

    async def title(self, id: str, kind: str) -> str | None:
        """Return the title of what is above a page; None for a kind that is no place for people.

        Rules and filters look at it, so a title that cannot be read is no reason to go on without.

        Raises:
            Unavailable: it is there and cannot be read.
        """
        if kind not in ("page", "folder"):
            return None
        async with self._asking:
            try:
                return await (self._page(id) if kind == "page" else self._folder(id))
            except NotFound as error:
                raise Unavailable(f"the title of {kind} {id} cannot be read: {error}") from error

    def known(self, id: str) -> str:
        """Return the title of a page or folder that was listed or asked for; "" for all else."""
        name = self.names.get(id)
        return name.title if name is not None else self.folders.get(id, "")

    async def _page(self, id: str) -> str:
        if id not in self.names:
            self.learn(id, str((await self.api.page(id, body=False))["title"]))
        return self.names[id].title

    async def _folder(self, id: str) -> str:
        if id not in self.folders:
            self.folders[id] = str((await self.api.folder(id))["title"])
        return self.folders[id]

    async def _find(self, title: str) -> None:
        try:
            found = await self.api.titled(self.space_id, title)
        except StoreError:
            return
        for page in found:
            if page.get("status") == "current":
                self.learn(str(page["id"]), str(page["title"]))

    async def _name(self, id_: str) -> None:
        try:
            page = await self.api.page(id_, body=False)
        except NotFound:
            return
        if str(page.get("spaceId")) == self.space_id:
            self.learn(id_, str(page["title"]))


def targets_of(connection: str, hrefs: tuple[str, ...]) -> frozenset[str]:
    """Return the ids of this connection's pages among internal links."""
    start = f"syncline:doc/{connection}:"
    found = (h.removeprefix(start).partition("#")[0] for h in hrefs if h.startswith(start))
    return frozenset(Ref.parse(f"{connection}:{id_}").id for id_ in found if id_)

"""Where the pages of a connection lie: what each of them inherits a restriction from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

from attrs import define

from .audience import Parent


def in_order(id: str) -> tuple[int, str]:
    """Return what ids are sorted by: as the numbers that they are."""
    return len(id), id


@define(kw_only=True, slots=False)
class Places:
    """The pages in scope, and what is above them, as they were at one time."""

    pages: Sequence[str]
    """Ids of the pages in scope."""
    parents: Mapping[str, Parent | None]
    """Of all that is listed; whatever is not in here could not be read."""
    marks: Mapping[str, str] | None = None
    """Digests of what changes without a version: labels, files, names of folders. By page; None
    where that was too much to ask for."""
    inherits: bool = True
    """False where what is told about a page counts everything above it already."""

    def chain(self, id: str) -> tuple[Sequence[str], bool]:
        """Return an item and everything above it, nearest first; False when some is not known."""
        found = {id: None}
        current = id
        while current in self.parents:
            parent = self.parents[current]
            if parent is None:
                return [*found], True
            if parent.id in found:
                return [*found], False
            found[parent.id] = None
            current = parent.id
        return [*found], False

    @cached_property
    def subjects(self) -> Sequence[str]:
        """Everything whose restriction matters, once each, always in the same order."""
        seen = set[str]()
        for page in self.pages:
            current: str | None = page
            while current is not None and current not in seen:
                seen.add(current)
                parent = self.parents.get(current) if self.inherits else None
                current = parent.id if parent else None
        return sorted(seen, key=in_order)

    @cached_property
    def matters(self) -> frozenset[str]:
        """The subjects, to look up."""
        return frozenset(self.subjects)

    @cached_property
    def unclear(self) -> Sequence[str]:
        """Pages in scope of which it is not known what is above them."""
        if not self.inherits:
            return ()
        tops = [one for one, parent in self.parents.items() if parent is None]
        clear = self._below(tops)
        return [page for page in self.pages if page not in clear]

    @cached_property
    def placed(self) -> Mapping[str, str]:
        """What each page in scope lies directly under; "" for the top of the space."""
        found = ((page, self.parents.get(page)) for page in self.pages)
        return {page: parent.id if parent else "" for page, parent in found}

    def under(self, tops: Iterable[str]) -> Set[str]:
        """Return the pages in scope that are one of these or inherit from one."""
        return self.below(tops) if self.inherits else self._inside.intersection(tops)

    def below(self, tops: Iterable[str]) -> Set[str]:
        """Return the pages in scope that are one of these or lie below one."""
        return self._inside & self._below(tops)

    def _below(self, tops: Iterable[str]) -> set[str]:
        found = set(tops)
        pending = [*found]
        while pending:
            fresh = [one for one in self._children.get(pending.pop(), ()) if one not in found]
            found.update(fresh)
            pending += fresh
        return found

    @cached_property
    def _inside(self) -> frozenset[str]:
        return frozenset(self.pages)

    @cached_property
    def _children(self) -> Mapping[str, Sequence[str]]:
        found: dict[str, list[str]] = {}
        for one, parent in self.parents.items():
            if parent is not None:
                found.setdefault(parent.id, []).append(one)
        return found


__all__ = ["Places", "in_order"]

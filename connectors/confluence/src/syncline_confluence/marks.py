"""The origin mark of a copy: one content property, readable by whoever can read the page."""

from __future__ import annotations

from attrs import frozen

from syncline.model import Ref

from .client import Json

KEY = "syncline"
SCHEMA = 1


@frozen(kw_only=True)
class Mark:
    """What the property says. It is distrusted when it names another page: pages are copied."""

    origin: Ref | None = None
    title: str = ""
    """The title that the page stands for, where another page held it."""
    alias: str = ""
    """The title that it got instead."""

    def shown(self, title: str) -> str:
        """Return the title that the page stands for."""
        return self.title if self.alias and title == self.alias else title

    def stored(self, title: str, current: str) -> str:
        """Return what the page has to be called to stand for `title`; `current` is its name now."""
        return current if self.alias == current and title == self.title else title


def mark_of(page: str, properties: list[Json]) -> tuple[Mark, Json | None]:
    """Return the mark of a page, and the property that holds it."""
    found = next((p for p in properties if p.get("key") == KEY), None)
    value = found.get("value") if found else None
    if not isinstance(value, dict) or str(value.get("page")) != page:
        return Mark(), found
    origin = None
    if isinstance(value.get("origin"), str):
        try:
            origin = Ref.parse(value["origin"])
        except ValueError:
            origin = None
    return (
        Mark(origin=origin, title=str(value.get("title", "")), alias=str(value.get("alias", ""))),
        found,
    )


def value_of(page: str, mark: Mark) -> Json:
    """Return the property's value for a page."""
    value: Json = {"schema": SCHEMA, "page": page}
    if mark.origin is not None:
        value["origin"] = str(mark.origin)
    if mark.alias:
        value |= {"title": mark.title, "alias": mark.alias}
    return value

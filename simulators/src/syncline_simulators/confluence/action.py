"""One action of a person, as `POST /act` tells it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..kernel import BadAction, Impossible
from .accounts import Account
from .content import Content, Space
from .wiki import Wiki


@attrs.frozen(kw_only=True)
class Act:
    """One action: on which wiki, by whom, with which fields."""

    wiki: Wiki
    who: Account
    space: Space
    """Where new pages go unless a field says otherwise."""
    fields: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A field that is text, or `None`."""
        value = self.fields.get(name)
        if value is not None and not isinstance(value, str):
            raise BadAction(f"the field {name!r} is text, not {value!r}")
        return value

    def needed(self, name: str) -> str:
        """A field that must be there."""
        value = self.text(name)
        if value is None:
            raise BadAction(f"the action {self.fields['do']!r} needs the field {name!r}")
        return value

    def texts(self, name: str) -> list[str] | None:
        """A field that is a list of texts, or `None`."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise BadAction(f"the field {name!r} is a list of texts, not {value!r}")
        return value

    def flag(self, name: str) -> bool:
        """A field that is true or false; false when it is absent."""
        value = self.fields.get(name, False)
        if not isinstance(value, bool):
            raise BadAction(f"the field {name!r} is true or false, not {value!r}")
        return value

    def share(self, name: str) -> float:
        """A field that is a number from 0 to 1; 0 when it is absent."""
        value = self.fields.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise BadAction(f"the field {name!r} is a number from 0 to 1, not {value!r}")
        return float(value)

    def content(self) -> Content:
        """The content that `id` names."""
        found = self.wiki.contents.get(self.needed("id"))
        if found is None:
            raise BadAction(f"there is no content {self.fields['id']!r}")
        return found

    def current(self) -> Content:
        """The content that `id` names, which must be neither deleted nor archived."""
        found = self.content()
        if found.status != "current":
            raise Impossible(f"{found.id} is {found.status}; restore it first")
        return found

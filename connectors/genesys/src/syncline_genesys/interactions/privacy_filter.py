"""What of personal values leaves, as the privacy setting says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from syncline.events import Privacy
from syncline.events.privacy import Handling

from .shapes import UNREADABLE


class PrivacyFilter:
    """Lets of personal values leave what the privacy setting allows."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy
        self._names = frozenset(name for name in privacy.attributes if not name.endswith("*"))
        self._starts = tuple(name[:-1] for name in privacy.attributes if name.endswith("*"))
        self.lets_attributes = bool(privacy.attributes) and self._lets(privacy.attribute_values)
        """Whether any attribute may leave."""
        self.lets_addresses = self._lets(privacy.addresses)
        self.lets_names = self._lets(privacy.names)
        self.lets_texts = self._lets(privacy.texts)
        # A customer's number comes again with every event of a conversation.
        self._treated = lru_cache(maxsize=4096)(privacy.treated)

    def address(self, value: str | None) -> str | None:
        """Return what leaves of a telephone number or another address."""
        return self._value(self._privacy.addresses, value)

    def name(self, value: str | None) -> str | None:
        """Return what leaves of a person's name."""
        return self._value(self._privacy.names, value)

    def text(self, value: str | None) -> str | None:
        """Return what leaves of what somebody wrote."""
        return self._value(self._privacy.texts, value)

    def attributes(self, raw: msgspec.Raw) -> dict[str, str]:
        """Return the participant attributes that leave, by name in order."""
        try:
            found = msgspec.json.decode(raw)
        except UNREADABLE:
            return {}
        return self.chosen(found) if isinstance(found, dict) else {}

    def chosen(self, found: Mapping[str, object]) -> dict[str, str]:
        """Return those of some attributes that leave, by name in order."""
        chosen: dict[str, str] = {}
        for name in sorted(found):
            if name in self._names or any(name.startswith(start) for start in self._starts):
                treated = self._value(self._privacy.attribute_values, _text(found[name]))
                if treated is not None:
                    chosen[name] = treated
        return chosen

    def _lets(self, handling: Handling) -> bool:
        return handling == "keep" or (handling == "hash" and self._privacy.key is not None)

    def _value(self, handling: Handling, value: str | None) -> str | None:
        if not value or handling == "drop":
            return None
        return self._treated(handling, value)


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)


__all__ = ["PrivacyFilter"]

"""What a person has typed into a conflict and not applied yet: kept until it is."""

from __future__ import annotations

from attrs import define, field, frozen

from syncline.model import Document

MOST_CHARACTERS = 50_000_000
"""Of all drafts together; the oldest go first."""


@frozen(kw_only=True)
class Draft:
    """A person's own text for a conflict."""

    value: Document
    """Cleaned: its body is in the profile's normal form."""
    typed: str
    """The body as it was typed."""
    seen: str
    """How the conflict stood when this text was begun, or when its author last looked."""

    @property
    def size(self) -> int:
        return len(self.value.body) + len(self.typed)


Key = tuple[str, str, str]
"""Person, job and conflict."""


@define
class Drafts:
    """One draft for each person and conflict, in this process only."""

    _kept: dict[Key, Draft] = field(factory=dict, init=False)

    def get(self, key: Key) -> Draft | None:
        """Return what this person last typed."""
        return self._kept.get(key)

    def put(self, key: Key, draft: Draft) -> None:
        """Keep it instead of what there was."""
        self._kept.pop(key, None)
        self._kept[key] = draft
        size = sum(kept.size for kept in self._kept.values())
        for old in list(self._kept):
            if size <= MOST_CHARACTERS or old == key:
                break
            size -= self._kept.pop(old).size

    def drop(self, key: Key) -> None:
        """Forget it: it was applied, or given up."""
        self._kept.pop(key, None)


__all__ = ["MOST_CHARACTERS", "Draft", "Drafts", "Key"]

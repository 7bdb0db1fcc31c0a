"""Which paths of a folder are no articles, by the patterns of the settings."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

ANY = "\uffff"
"""The name of no file, which only a pattern for every name matches."""


class Ignoring:
    """Patterns such as `drafts/*`; `*` stands for slashes, too."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._pattern = re.compile("|".join(map(fnmatch.translate, sorted(patterns))) or r"(?!)")

    @property
    def pattern(self) -> str:
        """All of them as one regular expression."""
        return self._pattern.pattern

    def is_ignored(self, path: str) -> bool:
        """Tell whether a pattern matches this very path."""
        return self._pattern.match(path) is not None

    def is_outside(self, path: str) -> bool:
        """Tell whether a path is left out, by itself or with a folder above it."""
        parts = path.split("/")
        return any(self.is_ignored("/".join(parts[: n + 1])) for n in range(len(parts)))

    def leaves_out(self, folder: str) -> bool:
        """Tell whether nothing below a folder is an article: it is ignored, or hidden."""
        hidden = any(part.startswith(".") for part in folder.split("/"))
        return hidden or self.is_outside(f"{folder}/{ANY}")


__all__ = ["ANY", "Ignoring"]

"""The storage format of Confluence pages: a pure codec to and from the body profile.

`decode` reads a page, `project` says what a page can hold, `encode` writes a new one, and `patch`
writes an edited body back into the page it was read from.
"""

from __future__ import annotations

from .decode import Decoded, decode
from .encode import encode
from .patch import patch
from .project import project
from .resolver import PageName, Resolver, title_key
from .source import Source, parse
from .walk import Loss

__all__ = [
    "Decoded",
    "Loss",
    "PageName",
    "Resolver",
    "Source",
    "decode",
    "encode",
    "parse",
    "patch",
    "project",
    "title_key",
]

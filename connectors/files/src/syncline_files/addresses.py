"""What links and sources in a file stand for, and how they are written there."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

import attrs

from .names import is_article, is_path

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|#|\Z")
_DOCUMENT = re.compile(r"syncline:doc/(?P<connection>[^:]+):(?P<id>[^#]+)(?P<anchor>#.*)?")
_ASSET = "syncline:asset/"
_TARGETS = re.compile(
    r"\]\(\s*<?(?P<inline>[^)\s>]+)"
    r"|^ {0,3}\[[^\]\n]{1,200}\]:\s*<?(?P<reference>[^\s>]+)"
    r"""|\b(?:src|href)\s*=\s*["'](?P<tag>[^"'<>]+)""",
    re.MULTILINE | re.IGNORECASE,
)


def path_of(url: str, folder: str) -> str | None:
    """Return the path that a relative `url` in a file of `folder` leads to.

    None for other URLs, for what leads out of the root, and for what is hidden. A leading `/`
    means the root.
    """
    if _ABSOLUTE.match(url):
        return None
    path = unquote(url.partition("#")[0].partition("?")[0])
    start = "" if path.startswith("/") else folder
    path = posixpath.normpath(posixpath.join(start, path.lstrip("/")))
    parts = path.split("/")
    return None if any(p.startswith(".") or "\0" in p for p in parts) else path


def attachments(text: str, folder: str) -> list[str]:
    """Return the paths that may be files which an article shows or links to, each once.

    A quick look at the raw text: it finds too much rather than too little.
    """
    if "](" not in text and "]:" not in text and "=" not in text:
        return []  # as in most articles, and the search below looks at every place
    found = (path_of(m[m.lastgroup or 0], folder) for m in _TARGETS.finditer(text))
    return list(dict.fromkeys(p for p in found if p and not is_article(posixpath.basename(p))))


@attrs.frozen(kw_only=True)
class Addresses:
    """The addresses of one file: `resolve` reads them, `target` writes them."""

    connection: str
    folder: str
    id_of: Callable[[str], str]
    """Returns the id of the article at a path."""
    path_of: Callable[[str], str | None]
    """Returns the path of an article; None when there is none."""
    hash_of: Callable[[str], str | None]
    """Returns the sha256 of the file at a path; None when there is none."""
    files: Mapping[str, str] = attrs.field(factory=dict)
    """Paths by sha256 of the files that may be shown."""

    def resolve(self, url: str) -> str:
        """Return what `url` stands for; "" for a relative one that leads nowhere."""
        if _ABSOLUTE.match(url):
            return url
        path = path_of(url, self.folder)
        if path is None:
            return ""
        if is_path(path):
            anchor = url.partition("#")
            return f"syncline:doc/{self.connection}:{quote(self.id_of(path), safe='')}" + "".join(
                anchor[1:]
            )
        sha256 = self.hash_of(path)
        return f"{_ASSET}{sha256}" if sha256 else ""

    def target(self, address: str) -> str:
        """Return how this file writes `address`: what `resolve` turns into `address` again."""
        written = self._relative(address)
        return written if written and self.resolve(written) == address else address

    def _relative(self, address: str) -> str | None:
        if address.startswith(_ASSET):
            path, anchor = self.files.get(address.removeprefix(_ASSET)), ""
        else:
            found = _DOCUMENT.fullmatch(address)
            if found is None or found["connection"] != self.connection:
                return None
            path, anchor = self.path_of(unquote(found["id"])), found["anchor"] or ""
        if path is None:
            return None
        return quote(posixpath.relpath("/" + path, "/" + self.folder), safe="/") + anchor

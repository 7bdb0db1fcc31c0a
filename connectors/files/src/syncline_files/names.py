"""Names of files and folders: safe on every system, stable, and never a way out of the folder."""

from __future__ import annotations

import hashlib
import posixpath
import re
import unicodedata

MARKDOWN = (".md", ".markdown")
HTML = (".html", ".htm")
ARTICLES = MARKDOWN + HTML
"""File name endings of articles; every other file may only be an attachment."""

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_NOT_A_WORD = re.compile(r"[\W_]+")
_EXPLICIT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def clean(text: str) -> str:
    """Return a title or label as a file can hold it: one line, NFC, no control characters."""
    if text.isascii() and text.isprintable():  # as most are: nothing can be wrong with it
        return " ".join(text.split())
    text = text.encode("utf-8", "replace").decode("utf-8")
    printable = (" " if unicodedata.category(c) == "Cc" else c for c in text)
    return unicodedata.normalize("NFC", " ".join("".join(printable).split()))


def is_article(name: str) -> bool:
    """True for the name of a file that is an article; hidden files are none."""
    return name.lower().endswith(ARTICLES) and not name.startswith(".")


def is_explicit(id: str) -> bool:
    """True for an id as front matter gives it; every other id is a path, which has a dot."""
    return _EXPLICIT_ID.fullmatch(id) is not None


def is_path(path: str) -> bool:
    """True for a path that stays inside the folder and leads to an article.

    Ids come from a database and from links in articles, so none is trusted.
    """
    if "\0" in path or "\\" in path or path.startswith(".") or "/." in path:
        return False
    return all(path.split("/")) and is_article(posixpath.basename(path))


def portable(name: str) -> str:
    """Return the key by which two names collide on some file system: case and Unicode form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def new_id(origin: str, attempt: int) -> str:
    """Return an id for a copy of `origin`: the same one whenever it is asked for again."""
    return hashlib.sha256(f"{origin}#{attempt}".encode()).hexdigest()[:12]


def file_name(title: str, id: str, suffix: str) -> str:
    """Return the name of a new article's file, such as `opening-hours-3f2a91c0de45.md`."""
    slug = _shortened(_NOT_A_WORD.sub("-", clean(title).lower()).strip("-"), 80)
    return f"{slug or 'article'}-{id}{suffix}"


def folder_name(category: str) -> str:
    """Return the name of the folder for one level of a category; often the category itself."""
    name = _shortened(_FORBIDDEN.sub("-", clean(category)).strip(" ."), 120).rstrip(" .")
    return f"{name}_" if not name or _RESERVED.fullmatch(name) else name


def attachment_name(name: str, sha256: str) -> str:
    """Return the name under which a file is kept: its own, made safe, with its content's hash."""
    stem, dot, ending = clean(name).rpartition(".")
    slug = _shortened(_NOT_A_WORD.sub("-", (stem if dot else ending).lower()).strip("-"), 60)
    kind = _NOT_A_WORD.sub("", ending.lower())[:10] if dot else ""
    return f"{slug or 'file'}-{sha256[:12]}" + (f".{kind}" if kind else "")


def _shortened(text: str, most: int) -> str:
    """Return `text` cut to `most` bytes of UTF-8, between characters."""
    return text.encode()[:most].decode("utf-8", "ignore")

"""One article as a file: its front matter and its text, read and edited."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import cached_property

import attrs

from syncline import body as _body
from syncline.model import FIELDS, Document, restrict

from .addresses import Addresses
from .front import BrokenFrontMatter, FrontMatter, Value, split
from .names import HTML, clean, is_explicit

# Markdown is parsed where a text is read: a listing that finds nothing new need not load it.

_HEADING = re.compile(r"\s*?^ {0,3}#[ \t]+(?P<title>[^\r\n]*?)[ \t]*(?:\r\n|\n|\Z)", re.MULTILINE)
_WORDS = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,;()?%'-]*")
"""A heading of which Markdown has nothing to say: no mark, no address, no entity, no escape."""
_TITLE = re.compile(r"(?<=<title>)[^<]*(?=</title>)", re.IGNORECASE)
_BOM = "\ufeff"


class Unreadable(ValueError):
    """The file is no article; the message says why."""


@attrs.frozen(kw_only=True)
class Page:
    """The content of one file, split but not yet converted."""

    front: FrontMatter
    text: str
    """Everything after the front matter."""
    is_html: bool
    stem: str
    """The file's name without its ending: the title of last resort."""
    folders: tuple[str, ...] = ()
    """The folders that it lies in: its category unless the front matter gives one."""
    bom: str = ""

    @classmethod
    def parse(cls, content: bytes, path: str) -> Page:
        """Return the page that a file holds.

        Raises:
            Unreadable: it is not UTF-8, or its front matter is broken.
        """
        *folders, name = path.split("/")
        stem, _, ending = name.rpartition(".")
        try:
            text = content.decode("utf-8")
            bom = _BOM if text.startswith(_BOM) else ""
            front, rest = split(text[len(bom) :])
        except UnicodeDecodeError as error:
            raise Unreadable(
                f"{path}: byte {error.start} is not UTF-8; save it as UTF-8"
            ) from error
        except BrokenFrontMatter as error:
            raise Unreadable(f"{path}: {error}") from error
        is_html = f".{ending.lower()}" in HTML
        return cls(
            front=front, text=rest, is_html=is_html, stem=stem, folders=tuple(folders), bom=bom
        )

    @classmethod
    def blank(cls, path: str, wanted: Document, *, id: str, origin: str | None) -> Page:
        """Return a page that says all of `wanted` but its body, for a new article."""
        page = cls.parse(b"", path)
        bare = Document(
            title="", category=page._texts("category", page.folders), labels=frozenset(),
            alternatives=(),
        )  # fmt: skip
        values = {"title": wanted.title, "id": id, **_changes(bare, wanted)}
        return page.with_(values | ({"origin": origin} if origin else {}))

    def content(self) -> bytes:
        """Return the bytes of the file."""
        return f"{self.bom}{self.front}{self.text}".encode()

    @property
    def id(self) -> str | None:
        """The id that the front matter gives; other files go by their path."""
        id = self.front.text_of("id")
        return id if id is not None and is_explicit(id) else None

    @property
    def origin(self) -> str | None:
        return self.front.text_of("origin")

    @property
    def is_draft(self) -> bool:
        return (self.front.text_of("draft") or "").lower() in ("true", "yes", "on")

    @cached_property
    def title(self) -> str:
        """The title: of the front matter, else the first heading, else the file's name."""
        given = self.front.text_of("title")
        if given is None and self.is_html and (found := _TITLE.search(self.text)):
            given = html.unescape(found[0])
        elif given is None and (heading := self._heading):
            given = _said(heading)
        return clean(given if given is not None else re.sub(r"[-_]+", " ", self.stem))

    def document(self, addresses: Addresses) -> Document:
        """Return what the page says.

        Raises:
            Rejected: the text is too long, too deep, or too costly to parse.
        """
        return Document(
            title=self.title,
            body=self._body(addresses),
            category=self._texts("category", self.folders),
            labels=frozenset(self._texts("labels")),
            alternatives=self._texts("alternatives"),
            path=self.folders,
        )

    def edited(self, now: Document, wanted: Document, addresses: Addresses) -> Page:
        """Return the page with what differs between `now`, which it says, and `wanted`.

        Raises:
            BrokenFrontMatter: the front matter cannot be edited in place.
        """
        page = self if wanted.title == now.title else self._titled(wanted.title)
        page = page.with_(_changes(now, wanted))
        return page if wanted.body == now.body else page._rewritten(wanted.body, addresses)

    def with_(self, changes: Mapping[str, Value]) -> Page:
        """Return the page with these values in its front matter."""
        return attrs.evolve(self, front=self.front.with_(changes)) if changes else self

    def _texts(self, key: str, otherwise: tuple[str, ...] = ()) -> tuple[str, ...]:
        given = self.front.list_of(key)
        return tuple(filter(None, map(clean, otherwise if given is None else given)))

    @cached_property
    def _heading(self) -> re.Match[str] | None:
        """Return the heading that is the title: the first line, where nothing else gives one."""
        if self.is_html or self.front.text_of("title") is not None:
            return None
        return _HEADING.match(self.text)

    def _body(self, addresses: Addresses) -> str:
        from .decoding import body_of_html, body_of_markdown

        if self.is_html:
            return body_of_html(self.text, addresses.resolve)
        heading = self._heading
        return body_of_markdown(self.text[heading.end() if heading else 0 :], addresses.resolve)

    def _titled(self, title: str) -> Page:
        if self.is_html and self.front.text_of("title") is None and _TITLE.search(self.text):
            text = _TITLE.sub(lambda _: html.escape(title, quote=False), self.text, count=1)
            return attrs.evolve(self, text=text)
        heading = self._heading
        if heading is None or not title:
            return self.with_({"title": title})
        from .encoding import markdown_of

        line = markdown_of(_body.from_html(f"<h1>{html.escape(title)}</h1>")).rstrip("\n")
        start, end = self.text.index("#", heading.start()), heading.end("title")
        return attrs.evolve(self, text=self.text[:start] + line + self.text[end:])

    def _rewritten(self, body: str, addresses: Addresses) -> Page:
        from .splicing import spliced_html, spliced_markdown

        heading = self._heading
        start = heading.end() if heading else 0
        splice = spliced_html if self.is_html else spliced_markdown
        text = splice(self.text[start:], body, addresses.target, addresses.resolve)
        if heading and text and not heading[0].endswith("\n"):
            text = "\n\n" + text
        return attrs.evolve(self, text=self.text[:start] + text)


def _changes(now: Document, wanted: Document) -> dict[str, Value]:
    """Return the lists that differ, by their keys; what `wanted` does not have stays."""
    changes: dict[str, Value] = {}
    if wanted.category not in (None, now.category):
        changes["category"] = wanted.category or ()
    if wanted.labels not in (None, now.labels):
        changes["labels"] = sorted(wanted.labels or ())
    if wanted.alternatives not in (None, now.alternatives):
        changes["alternatives"] = wanted.alternatives or ()
    return changes


def _said(heading: re.Match[str]) -> str:
    if _WORDS.fullmatch(heading["title"]):
        return heading["title"]
    from .decoding import body_of_markdown

    return _body.plain_text(body_of_markdown(heading[0]))


def project(value: Document) -> Document:
    """Return the nearest document that a file can hold: every field of text on one clean line."""
    value = attrs.evolve(
        value,
        title=clean(value.title),
        category=_cleaned(value.category),
        labels=None if value.labels is None else frozenset(_cleaned(sorted(value.labels)) or ()),
        alternatives=_cleaned(value.alternatives),
    )
    return restrict(value, frozenset(FIELDS))


def _cleaned(texts: tuple[str, ...] | list[str] | None) -> tuple[str, ...] | None:
    return None if texts is None else tuple(filter(None, map(clean, texts)))

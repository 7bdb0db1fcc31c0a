"""Storage format as the server takes it: a strict parse, and what the server adds on saving.

Additions are spliced into the text at the byte positions that the parser reports, so everything
else of a body stays as it was sent, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from html.entities import name2codepoint
from xml.parsers import expat
from xml.sax.saxutils import escape

import attrs

from .refusal import invalid

_PREDEFINED = frozenset({"lt", "gt", "amp", "quot", "apos"})
_LOCAL_ID = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"])
_AC_LOCAL_ID = frozenset(
    ["table", "ac:structured-macro", "ac:link", "ac:image", "ac:caption", "ac:emoticon"]
)
_LINKED = {"ri:page": "ri:content-title", "ri:attachment": "ri:filename"}
_OPAQUE = frozenset(
    [
        "ac:parameter",
        "ac:plain-text-body",
        "ac:plain-text-link-body",
        "ac:task-id",
        "ac:task-status",
        "ac:task-uuid",
        "ac:inline-comment-marker",
        "ac:placeholder",
    ]
)
_TAG_END = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*(\s*)(/?)>""")

_NAMED = re.compile(rb"&(?!(?:lt|gt|amp|quot|apos);)[A-Za-z]")

Resolve = Callable[[Mapping[str, str]], int | None]
"""The version of what an `ri:page` or `ri:attachment` with these attributes names, if known."""


@attrs.frozen(kw_only=True)
class Start:
    """One start tag (or empty-element tag) with its place in the body, in bytes."""

    tag: str
    attributes: Mapping[str, str]
    end: int
    """Where an attribute can be added: before the blanks, the slash and the bracket."""
    cramped: bool
    """An empty element without a blank before its slash."""


@attrs.frozen(kw_only=True)
class Stored:
    """A body as the server keeps it."""

    body: str
    links: frozenset[str]
    """Titles of pages in the same space that the body links to."""


def _prologue(body: bytes) -> bytes:
    """What has to stand before a fragment; the costly declarations only where one is needed."""
    return _declaring() if _NAMED.search(body) else b"<r>"


@cache
def _declaring() -> bytes:
    named = {n: c for n, c in name2codepoint.items() if n not in _PREDEFINED}
    declared = "".join(f'<!ENTITY {name} "&#{code};">' for name, code in named.items())
    return f"<!DOCTYPE r [{declared}]><r>".encode()


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    return parser


def _feed(parser: expat.XMLParserType, body: bytes) -> None:
    """Parse a fragment strictly: the HTML 4 entities are known, no other ones, no DOCTYPE.

    Raises:
        Refusal: 400, with row and column as the server reports them.
    """
    prologue = _prologue(body)
    try:
        parser.Parse(prologue, False)
        parser.Parse(body, False)
        parser.Parse(b"</r>", True)
    except expat.ExpatError as error:
        column = error.offset - (len(prologue) if error.lineno == 1 else 0)
        reason = expat.errors.messages[error.code]
        where = f"[row,col {{unknown-source}}]: [{error.lineno},{column + 1}]"
        raise invalid(f"Error parsing xhtml: {reason} at {where}") from error


def starts(body: bytes) -> list[Start]:
    """All start tags in order.

    Raises:
        Refusal: 400, the body is not well-formed.
    """
    found: list[Start] = []
    offset = len(_prologue(body))
    parser = _parser()

    def started(tag: str, attributes: dict[str, str]) -> None:
        place = parser.CurrentByteIndex - offset
        match = _TAG_END.match(body, place) if place >= 0 else None
        if match is not None:
            cramped = bool(match[2]) and not match[1]
            found.append(Start(tag=tag, attributes=attributes, end=match.start(1), cramped=cramped))

    parser.StartElementHandler = started
    _feed(parser, body)
    return found


def stored(body: str, *, new_id: Callable[[], str], resolve: Resolve, local_ids: bool) -> Stored:
    """The body as the server keeps it when this one is saved.

    Added where absent: `ac:schema-version` and `ac:macro-id` on macros, `local-id` or
    `ac:local-id` on blocks, `ri:version-at-save` on links to what exists, a blank before `/>`.

    Raises:
        Refusal: 400, the body is not well-formed.
    """
    raw = body.encode("utf-8", "surrogatepass")
    tags = starts(raw)
    parts: list[bytes] = []
    done = 0
    for tag in tags:
        addition = "".join(_additions(tag, new_id, resolve, local_ids))
        if addition or tag.cramped:
            parts += [raw[done : tag.end], addition.encode(), b" " if tag.cramped else b""]
            done = tag.end
    parts.append(raw[done:])
    return Stored(body=b"".join(parts).decode(), links=frozenset(_links(tags)))


def _additions(
    tag: Start, new_id: Callable[[], str], resolve: Resolve, local_ids: bool
) -> Iterator[str]:
    have = tag.attributes
    if tag.tag == "ac:structured-macro":
        if "ac:schema-version" not in have:
            yield ' ac:schema-version="1"'
        if "ac:macro-id" not in have:
            yield f' ac:macro-id="{new_id()}"'
    if local_ids and not {"local-id", "ac:local-id"} & set(have):
        if tag.tag in _LOCAL_ID:
            yield f' local-id="{new_id()}"'
        elif tag.tag in _AC_LOCAL_ID:
            yield f' ac:local-id="{new_id()}"'
    if tag.tag in _LINKED and "ri:version-at-save" not in have:
        version = resolve(have)
        if version is not None:
            yield f' ri:version-at-save="{version}"'


def _links(tags: list[Start]) -> Iterator[str]:
    for tag in tags:
        if tag.tag == "ri:page" and "ri:space-key" not in tag.attributes:
            yield tag.attributes.get("ri:content-title", "")


def retitled(body: str, old: str, new: str) -> str:
    """The body with its links to the page titled `old` in the same space led to `new`."""
    raw = body.encode()
    parts: list[bytes] = []
    done = 0
    for tag in starts(raw):
        here = tag.tag == "ri:page" and "ri:space-key" not in tag.attributes
        if here and tag.attributes.get("ri:content-title") == old:
            begin = raw.rindex(b"<", 0, tag.end)
            changed = re.sub(
                rb"""(ri:content-title\s*=\s*)("[^"]*"|'[^']*')""",
                lambda m: m[1] + b'"' + escape(new, {'"': "&quot;"}).encode() + b'"',
                raw[begin : tag.end],
            )
            parts += [raw[done:begin], changed]
            done = tag.end
    return b"".join([*parts, raw[done:]]).decode()


def marked(body: str, text: str, reference: str) -> str | None:
    """The body with an inline comment anchored at the first place where `text` stands.

    `None` when the text stands nowhere within one text node that a reader could select.
    """
    raw = body.encode()
    place = _place(raw, text)
    if place is None:
        return None
    size = len(text.encode())
    opening = f'<ac:inline-comment-marker ac:ref="{reference}">'.encode()
    closing = b"</ac:inline-comment-marker>"
    middle = raw[place : place + size]
    return (raw[:place] + opening + middle + closing + raw[place + size :]).decode()


def _place(raw: bytes, text: str) -> int | None:
    """The byte position of this text in the first text node that holds it."""
    parser = _parser()
    offset = len(_prologue(raw))
    hidden: list[str] = []
    found: list[int] = []

    def characters(data: str) -> None:
        place = parser.CurrentByteIndex - offset
        index = data.find(text)
        encoded = data.encode()
        if not hidden and index >= 0 and raw[place : place + len(encoded)] == encoded:
            found.append(place + len(data[:index].encode()))

    def started(tag: str, _: dict[str, str]) -> None:
        if hidden or tag in _OPAQUE:
            hidden.append(tag)

    def ended(_: str) -> None:
        if hidden:
            hidden.pop()

    parser.CharacterDataHandler = characters
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.StartCdataSectionHandler = lambda: hidden.append("")
    parser.EndCdataSectionHandler = lambda: hidden.pop() and None
    _feed(parser, raw)
    return found[0] if found else None


def plain(body: str) -> str:
    """The text of a body, blocks separated by blanks: what a search finds."""
    parser = _parser()
    hidden: list[str] = []
    pieces: list[str] = []

    def started(tag: str, _: dict[str, str]) -> None:
        pieces.append(" ")
        if hidden or tag == "ac:parameter":
            hidden.append(tag)

    def ended(_: str) -> None:
        if hidden:
            hidden.pop()

    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.CharacterDataHandler = lambda data: None if hidden else pieces.append(data)
    _feed(parser, body.encode())
    return " ".join("".join(pieces).split())

"""What an HTML parser would have to do for a text, bounded in one linear pass before it runs.

html5ever (inside nh3) is quadratic on nesting, on the attributes of one tag and on content
misplaced in tables, and it copies formatting elements that are closed in the wrong order into every
block that follows. Native code cannot be interrupted, so such a text is refused before.

The scan follows the tree construction rules of the HTML standard where they make a parser's stack
shorter, and never believes an element closed that a parser might keep open: its depth is an upper
bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Final

from ..errors import Rejected
from .profile import HEADINGS, NODES, SIZE

OPEN_ELEMENTS: Final = 200
ATTRIBUTES: Final = 500
MISPLACED: Final = 1_000
COPIES: Final = 100_000

_ATTRIBUTE: Final = (
    r"(?:=[^ \t\n\f\r/>=]*+|[^ \t\n\f\r/>=]++)"
    r"(?:[ \t\n\f\r]*+=[ \t\n\f\r]*+"
    r"""(?:"[^"]*+"?+|'[^']*+'?+|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+)?+)?+"""
)
_TAG = re.compile(
    # A comment, or what a parser takes for one, or a tag with its attributes.
    r"<!--(?:-?>|.*?(?:--!?>|\Z))|<(?:[!?]|/(?![A-Za-z]))[^>]*+"
    rf"|<(/?)([A-Za-z][^ \t\n\f\r/>]*+)((?:[ \t\n\f\r/]++|{_ATTRIBUTE})*+)",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_START = re.compile(r"<[A-Za-z]")

# Inside these a parser stays in foreign content up to the end tag; whatever else stands in SVG or
# MathML may lead it out.
_SVG = re.compile(
    r"(?:[^<]++|</?(?:g|path|circle|rect|line|polyline|polygon|ellipse|defs|use|symbol|text|tspan"
    r"|lineargradient|radialgradient|stop|clippath|mask|pattern|filter|marker)"
    r"(?=[ \t\n\f\r/>])[^<>]*+>)*+</svg[ \t\n\f\r]*+>",
    re.IGNORECASE,
)
_TOKENS: Final = "|".join(
    rf"<{name}(?=[ \t\n\f\r>])[^<>/]*+>[^<]*+</{name}[ \t\n\f\r]*+>"
    for name in ("mi", "mo", "mn", "ms", "mtext")
)
# No group in here: CPython 3.11 loses groups inside possessive repeats.
_MATH = re.compile(
    rf"(?:[^<]++|{_TOKENS}"
    r"|</?(?:mrow|mfrac|msqrt|mroot|mstyle|mpadded|msub|msup|msubsup|munder|mover|munderover|mtable"
    r"|mtr|mtd|mspace|semantics)(?=[ \t\n\f\r/>])[^<>]*+>)*+</math[ \t\n\f\r]*+>",
    re.IGNORECASE,
)
_ISLANDS: Final = {"svg": _SVG, "math": _MATH}

_VOID: Final = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "image"}
    | {"input", "keygen", "link", "meta", "param", "source", "track", "wbr"}
)
_RAW: Final = frozenset(
    {"iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"}
)
_FORMATTING: Final = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong"}
    | {"tt", "u"}
)
_FOREIGN: Final = frozenset(
    {"svg", "math", "mi", "mo", "mn", "ms", "mtext", "annotation-xml", "foreignobject", "desc"}
)
_HEADINGS: Final = frozenset(HEADINGS)
_PARTS: Final = frozenset({"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"})
_BLOCKS: Final = _HEADINGS | frozenset(
    {"address", "article", "aside", "blockquote", "center", "details", "dialog", "dir", "div"}
    | {"dl", "dt", "dd", "fieldset", "figcaption", "figure", "footer", "form", "header"}
    | {"hgroup", "li", "listing", "main", "menu", "nav", "ol", "p", "plaintext", "pre"}
    | {"search", "section", "summary", "ul"}
)
"""Start tags that end an open paragraph, and end tags that end all they hold."""

_WALLS: Final = _FOREIGN | {"template", "select", "title"}
"""No end tag reaches out of these."""
_SCOPES: Final = _WALLS | {"applet", "caption", "html", "marquee", "object", "table", "td", "th"}
"""No end tag but those of table parts reaches out of these."""
_SPECIAL: Final = _SCOPES | _BLOCKS | _PARTS | _RAW | {"button", "colgroup", "body", "head"}
"""No end tag of an ordinary element reaches out of these."""
_ITEM_WALLS: Final = _SPECIAL - {"address", "div", "p"}

_GROUPS: Final = frozenset({"thead", "tbody", "tfoot"})
_ROWS: Final = _GROUPS | {"table", "tr"}
_IN_ROWS: Final = _PARTS | {"colgroup", "col", "script", "style", "template"}


def check_cost(html: str) -> None:
    """Pass when an HTML parser will finish `html` in bounded time and memory.

    Raises:
        Rejected: with the reason.
    """
    grown = 3 * (html.count("<") + html.count(">")) + 4 * html.count("&") + 5 * html.count("\xa0")
    if len(html) + grown > 2 * SIZE:
        raise Rejected(f"the HTML would be longer than {2 * SIZE} characters once it is escaped")
    if html.count("<") > 3 * NODES:
        raise Rejected(f"the HTML has more than {NODES} elements: split the article")
    scan = Scan()
    for _ in scan.steps(html):
        scan.check()


class Scan:
    """A parser's stack of open elements, at least as deep as a parser's."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.tags: list[str] = []
        """The start tags of `opened`, as written."""
        self.counts: dict[str, int] = {}
        self.strays: list[tuple[str, str]] = []
        """Formatting elements that were cut off by the end of another: a parser opens them anew
        in what follows. Name and start tag."""
        self.copies = self.misplaced = self.elements = 0
        self.peak = 0
        self.unclear = 0
        """Start tags behind a place where nobody can tell what is markup."""

    def depth(self) -> int:
        """How deep a parser may be now, or was inside of the last tag."""
        peak, self.peak = self.peak, 0
        return max(len(self.opened) + len(self.strays) + self.unclear, peak)

    def steps(self, html: str) -> Iterator[None]:
        """Yield after every tag of `html`."""
        place = 0
        while tag := _TAG.search(html, place):
            self.text(html[place : tag.start()].removeprefix(">"))
            place = tag.end()
            if tag[2] is None:
                continue
            _check_attributes(tag[2], tag[3])
            name = tag[2].lower()
            if tag[1]:
                self.end(name)
            else:
                self.start(name, tag[0])
                if name in _RAW:
                    place = self.raw(html, name, place)
                elif name in _ISLANDS:
                    place = self.island(html, name, place)
            yield

    def check(self) -> None:
        """Pass while the bounds hold."""
        self.elements += 1
        if self.elements > 2 * NODES:
            raise Rejected(f"the HTML has more than {NODES} elements: split the article")
        if self.depth() > OPEN_ELEMENTS:
            raise Rejected(f"the HTML is nested deeper than {OPEN_ELEMENTS} elements")
        if self.copies > COPIES:
            raise Rejected("the HTML closes its formatting elements in the wrong order too often")
        if self.misplaced > MISPLACED:
            raise Rejected(f"the HTML has more than {MISPLACED} elements misplaced in tables")

    def raw(self, html: str, name: str, place: int) -> int:
        """Return where a raw text element ends.

        In some places a parser may not take it for one, or see another end: then every start tag
        in the rest counts, and no end tag.
        """
        found = re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE).search(html, place)
        end = found.start() if found else len(html)
        unclear = bool(self.counts.get("select") or self.counts.get("template"))
        if name == "script" and html.rfind("<!--", place, end) > html.rfind("-->", place, end):
            unclear = True
        if unclear:
            end = self.give_up(html, place)
        return end

    def island(self, html: str, name: str, place: int) -> int:
        """Return where an image or a formula ends."""
        found = _ISLANDS[name].match(html, place)
        if found is None:
            return self.give_up(html, place)
        self.pop()
        inside = _Island()
        for tag in _TAG.finditer(html, place, found.end()):
            inside.add(tag[1], tag[2].lower(), tag[3])
        self.elements += inside.elements
        self.peak = max(self.peak, len(self.opened) + inside.peak)
        return found.end()

    def give_up(self, html: str, place: int) -> int:
        self.unclear = len(_START.findall(html, place))
        return len(html)

    # -- text and start tags

    def text(self, text: str) -> None:
        if self.opened and self.opened[-1] in _ROWS:
            self.misplaced += bool(text.strip(" \t\r\n\f"))
        elif text and self.strays:
            self.reconstruct()

    def reconstruct(self) -> None:
        """Open again what was cut off, as a parser does before text and inline elements."""
        self.copies += len(self.strays)
        for name, tag in self.strays:
            self.push(name, tag)
        self.strays.clear()

    def start(self, name: str, tag: str) -> None:
        if name in _PARTS and name != "table":
            if not self.counts.get("table") and not self.counts.get("template"):
                return
            self.start_part(name)
        elif self.opened and self.opened[-1] in _ROWS and name not in _IN_ROWS:
            self.misplaced += 1
        if name in _BLOCKS or name == "hr":
            self.pop_through({"p"}, _SCOPES | {"button"})
        if name == "li":
            self.pop_through({"li"}, _ITEM_WALLS)
        elif name in ("dt", "dd"):
            self.pop_through({"dt", "dd"}, _ITEM_WALLS)
        elif name == "a" and self.counts.get("a"):
            self.end_formatting("a")
        elif self.opened and self.opened[-1] in _SIBLINGS.get(name, ()):
            self.pop()
        if self.strays and name not in _SPECIAL and name != "hr":
            self.reconstruct()
        if name not in _VOID:
            self.push(name, tag)

    def start_part(self, name: str) -> None:
        """End the table parts that this one ends, and open those that it implies."""
        walls = _WALLS | {"table"}
        match name:
            case "td" | "th":
                self.pop_through({"td", "th", "caption"}, walls | _GROUPS | {"tr"})
                if self.opened and self.opened[-1] == "table":
                    self.push("tbody", "")
                if self.opened and self.opened[-1] in _GROUPS:
                    self.push("tr", "")
            case "tr":
                self.pop_through({"tr", "caption"}, walls | _GROUPS)
                if self.opened and self.opened[-1] == "table":
                    self.push("tbody", "")
            case "thead" | "tbody" | "tfoot" | "caption":
                self.pop_through({"thead", "tbody", "tfoot", "caption"}, walls)

    def push(self, name: str, tag: str) -> None:
        self.opened.append(name)
        self.tags.append(tag)
        self.counts[name] = self.counts.get(name, 0) + 1

    # -- end tags

    def end(self, name: str) -> None:
        if name in _FORMATTING:
            self.end_formatting(name)
        elif name in _PARTS:
            self.pop_through({name}, _WALLS if name == "table" else _WALLS | {"table"})
        elif name in _HEADINGS:
            self.pop_through(_HEADINGS, _SCOPES)
        elif name == "template":
            self.pop_through({name}, frozenset())
        elif name == "p":
            self.pop_through({name}, _SCOPES | {"button"})
        elif name == "li":
            self.pop_through({name}, _SCOPES | {"ul", "ol"})
        elif name == "form":
            # Other elements stay open when a form is not the innermost.
            if self.opened and self.opened[-1] == name:
                self.pop()
        elif name in _FOREIGN:
            return
        elif name in _BLOCKS or name in ("applet", "marquee", "object", "button"):
            self.pop_through({name}, _SCOPES - {name})
        elif name not in ("body", "html", "head"):
            self.pop_through({name}, _SPECIAL - {name})

    def pop_through(self, names: Set[str], walls: Set[str]) -> None:
        """Close up to the innermost of `names` unless one of `walls` is in between."""
        if not any(self.counts.get(name) for name in names):
            return
        for place in range(len(self.opened) - 1, -1, -1):
            if self.opened[place] in names:
                while len(self.opened) > place:
                    self.pop()
                return
            if self.opened[place] in walls:
                return

    def pop(self) -> None:
        name, tag = self.opened.pop(), self.tags.pop()
        self.counts[name] -= 1
        # A parser keeps at most three that are alike.
        if name in _FORMATTING and self.strays.count((name, tag)) < 3:
            self.strays.append((name, tag))

    def end_formatting(self, name: str) -> None:
        """Take one formatting element out; what it held stays open, or is copied."""
        for place in range(len(self.opened) - 1, -1, -1):
            if self.opened[place] == name:
                self.copies += len(self.opened) - 1 - place
                self.take(place)
                return
            if self.opened[place] in _SCOPES and self.counts.get(name):
                return
        stray = next((stray for stray in self.strays if stray[0] == name), None)
        if stray is not None:
            self.strays.remove(stray)

    def take(self, place: int) -> None:
        self.counts[self.opened[place]] -= 1
        del self.opened[place], self.tags[place]


class _Island:
    """How deep an image or a formula is."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.elements = self.peak = 0

    def add(self, closing: str, name: str, rest: str) -> None:
        if closing:
            if self.opened and self.opened[-1] == name:
                self.opened.pop()
            return
        self.elements += 1
        if not rest.endswith("/"):
            self.opened.append(name)
        self.peak = max(self.peak, len(self.opened) + 2)


def _check_attributes(name: str, rest: str) -> None:
    if len(rest) > ATTRIBUTES and len(_ATTRIBUTES.findall(rest)) > ATTRIBUTES:
        raise Rejected(f"<{name[:20]}> has more than {ATTRIBUTES} attributes")


_SIBLINGS: Final = {
    "option": frozenset({"option"}),
    "optgroup": frozenset({"option", "optgroup"}),
    **dict.fromkeys(HEADINGS, _HEADINGS),
}
"""What a start tag ends when it is innermost."""

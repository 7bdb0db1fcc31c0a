"""Random bodies, loose trees, edits and HTML soup, for tests and benchmarks.

Every function takes a `random.Random`. Under Hypothesis, draw one with
`strategies.randoms(use_true_random=False)`: what it gives is then replayed and shrunk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from ..body import Element, Node, finish, parse, render
from ..body.markup import build
from ..body.profile import BLOCKS, HEADINGS, INLINE, MARKS, PANELS
from ..body.tree import element

WORDS: Final = (
    *("alpha", "beta", "gamma", "delta", "press", "the", "green", "button", "then", "wait"),
    *("Zürich", "naïve", "日本", "e\u0301", "fine.", "(or not)", "1 < 2", "a & b", '"so"', "→"),
)
AWKWARD: Final = (
    *("", " ", "  ", "\n", "\t\n ", "\xa0", "\r\n", "\x00", "\x0b", "\x85", "\ud800", "\u0301"),
    *("\u202e", "<script>", "</p>", "&amp;", "&nbsp;", "]]>", "-->", "\ufeff", "\ufffe", "\u2028"),
)
ASSET: Final = "ab" * 32
URLS: Final = (
    *("https://example.org/a?b=c&d=e#f", "http://example.org/", "mailto:a@example.org"),
    *("tel:+4144", "#Heading%20one", "syncline:doc/wiki:98312", "syncline:doc/kb:1%3A2#Part"),
    f"syncline:asset/{ASSET}",
)
BAD_URLS: Final = (
    *("javascript:alert(1)", " JaVaScRiPt:alert(1)", "data:text/html,x", "/relative", "//host/x"),
    *("", "#", "http://", "https://[", "vbscript:x", "java\nscript:alert(1)", "HTTP://UP.example/"),
    *("syncline:asset/xyz", "syncline:other/1", "https://exa mple.org/", 'https://a/"><b>', "\x01"),
)
FOREIGN: Final = (
    *("div", "span", "font", "b", "i", "del", "center", "article", "dl", "dt", "dd", "tfoot"),
    *("script", "svg", "math", "style", "iframe", "form", "x-y", "menu", "kbd", "noscript"),
)


def text(rng: Random, most: int = 6) -> str:
    """Return some words, "" at times."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, most)))


def url(rng: Random) -> str:
    """Return a URL that a body may hold."""
    return rng.choice(URLS)


def opaque(rng: Random, tag: str = "div") -> Element:
    """Return an opaque node."""
    kind = rng.choice(("toc", "status", "jira"))
    key = f"confluence.{kind}.{rng.randrange(16**12):012x}"
    return element(tag, *([text(rng, 3)] if rng.random() < 0.7 else []), data_opaque=key)


def inline(rng: Random, depth: int = 3) -> Node:
    """Return a text, a marked text, an image, a break or an opaque span."""
    roll = rng.random()
    if depth == 0 or roll < 0.5:
        return text(rng)
    if roll < 0.8:
        mark = rng.choice(MARKS)
        attrs = {"href": url(rng)} if mark == "a" else {}
        return element(mark, *_several(rng, lambda: inline(rng, depth - 1), 1, 3), **attrs)
    if roll < 0.87:
        return element("br")
    if roll < 0.93:
        return element("img", src=rng.choice((URLS[0], URLS[-1])), alt=text(rng, 2))
    return opaque(rng, "span")


def prose(rng: Random, tag: str = "p") -> Element:
    """Return a leaf of inline content."""
    return element(tag, *_several(rng, lambda: inline(rng), 1, 4))


def block(rng: Random, depth: int = 3, kinds: Sequence[str] = tuple(sorted(BLOCKS))) -> Element:
    """Return a block of one of `kinds`, with at most `depth` levels of containers inside."""
    tag = rng.choice(kinds) if depth else "p"
    match tag:
        case "ul" | "ol":
            start = str(rng.randint(0, 9)) if tag == "ol" and rng.random() < 0.3 else None
            return element(
                tag, *_several(rng, lambda: _holder(rng, "li", depth, kinds)), start=start
            )
        case "blockquote":
            return _holder(rng, tag, depth, kinds)
        case "section":
            panel = _holder(rng, tag, depth, kinds)
            title = text(rng, 2) or None
            return element(tag, *panel.children, data_panel=rng.choice(PANELS), title=title)
        case "details":
            content = _holder(rng, tag, depth, kinds).children
            return element(tag, prose(rng, "summary"), *content)
        case "pre":
            return code(rng)
        case "table":
            return table(rng, depth, kinds)
        case "figure":
            caption = [prose(rng, "figcaption")] if rng.random() < 0.4 else []
            return element(tag, element("img", src=URLS[-1], alt=text(rng, 2)), *caption)
        case "video":
            return element(tag, src=URLS[0])
        case "hr":
            return element(tag)
        case "div":
            return opaque(rng)
        case _:
            return prose(rng, tag if tag in HEADINGS else "p")


def code(rng: Random) -> Element:
    """Return a code block."""
    lines = "\n".join("  " * rng.randint(0, 2) + text(rng, 4) for _ in range(rng.randint(1, 4)))
    return element("pre", element("code", lines, data_lang=rng.choice((None, "python", "c++"))))


def table(rng: Random, depth: int, kinds: Sequence[str]) -> Element:
    """Return a table with unique first cells."""
    width, height = rng.randint(1, 3), rng.randint(1, 4)
    head = rng.random() < 0.6
    rows = [
        element("tr", *(_cell(rng, row, column, head, depth, kinds) for column in range(width)))
        for row in range(height)
    ]
    caption = [prose(rng, "caption")] if rng.random() < 0.3 else []
    return element("table", *caption, element("tbody", *rows))


def _cell(
    rng: Random, row: int, column: int, head: bool, depth: int, kinds: Sequence[str]
) -> Element:
    tag = "th" if head and row == 0 else "td"
    if column == 0:
        return element(tag, element("p", f"key {row} {text(rng, 1)}"))
    return _holder(rng, tag, depth, kinds)


def _holder(rng: Random, tag: str, depth: int, kinds: Sequence[str]) -> Element:
    first = [prose(rng)] if rng.random() < 0.8 else []
    return element(tag, *first, *_several(rng, lambda: block(rng, depth - 1, kinds), 0, 2))


def _several(
    rng: Random, make: Callable[[], Node], least: int = 1, most: int = 4
) -> tuple[Node, ...]:
    return tuple(make() for _ in range(rng.randint(least, most)))


def tree(rng: Random, most: int = 6, kinds: Sequence[str] = tuple(sorted(BLOCKS))) -> list[Node]:
    """Return blocks in the profile's vocabulary, hardly ever in normal form."""
    return [*_several(rng, lambda: block(rng, kinds=kinds), 0, most)]


def body(rng: Random, most: int = 6, kinds: Sequence[str] = tuple(sorted(BLOCKS))) -> str:
    """Return a body."""
    return finish(tree(rng, most, kinds))


def loose(rng: Random, depth: int = 4) -> Node:
    """Return any tree: foreign tags, misplaced parts, awkward texts, bad URLs."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice((rng.choice(AWKWARD), text(rng), f" {text(rng)} "))
    tags = [*sorted(BLOCKS | INLINE), "li", "td", "th", "tr", "thead", "tbody", "caption"]
    tag = rng.choice((*tags, "summary", "figcaption", *FOREIGN))
    return element(tag, *_several(rng, lambda: loose(rng, depth - 1), 0, 4), **_attributes(rng))


def _attributes(rng: Random) -> dict[str, str]:
    every = {
        "href": rng.choice(URLS + BAD_URLS),
        "src": rng.choice(URLS + BAD_URLS),
        "alt": rng.choice(AWKWARD + WORDS),
        "title": rng.choice(AWKWARD + WORDS),
        "start": rng.choice(("1", "3", "-2", "x", " 7 ", "٣", "99999999")),
        "colspan": rng.choice(("1", "2", "0", "-1", "9999", "x")),
        "rowspan": rng.choice(("1", "2", "3", "1001")),
        "scope": rng.choice(("row", "COL", "x")),
        "data_panel": rng.choice((*PANELS, "x")),
        "data_lang": rng.choice(("python", "C++", "<x>", " ")),
        "data_opaque": rng.choice(("confluence.toc.0123456789ab", "", 'x"y', "a b")),
        "onclick": "alert(1)",
        "style": "position:fixed",
        "id": "x",
    }
    names = rng.sample(sorted(every), rng.randint(0, 4))
    return {name: every[name] for name in names}


def soup(rng: Random) -> str:
    """Return broken HTML: tags that never close, end tags of nothing, stray quotes."""
    parts: list[str] = []
    for _ in range(rng.randint(0, 25)):
        tag = rng.choice((*sorted(BLOCKS | INLINE), "li", "td", "tr", "caption", *FOREIGN))
        attrs = "".join(_sloppy(rng, *pair) for pair in _attributes(rng).items())
        parts.append(
            rng.choice(
                (f"<{tag}{attrs}>", f"</{tag}>", f"<{tag}/>", f"<!--{tag}", "-->", text(rng))
            )
        )
        parts.append(rng.choice(("", rng.choice(AWKWARD))))
    return "".join(parts)


def _sloppy(rng: Random, name: str, value: str) -> str:
    quote = rng.choice(("", '"', "'"))
    return f" {name.replace('_', '-')}={quote}{value}{rng.choice((quote, quote, ''))}"


def edited(rng: Random, text_of_body: str, times: int = 1) -> str:
    """Return a body after `times` edits such as a person makes."""
    for _ in range(times):
        blocks = [*parse(text_of_body)]
        place = rng.randint(0, len(blocks))
        match rng.choice(("word", "word", "word", "add", "remove", "move")):
            case "add":
                blocks.insert(place, element("p", "new", " ", text(rng)))
            case "remove" if blocks:
                del blocks[place - 1]
            case "move" if blocks:
                moved = blocks.pop(place - 1)
                blocks.insert(rng.randint(0, len(blocks)), moved)
            case "word":
                text_of_body = _reworded(rng, text_of_body)
                continue
        text_of_body = finish(blocks)
    return text_of_body


def _reworded(rng: Random, body: str) -> str:
    """Replace, add or remove one word somewhere in a leaf."""
    pieces = render(parse(body)).split("beta")
    if len(pieces) < 2:
        return finish([*parse(body), element("p", "beta", " ", text(rng))])
    cut = rng.randrange(1, len(pieces))
    word = rng.choice(("BETA", "beta beta", "", "other"))
    changed = "beta".join(pieces[:cut]) + word + "beta".join(pieces[cut:])
    return finish(parse_loosely(changed))


def parse_loosely(markup: str) -> tuple[Node, ...]:
    """Return the nodes of well-formed markup that may be out of normal form."""
    return build(markup)

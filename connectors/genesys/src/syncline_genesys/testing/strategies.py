"""Random profile bodies and random Genesys blocks, for tests. It needs hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from syncline.body import Blocks, Element, Node, normal

from ..blocks import SYMBOLIC, decode

WORDS = ["alpha", "beta", "gamma", "delta", "9 to 5", "é", "<b>", "a&b", "\u00a0", "x\u00a0y"]
HREFS = [
    "https://example.com/a",
    "https://example.com/a?b=c&d=e",
    "http://example.com/plain",
    "mailto:someone@example.com",
    "tel:+123",
    "syncline:doc/kb:0b1e7a1c-11",
    "syncline:doc/kb:0b1e7a1c-11#part",
    "syncline:doc/wiki:98312",
    "#anchor",
]
SOURCES = [
    "https://example.com/a.png",
    "http://example.com/b.png",
    "syncline:asset/" + "ab" * 32,
]
MARKS = ["strong", "em", "u", "s", "sub", "sup", "code"]

UNKNOWN = {"type": "Accordion", "accordion": {"text": "hidden", "level": 2}}
OPAQUES = decode([UNKNOWN], SYMBOLIC).opaques
"""What the opaque nodes of `bodies` stand for."""
(KEPT,) = OPAQUES

words = st.sampled_from(WORDS)


def pairs(**attrs: str) -> tuple[tuple[str, str], ...]:
    return tuple(attrs.items())


def images() -> st.SearchStrategy[Element]:
    alts = st.sampled_from(["", "a picture", "long " * 60])
    return st.builds(
        lambda src, alt: Element("img", pairs(src=src, alt=alt)), st.sampled_from(SOURCES), alts
    )


def inline(depth: int = 2) -> st.SearchStrategy[list[Node]]:
    atoms: st.SearchStrategy[Node] = st.one_of(
        words,
        words.map(lambda w: w + " "),
        st.just(Element("br")),
        images(),
        st.builds(
            lambda w: Element("span", (("data-opaque", "confluence.status.0123456789ab"),), (w,)),
            words,
        ),
        st.just(Element("span", (("data-opaque", KEPT),), ("hidden",))),
    )
    nodes = atoms
    for _ in range(depth):
        inner = st.lists(nodes, max_size=3).map(tuple)
        nodes = st.one_of(
            atoms,
            st.builds(lambda tag, c: Element(tag, (), c), st.sampled_from(MARKS), inner),
            st.builds(lambda h, c: Element("a", (("href", h),), c), st.sampled_from(HREFS), inner),
        )
    return st.lists(nodes, max_size=4)


def leaves() -> st.SearchStrategy[Element]:
    tags = st.sampled_from(["p", "p", "p", "h1", "h3"])
    code = st.sampled_from(["x = 1", "  indented\n\n    more\n", "", "\n", "<tag>"])
    return st.one_of(
        st.builds(lambda tag, c: Element(tag, (), tuple(c)), tags, inline()),
        code.map(lambda c: Element("pre", (), (Element("code", pairs(lang="x"), (c,)),))),
        st.just(Element("hr")),
        st.builds(
            lambda img, c: Element("figure", (), (img, Element("figcaption", (), tuple(c)))),
            images(),
            inline(1),
        ),
        st.sampled_from(SOURCES).map(lambda s: Element("video", pairs(src=s))),
        st.builds(
            lambda w: Element("div", (("data-opaque", "confluence.toc.0123456789ab"),), (w,)),
            st.sampled_from(["", "macro"]),
        ),
        st.just(Element("div", (("data-opaque", KEPT),), ("hidden",))),
    )


def _containers(blocks: st.SearchStrategy[Element]) -> st.SearchStrategy[Element]:
    some = st.lists(blocks, max_size=4).map(tuple)
    item = some.map(lambda c: Element("li", (), c))
    cell = st.builds(
        lambda tag, attrs, c: Element(tag, attrs, c),
        st.sampled_from(["td", "td", "th"]),
        st.sampled_from([(), (("colspan", "2"),), (("rowspan", "2"),), (("scope", "row"),)]),
        some,
    )
    row = st.lists(cell, max_size=3).map(lambda c: Element("tr", (), tuple(c)))
    rows = st.lists(row, max_size=3).map(tuple)
    return st.one_of(
        st.builds(
            lambda tag, c: Element(tag, (), tuple(c)),
            st.sampled_from(["ul", "ol"]),
            st.lists(item, max_size=4),
        ),
        some.map(lambda c: Element("blockquote", (), c)),
        st.builds(
            lambda t, c: Element("section", (("data-panel", "info"), ("title", t)), c),
            st.sampled_from(["", "Mind this"]),
            some,
        ),
        st.builds(
            lambda s, c: Element("details", (), (Element("summary", (), tuple(s)), *c)),
            inline(1),
            some,
        ),
        st.builds(
            lambda cap, head, body: Element(
                "table",
                (),
                (
                    Element("caption", (), tuple(cap)),
                    Element("thead", (), head),
                    Element("tbody", (), body),
                ),
            ),
            inline(1),
            rows,
            rows,
        ),
    )


def bodies() -> st.SearchStrategy[Blocks]:
    """Profile bodies in normal form."""
    blocks = st.recursive(leaves(), _containers, max_leaves=14)
    return st.lists(blocks, max_size=5).map(normal)


# -- vendor blocks

Json = dict[str, Any]

HYPERLINKS = [
    "https://example.com/a",
    "http://example.com/plain",
    "mailto:someone@example.com",
    "grn:knowledge:::document/base/0b1e7a1c-11",
    "grn:knowledge:::documentVariation/base/0b1e7a1c-11/var",
    "grn:knowledge:::category/base/cat",
    "grn:knowledge:::document/other/0b1e7a1c-12",
    "javascript:alert(1)",
    "syncline:doc/wiki:1",
    "/relative",
]
URLS = ["https://example.com/a.png", "http://example.com/b.png", "data:image/png;base64,AAAA", ""]
COLOURS = st.sampled_from(["#ff0000", "#00ff00"])
FONTS = st.sampled_from(["Paragraph", "Paragraph", "Heading1", "Heading4", "Preformatted", "New"])


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=members)


def _typed(kind: str, member: str, payload: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    whole = payload.map(lambda value: {"type": kind, member: value})
    return st.one_of(whole, whole, whole, whole, st.just({"type": kind}))


def texts() -> st.SearchStrategy[Json]:
    said = st.sampled_from(["alpha", "beta ", " gamma", "\n", "a\nb", "\u00a0", "", "<i>", "  "])
    marks = st.lists(
        st.sampled_from(["Bold", "Italic", "Underline", "Strikethrough", "Subscript", "Wavy"]),
        max_size=2,
        unique=True,
    )
    payload = st.fixed_dictionaries(
        {"text": said},
        optional={
            "marks": marks,
            "hyperlink": st.sampled_from(HYPERLINKS),
            "properties": optional(textColor=COLOURS, fontSize=st.just("Large")),
        },
    )
    return _typed("Text", "text", payload)


def pictures() -> st.SearchStrategy[Json]:
    properties = optional(altText=st.sampled_from(["", "alt"]), align=st.just("Center"))
    payload = st.fixed_dictionaries(
        {"url": st.sampled_from(URLS)},
        optional={"hyperlink": st.sampled_from(HYPERLINKS), "properties": properties},
    )
    return _typed("Image", "image", payload)


def videos() -> st.SearchStrategy[Json]:
    length = st.just({"value": 50.0, "unit": "Percentage"})
    payload = st.fixed_dictionaries(
        {"url": st.sampled_from(URLS)}, optional={"properties": optional(width=length)}
    )
    return _typed("Video", "video", payload)


def unknown() -> st.SearchStrategy[Json]:
    return st.just(UNKNOWN)


def paragraphs() -> st.SearchStrategy[Json]:
    content = st.lists(st.one_of(texts(), texts(), pictures(), videos(), unknown()), max_size=4)
    properties = optional(
        fontType=FONTS, align=st.just("Right"), indentation=st.just(2.0), textColor=COLOURS
    )
    payload = st.fixed_dictionaries({"blocks": content}, optional={"properties": properties})
    return _typed("Paragraph", "paragraph", payload)


def _nested(blocks: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    inside = st.lists(st.one_of(texts(), texts(), pictures(), videos(), blocks), max_size=4)
    item = st.fixed_dictionaries(
        {"type": st.just("ListItem"), "blocks": inside},
        optional={"properties": optional(fontType=FONTS, textColor=COLOURS)},
    )
    listed = st.fixed_dictionaries(
        {"blocks": st.lists(item, max_size=3)},
        optional={"properties": optional(orderedType=st.just("LowerAlpha"))},
    )
    cell = st.fixed_dictionaries(
        {"blocks": inside},
        optional={
            "properties": optional(
                cellType=st.sampled_from(["Cell", "HeaderCell"]),
                colSpan=st.sampled_from([0, 1, 2]),
                scope=st.sampled_from(["Row", "None"]),
                backgroundColor=COLOURS,
                width=st.just(12.5),
            )
        },
    )
    row = st.fixed_dictionaries(
        {"cells": st.lists(cell, max_size=3)},
        optional={
            "properties": optional(
                rowType=st.sampled_from(["Header", "Body", "Footer"]), height=st.just(2.0)
            )
        },
    )
    caption = st.fixed_dictionaries({"blocks": inside})
    table = st.fixed_dictionaries(
        {"rows": st.lists(row, max_size=3)},
        optional={"properties": optional(borderWidth=st.just(1.0), caption=caption)},
    )
    return st.one_of(
        _typed("UnorderedList", "list", listed),
        _typed("OrderedList", "list", listed),
        _typed("Table", "table", table),
    )


def vendor_blocks() -> st.SearchStrategy[list[Json]]:
    """Blocks as the vendor's schema allows them, and some that it does not."""
    plain = st.one_of(paragraphs(), paragraphs(), pictures(), videos(), unknown())
    return st.lists(st.recursive(plain, _nested, max_leaves=8), max_size=5)

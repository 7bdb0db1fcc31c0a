"""One spelling for each meaning: examples, and properties over random trees."""

from __future__ import annotations

from random import Random

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.body import (
    Element,
    element,
    finish,
    from_html,
    leaves,
    normal,
    parse,
    plain_text,
    render,
)
from syncline.body.markup import build
from syncline.body.profile import ATTRIBUTES, DEPTH, NODES, SIZE, TAGS
from syncline.body.urls import SCHEMES
from syncline.errors import Rejected
from syncline.testing import bodies

RANDOM = st.randoms(use_true_random=False)

EXAMPLES = {
    "bare text is put in a paragraph": ("hi", "<p>hi</p>"),
    "other spellings of marks become one": (
        "<p><b>a</b> <i>b</i> <del>c</del> <ins>d</ins> <kbd>e</kbd></p>",
        "<p><strong>a</strong> <em>b</em> <s>c</s> <u>d</u> <code>e</code></p>",
    ),
    "marks are nested in one order": (
        "<p><em><strong>a</strong></em></p>",
        "<p><strong><em>a</em></strong></p>",
    ),
    "adjacent equal marks are merged": ("<b>a</b><b>b</b>", "<p><strong>ab</strong></p>"),
    "overlapping marks share what they can": (
        "<i>a<b>b</b></i><b>c</b>",
        "<p><em>a</em><strong><em>b</em>c</strong></p>",
    ),
    "a mark in itself counts once": ("<b>a<b>b</b></b>", "<p><strong>ab</strong></p>"),
    "spaces stand outside of marks": ("a<b> b </b>c", "<p>a <strong>b</strong> c</p>"),
    "an empty mark goes": ("a<b></b>b", "<p>ab</p>"),
    "whitespace is collapsed": ("<p> a \n\t b </p>", "<p>a b</p>"),
    "no-break spaces stay": ("a&nbsp; b", "<p>a&nbsp; b</p>"),
    "text is composed": ("e\u0301", "<p>é</p>"),
    "a composed character is not made with markup": (
        "<b>a</b>\u0338",
        "<p><strong>a</strong>\u0338</p>",
    ),
    "control characters go": ("a\x00\x08\x0b\x7f\x85b", "<p>ab</p>"),
    "lone surrogates are replaced": ("a\ud800b", "<p>a\ufffdb</p>"),
    "breaks keep no spaces and do not end a leaf": ("a <br> b<br>", "<p>a<br>b</p>"),
    "a trailing blank paragraph goes": ("<p>a</p><p>&nbsp;</p><p><br></p>", "<p>a</p>"),
    "a blank paragraph in between stays": ("<p>a</p><p> </p><p>b</p>", "<p>a</p><p></p><p>b</p>"),
    "an empty heading goes": ("<h2> </h2>a", "<p>a</p>"),
    "items hold paragraphs": ("<ul><li>a</ul>", "<ul><li><p>a</p></li></ul>"),
    "a list in a list belongs to the item before": (
        "<ul><li>a</li><ul><li>b</li></ul></ul>",
        "<ul><li><p>a</p><ul><li><p>b</p></li></ul></li></ul>",
    ),
    "a list starts to count at one": ("<ol start=1><li>a</ol>", "<ol><li><p>a</p></li></ol>"),
    "an empty list goes": ("<ul> </ul>a", "<p>a</p>"),
    "an empty item stays": ("<ul><li></li></ul>", "<ul><li></li></ul>"),
    "a wrapper parts paragraphs": ("a<div>b</div>c", "<p>a</p><p>b</p><p>c</p>"),
    "a block in a heading ends it": (
        "<h2>a<ul><li>b</ul></h2>",
        "<h2>a</h2><ul><li><p>b</p></li></ul>",
    ),
    "leading rows of header cells are the head": (
        "<table><tr><th>a<tr><td>1</table>",
        "<table><thead><tr><th><p>a</p></th></tr></thead>"
        "<tbody><tr><td><p>1</p></td></tr></tbody></table>",
    ),
    "what stands in a head is a header cell": (
        "<table><thead><tr><td>a</thead><tr><td>1</table>",
        "<table><thead><tr><th><p>a</p></th></tr></thead>"
        "<tbody><tr><td><p>1</p></td></tr></tbody></table>",
    ),
    "a head is not cut through a cell": (
        "<table><tr><th rowspan=2>a<th>b<tr><td>1</table>",
        '<table><tbody><tr><th rowspan="2"><p>a</p></th><th><p>b</p></th></tr>'
        "<tr><td><p>1</p></td></tr></tbody></table>",
    ),
    "a table without rows is its caption": ("<table><caption>c</table>", "<p>c</p>"),
    "a paragraph of one image is a figure": (
        "<p><img src=https://example.org/a alt=' x '></p>",
        '<figure><img alt="x" src="https://example.org/a"></figure>',
    ),
    "a figure keeps its caption": (
        "<figure><img src=https://example.org/a><figcaption>c</figcaption></figure>",
        '<figure><img src="https://example.org/a"><figcaption>c</figcaption></figure>',
    ),
    "an image without a source is its text": ("<p>a <img alt=x src=/a> b", "<p>a x b</p>"),
    "code is verbatim": (
        "<pre><code data-lang=PY>  a\n\n\tb <b>c</b></code></pre>",
        '<pre><code data-lang="py">  a\n\n\tb c</code></pre>',
    ),
    "an unknown panel is unwrapped": ("<section data-panel=x>a</section>", "<p>a</p>"),
    "a panel keeps its title": (
        "<section data-panel=tip title=' T '>a</section>",
        '<section data-panel="tip" title="T"><p>a</p></section>',
    ),
    "details always have a summary": (
        "<details>a</details>",
        "<details><summary></summary><p>a</p></details>",
    ),
    "an opaque block holds one line": (
        "<div data-opaque=confluence.toc.0123456789ab>a<p>b</p></div>",
        '<div data-opaque="confluence.toc.0123456789ab">a b</div>',
    ),
    "an opaque key is checked": ("<div data-opaque='a b'>a</div>", "<p>a</p>"),
    "scripts and styles go with their content": (
        "a<script>b</script><style>c</style><svg><g>d</g></svg>e",
        "<p>ae</p>",
    ),
    "attributes that are not ours go": (
        "<p class=x id=y style='color:red' onclick=z>a</p>",
        "<p>a</p>",
    ),
    "schemes are spelled in one way": (
        "<a href=' HTTPS://example.org/a b '>x</a>",
        '<p><a href="https://example.org/a%20b">x</a></p>',
    ),
    "a link into the same article stays": ('<a href="#Part">x</a>', '<p><a href="#Part">x</a></p>'),
    "a relative link is unwrapped": ("<a href=/x>a</a> <a href=//x>b</a>", "<p>a b</p>"),
    "a script link is unwrapped": ("<a href=' java\nscript:x'>a</a>", "<p>a</p>"),
    "a link in a link ends it": (
        "<a href=https://a.example/>a</a><a href=https://b.example/>b</a>",
        '<p><a href="https://a.example/">a</a><a href="https://b.example/">b</a></p>',
    ),
}


@pytest.mark.parametrize(("html", "body"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_meaning_has_one_spelling(html: str, body: str) -> None:
    assert from_html(html) == body
    assert from_html(body) == body
    assert render(parse(body)) == body


LOOSE = {
    "the inner one of two links counts": (
        element("a", "a", element("a", "b", href="#b"), "c", href="#a"),
        '<p><a href="#a">a</a><a href="#b">b</a><a href="#a">c</a></p>',
    ),
    "content directly in a table is a row of its own": (
        element("table", element("p", "a"), element("tr", element("td", "b"))),
        "<table><tbody><tr><td><p>a</p></td></tr><tr><td><p>b</p></td></tr></tbody></table>",
    ),
    "a cell directly in a table starts a row": (
        element("table", element("td", "a"), element("td", "b")),
        "<table><tbody><tr><td><p>a</p></td><td><p>b</p></td></tr></tbody></table>",
    ),
    "content directly in a list is an item": (
        element("ul", "a", element("li", "b"), element("p", "c"), element("p", "d")),
        "<ul><li><p>a</p></li><li><p>b</p></li><li><p>c</p><p>d</p></li></ul>",
    ),
    "an item without a list is a paragraph": (element("li", "a"), "<p>a</p>"),
    "a cell without a table is a paragraph": (element("td", "a"), "<p>a</p>"),
    "blocks in a caption are words": (
        element("table", element("caption", element("p", "a"), element("pre", "b\nc")),
                element("tr", element("td", "d"))),
        "<table><caption>a b c</caption><tbody><tr><td><p>d</p></td></tr></tbody></table>",
    ),
    "a video in a summary is a link": (
        element("details", element("summary", "a ", element("video", src="https://x.example/"))),
        '<details><summary>a <a href="https://x.example/">https://x.example/</a></summary></details>',
    ),
    "two images in a figure are two figures": (
        element("figure", element("img", src="https://x.example/1"), element("p"),
                element("img", src="https://x.example/2"), element("figcaption", "c")),
        '<figure><img src="https://x.example/1"></figure><p></p>'
        '<figure><img src="https://x.example/2"></figure><p>c</p>',
    ),
    "a panel with nothing but a title stays": (
        element("section", data_panel="info", title="T"),
        '<section data-panel="info" title="T"></section>',
    ),
    "a panel with nothing goes": (element("section", data_panel="info"), ""),
}  # fmt: skip


@pytest.mark.parametrize(("node", "body"), LOOSE.values(), ids=LOOSE)
def test_misplaced_parts_find_a_place(node: Element, body: str) -> None:
    assert finish([node]) == body
    assert finish(parse(body)) == body


def assert_is_fixed(body: str) -> None:
    strict = nh3.Cleaner(
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        link_rel=None,
        url_schemes=set(SCHEMES),
    )
    assert finish(parse(body)) == body
    assert render(normal(build(body))) == body
    assert from_html(body) == body
    assert strict.clean(body) == body


@given(RANDOM)
@settings(max_examples=150, deadline=None)
def test_what_is_finished_is_a_fixed_point_of_everything(rng: Random) -> None:
    assert_is_fixed(finish([bodies.loose(rng) for _ in range(rng.randint(0, 4))]))


@given(RANDOM)
@settings(max_examples=150, deadline=None)
def test_soup_becomes_a_fixed_point(rng: Random) -> None:
    assert_is_fixed(from_html(bodies.soup(rng)))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_become_a_body(raw: bytes) -> None:
    assert_is_fixed(from_html(raw))


@given(RANDOM)
@settings(max_examples=80, deadline=None)
def test_tree_and_text_are_one_to_one(rng: Random) -> None:
    body = bodies.body(rng)
    assert render(parse(body)) == body
    assert parse(render(parse(body))) == parse(body)


@given(RANDOM)
@settings(max_examples=80, deadline=None)
def test_every_word_of_a_tree_survives(rng: Random) -> None:
    tree = [bodies.block(rng, kinds=("p", "ul", "ol", "blockquote", "h2", "table")) for _ in "ab"]
    words = [word for node in tree for word in _texts(node)]
    text = plain_text(finish(tree))
    assert all(word in text for word in words)


def _texts(node: Element) -> list[str]:
    found: list[str] = []
    for child in node.children:
        found += child.split() if isinstance(child, str) else _texts(child)
    return [from_text for word in found for from_text in plain_text(finish([word])).split()]


NOT_NORMAL = {
    "text outside of any block": "hi",
    "a mark in the wrong order": "<p><em><strong>a</strong></em></p>",
    "a trailing blank paragraph": "<p>a</p><p></p>",
    "an attribute that is not ours": '<p class="x">a</p>',
    "a script": "<script>a</script>",
    "an unsafe link": '<p><a href="javascript:x">a</a></p>',
    "a raw angle bracket": "<p>a < b</p>",
    "an element that never ends": "<p>a",
    "an end of nothing": "</p>",
    "text in an item": "<ul><li>a</li></ul>",
    "two spaces": "<p>a  b</p>",
    "a decomposed accent": "<p>e\u0301</p>",
    "another spelling of a character": "<p>&#97;</p>",
}


@pytest.mark.parametrize("text", NOT_NORMAL.values(), ids=NOT_NORMAL)
def test_what_is_not_normal_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        parse(text)


def test_a_refusal_shows_where() -> None:
    with pytest.raises(Rejected, match="text outside of any block: ' '"):
        parse("<p>one</p> ")
    with pytest.raises(Rejected, match=r"at character 7: ' c</p>', expected 'c</p>'"):
        parse("<p>a b  c</p>")


def nested(tag: str, depth: int) -> Element:
    node = element("p", "x")
    for _ in range(depth):
        node = element(tag, node)
    return node


def test_nesting_is_bounded_with_a_reason() -> None:
    assert finish([nested("blockquote", DEPTH)]).count("<blockquote>") == DEPTH
    with pytest.raises(Rejected, match=f"deeper than {DEPTH}"):
        finish([nested("blockquote", 10_000)])


def test_wrappers_may_be_nested_without_limit() -> None:
    assert finish([nested("div", 10_000)]) == "<p>x</p>"
    assert finish([nested("strong", 10_000)]) == "<p><strong>x</strong></p>"


def test_size_is_bounded_with_a_reason() -> None:
    with pytest.raises(Rejected, match=f"more than {NODES} elements"):
        finish([element("p", "x")] * (NODES + 1))
    with pytest.raises(Rejected, match=f"longer than {SIZE} characters"):
        finish([element("p", "x" * (SIZE + 1))])


def test_leaves_say_where_they_stand() -> None:
    blocks = parse(from_html("<h1>a</h1><ul><li>b<pre>c</pre></li></ul><hr>"))
    found = leaves(blocks)
    assert [(leaf.path, leaf.context, leaf.element.tag) for leaf in found] == [
        ((0,), (), "h1"),
        ((1, 0, 0), ("ul", "li"), "p"),
        ((1, 0, 1), ("ul", "li"), "pre"),
        ((2,), (), "hr"),
    ]
    for leaf in found:
        node: Element = blocks[leaf.path[0]]
        for index in leaf.path[1:]:
            child = node.children[index]
            assert isinstance(child, Element)
            node = child
        assert node is leaf.element

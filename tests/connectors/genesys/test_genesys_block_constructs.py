"""Construct by construct: what profile and blocks both have, and what is lost."""

from __future__ import annotations

import importlib
import json
from typing import Any

import jsonschema
import pytest

from syncline.body import finish, losses, parse, render
from syncline_genesys.blocks import SYMBOLIC, addressed, decode, encode, project
from syncline_genesys.testing import (
    ASSET,
    READER,
    bullets,
    cell,
    item,
    numbers,
    para,
    picture,
    row,
    said,
    table,
    video,
)

Json = dict[str, Any]
BLANK = said("\u00a0")
IMG = "https://example.com/a.png"
EXACT: list[tuple[str, str, list[Json]]] = [
    ("a paragraph", "<p>text</p>", [para(said("text"))]),
    ("an empty body", "", [para(BLANK)]),
    ("an empty paragraph", "<p></p><p>x</p>", [para(BLANK), para(said("x"))]),
    *(
        (f"a heading {n}", f"<h{n}>x</h{n}>", [para(said("x"), font=f"Heading{n}")])
        for n in range(1, 7)
    ),
    (
        "code, white space and all",
        "<pre><code>if x:\n    y  z\n</code></pre>",
        [para(said("if x:\n    y  z\n"), font="Preformatted")],
    ),
    ("a line break", "<p>a<br>b</p>", [para(said("a"), said("\n"), said("b"))]),
    (
        "each mark",
        "<p><strong>a</strong><em>b</em><u>c</u><s>d</s><sub>e</sub><sup>f</sup></p>",
        [
            para(
                said("a", "Bold"),
                said("b", "Italic"),
                said("c", "Underline"),
                said("d", "Strikethrough"),
                said("e", "Subscript"),
                said("f", "Superscript"),
            )
        ],
    ),
    (
        "marks in marks",
        "<p><strong>a <em>b</em></strong></p>",
        [para(said("a ", "Bold"), said("b", "Bold", "Italic"))],
    ),
    (
        "a link with a mark inside",
        '<p><a href="https://example.com/">see <strong>this</strong></a></p>',
        [
            para(
                said("see ", link="https://example.com/"),
                said("this", "Bold", link="https://example.com/"),
            )
        ],
    ),
    (
        "a link by mail",
        '<p><a href="mailto:a@example.com">write</a></p>',
        [para(said("write", link="mailto:a@example.com"))],
    ),
    (
        "a break inside of bold",
        "<p><strong>a<br>b</strong></p>",
        [para(said("a", "Bold"), said("\n"), said("b", "Bold"))],
    ),
    ("a picture", f'<figure><img alt="alt" src="{IMG}"></figure>', [picture(IMG, altText="alt")]),
    (
        "a picture in a line",
        f'<p>see <img src="{IMG}"> here</p>',
        [para(said("see "), picture(IMG), said(" here"))],
    ),
    (
        "a picture that is a link",
        f'<p><a href="https://example.com/"><img src="{IMG}"></a></p>',
        [para(picture(IMG, link="https://example.com/"))],
    ),
    ("a video", '<video src="https://example.com/v"></video>', [video("https://example.com/v")]),
    (
        "a list",
        "<ul><li><p>a</p></li><li><p>b</p></li></ul>",
        [bullets(item(said("a")), item(said("b")))],
    ),
    (
        "a list in a list, and text behind it",
        "<ol><li><p>a</p><ul><li><p>b</p></li></ul><p>c</p></li></ol>",
        [numbers(item(said("a"), bullets(item(said("b"))), said("c")))],
    ),
    ("an empty item", "<ul><li></li></ul>", [bullets(item(BLANK))]),
    (
        "a heading as item",
        "<ul><li><h2>a</h2></li></ul>",
        [bullets(item(said("a"), fontType="Heading2"))],
    ),
    (
        "code as item",
        "<ol><li><pre><code>x\ny</code></pre></li></ol>",
        [numbers(item(said("x\ny"), fontType="Preformatted"))],
    ),
    (
        "a video in an item",
        '<ul><li><p>a</p><video src="https://example.com/v"></video></li></ul>',
        [bullets(item(said("a"), video("https://example.com/v")))],
    ),
    (
        "a table with a head, a caption and spans",
        "<table><caption>Hours</caption>"
        '<thead><tr><th colspan="2" scope="col"><p>Day</p></th></tr></thead>'
        '<tbody><tr><td rowspan="2"><p>Fri</p></td><td><p>10</p></td></tr>'
        "<tr><td></td></tr></tbody></table>",
        [
            table(
                row(cell(said("Day"), kind="HeaderCell", colSpan=2, scope="Column"), kind="Header"),
                row(cell(said("Fri"), rowSpan=2), cell(said("10"))),
                row(cell(BLANK)),
                caption={"blocks": [said("Hours")]},
            )
        ],
    ),
    (
        "everything in a cell",
        "<table><tbody><tr><td><p>a</p><h3>b</h3><pre><code>c</code></pre>"
        "<ul><li><p>d</p></li></ul>"
        f'<figure><img src="{IMG}"></figure>'
        "<table><tbody><tr><td><p>e</p></td></tr></tbody></table></td></tr></tbody></table>",
        [
            table(
                row(
                    cell(
                        para(said("a")),
                        para(said("b"), font="Heading3"),
                        para(said("c"), font="Preformatted"),
                        bullets(item(said("d"))),
                        picture(IMG),
                        table(row(cell(said("e")))),
                    )
                )
            )
        ],
    ),
]


@pytest.mark.parametrize(("what", "body", "blocks"), EXACT, ids=[what for what, *_ in EXACT])
def test_a_construct_that_both_have_is_exact_in_both_directions(
    what: str, body: str, blocks: list[Json]
) -> None:
    assert encode(parse(body), {}) == blocks
    assert finish(decode(blocks, SYMBOLIC).nodes) == body
    assert render(project(parse(body))) == body


LOSSY: list[tuple[str, str, str]] = [
    ("a quotation is set in", "<blockquote><p>a</p><p>b</p></blockquote>", "<p>a</p><p>b</p>"),
    ("inline code is text", "<p>use <code>x_y</code></p>", "<p>use x_y</p>"),
    ("a rule goes", "<p>a</p><hr><p>b</p>", "<p>a</p><p>b</p>"),
    (
        "a panel's title is bold",
        '<section data-panel="info" title="Note"><p>a</p></section>',
        "<p><strong>Note</strong></p><p>a</p>",
    ),
    (
        "an expander is open",
        "<details><summary>More <em>here</em></summary><p>a</p></details>",
        "<p><strong>More <em>here</em></strong></p><p>a</p>",
    ),
    (
        "the start of a list goes",
        '<ol start="3"><li><p>a</p></li></ol>',
        "<ol><li><p>a</p></li></ol>",
    ),
    (
        "the language of code goes",
        '<pre><code data-lang="sql">x</code></pre>',
        "<pre><code>x</code></pre>",
    ),
    (
        "a link's title goes",
        '<p><a href="https://example.com/" title="t">x</a></p>',
        '<p><a href="https://example.com/">x</a></p>',
    ),
    (
        "a video that is a file goes",
        f'<p>a</p><video src="syncline:asset/{ASSET}"></video>',
        "<p>a</p>",
    ),
    ("a telephone link is text", '<p><a href="tel:+1">call</a></p>', "<p>call</p>"),
    ("an anchor is text", '<p><a href="#x">there</a></p>', "<p>there</p>"),
    (
        "http becomes https",
        '<p><a href="http://example.com/">x</a></p>',
        '<p><a href="https://example.com/">x</a></p>',
    ),
    (
        "an anchor in an article is lost, the article is not",
        '<p><a href="syncline:doc/kb:1#part">x</a></p>',
        '<p><a href="syncline:doc/kb:1">x</a></p>',
    ),
    (
        "a picture's caption is a line of its own",
        f'<figure><img src="{IMG}"><figcaption>Plan</figcaption></figure>',
        f'<figure><img src="{IMG}"></figure><p><em>Plan</em></p>',
    ),
    (
        "paragraphs of an item are lines",
        "<ul><li><p>a</p><p>b</p></li></ul>",
        "<ul><li><p>a<br>b</p></li></ul>",
    ),
    (
        "code beside text is an item of its own, the numbers go on",
        "<ol><li><p>Run:</p><pre><code>x\ny</code></pre><p>Then</p></li><li><p>b</p></li></ol>",
        "<ol><li><p>Run:</p><ul><li><pre><code>x\ny</code></pre></li></ul><p>Then</p></li>"
        "<li><p>b</p></li></ol>",
    ),
    (
        "a heading beside text is bold",
        "<ul><li><h3>a</h3><p>b</p></li></ul>",
        "<ul><li><p><strong>a</strong><br>b</p></li></ul>",
    ),
    (
        "a table leaves its item, with what follows it",
        "<ul><li><p>a</p><table><tbody><tr><td><p>t</p></td></tr></tbody></table><p>z</p></li>"
        "<li><p>b</p></li></ul>",
        "<ul><li><p>a</p></li></ul><table><tbody><tr><td><p>t</p></td></tr></tbody></table>"
        "<p>z</p><ul><li><p>b</p></li></ul>",
    ),
    (
        "a macro of another system is its text",
        '<div data-opaque="confluence.toc.0123456789ab">Contents</div><p>a</p>',
        "<p>Contents</p><p>a</p>",
    ),
    (
        "a status lozenge is its text",
        '<p>is <span data-opaque="confluence.status.0123456789ab">DONE</span></p>',
        "<p>is DONE</p>",
    ),
    (
        "a long text for a picture is cut",
        f'<figure><img alt="{"a" * 300}" src="{IMG}"></figure>',
        f'<figure><img alt="{"a" * 199}…" src="{IMG}"></figure>',
    ),
]
UNTOLD = {
    "http becomes https",
    "an anchor in an article is lost, the article is not",
    "code beside text is an item of its own, the numbers go on",
    "a long text for a picture is cut",
}
"""Changes of form that leave everything for a reader to see."""


@pytest.mark.parametrize(("what", "body", "left"), LOSSY, ids=[what for what, *_ in LOSSY])
def test_a_loss_is_what_it_says_and_is_reported(what: str, body: str, left: str) -> None:
    before = parse(body)
    after = project(before)
    assert render(after) == left
    assert finish(decode(encode(before, {}), SYMBOLIC).nodes) == left
    if what not in UNTOLD:
        assert losses(before, after), "a loss that nobody is told of"


def test_quotations_are_set_in_by_their_depth() -> None:
    body = parse("<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>")
    first, second = encode(body, {})
    assert first["paragraph"]["properties"]["indentation"] == 2.5
    assert second["paragraph"]["properties"]["indentation"] == 5.0


def test_without_the_upgrade_a_plain_link_is_text() -> None:
    body = parse('<p><a href="http://example.com/">x</a></p>')
    assert render(project(body, upgrade=False)) == "<p>x</p>"
    assert encode(body, {}, upgrade=False) == [para(said("x"))]


EXAMPLES = [body for _, body, _ in EXACT] + [body for _, body, _ in LOSSY]


@pytest.mark.parametrize("body", EXAMPLES)
def test_what_is_written_is_valid_by_the_vendors_schema(
    schema: jsonschema.Draft4Validator, body: str
) -> None:
    schema.validate({"blocks": addressed(encode(parse(body), {}), READER)})


class Answer:
    """An HTTP answer as the vendor's client takes it apart."""

    def __init__(self, value: Json) -> None:
        self.data = json.dumps(value)

    def getheader(self, name: str) -> str:
        return "application/json"


@pytest.mark.xdist_group("genesys-sdk")
def test_what_is_written_passes_through_the_vendors_sdk() -> None:
    # The vendor's client comes without types.
    client = importlib.import_module("PureCloudPlatformClientV2").ApiClient()
    for body in EXAMPLES:
        written = {"blocks": addressed(encode(parse(body), {}), READER)}
        model = client.deserialize(Answer(written), "DocumentBody")
        assert client.sanitize_for_serialization(model) == written

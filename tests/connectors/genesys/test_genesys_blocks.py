"""The block model and the body profile, construct by construct, by the vendor's own words."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from syncline.body import Blocks, element, finish, from_html, losses, normal, parse, render
from syncline.errors import Rejected
from syncline_genesys.blocks import SYMBOLIC, Addresses, addressed, decode, encode, patch, project
from syncline_genesys.testing import bodies, vendor_blocks

Json = dict[str, Any]
SHA = "ab" * 32
READER = Addresses(
    knowledge_base="base",
    connection="kb",
    asset_of={f"https://cdn.example.com/{SHA}.png": SHA}.get,
    url_of={SHA: f"https://cdn.example.com/{SHA}.png"}.get,
)


def said(words: str, *marks: str, link: str = "", **properties: Any) -> Json:
    text: Json = {"text": words}
    if marks:
        text["marks"] = list(marks)
    if link:
        text["hyperlink"] = link
    if properties:
        text["properties"] = properties
    return {"type": "Text", "text": text}


def para(*content: Json, font: str = "Paragraph", **properties: Any) -> Json:
    properties = {"fontType": font, **properties}
    return {"type": "Paragraph", "paragraph": {"blocks": list(content), "properties": properties}}


def item(*content: Json, **properties: Any) -> Json:
    more = {"properties": properties} if properties else {}
    return {"type": "ListItem", "blocks": list(content), **more}


def bullets(*items: Json, **properties: Any) -> Json:
    more = {"properties": properties} if properties else {}
    return {"type": "UnorderedList", "list": {"blocks": list(items), **more}}


def numbers(*items: Json) -> Json:
    return {"type": "OrderedList", "list": {"blocks": list(items)}}


def cell(*content: Json, kind: str = "Cell", **properties: Any) -> Json:
    return {"blocks": list(content), "properties": {"cellType": kind, **properties}}


def row(*cells: Json, kind: str = "Body", **properties: Any) -> Json:
    return {"cells": list(cells), "properties": {"rowType": kind, **properties}}


def table(*rows: Json, **properties: Any) -> Json:
    more = {"properties": properties} if properties else {}
    return {"type": "Table", "table": {"rows": list(rows), **more}}


def picture(url: str, *, link: str = "", **properties: Any) -> Json:
    image: Json = {"url": url}
    if link:
        image["hyperlink"] = link
    if properties:
        image["properties"] = properties
    return {"type": "Image", "image": image}


def video(url: str, **properties: Any) -> Json:
    more = {"properties": properties} if properties else {}
    return {"type": "Video", "video": {"url": url, **more}}


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
        f'<p>a</p><video src="syncline:asset/{SHA}"></video>',
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


READ: list[tuple[str, list[Json], str]] = [
    ("a newline inside a text", [para(said("a\nb", "Bold"))], "<p><strong>a<br>b</strong></p>"),
    (
        "a paragraph without properties",
        [{"type": "Paragraph", "paragraph": {"blocks": [said("a")]}}],
        "<p>a</p>",
    ),
    ("a font that is new", [para(said("a"), font="Heading9")], "<p>a</p>"),
    ("a mark that is new", [para(said("a", "Bold", "Wavy"))], "<p><strong>a</strong></p>"),
    (
        "a video inside a paragraph",
        [para(said("a"), video("https://example.com/v"), said("b"))],
        '<p>a</p><video src="https://example.com/v"></video><p>b</p>',
    ),
    (
        "a picture inside code",
        [para(said("a"), picture(IMG), said("b"), font="Preformatted")],
        f'<pre><code>a</code></pre><figure><img src="{IMG}"></figure><pre><code>b</code></pre>',
    ),
    (
        "a picture that is a link",
        [picture(IMG, link="https://example.com/")],
        f'<p><a href="https://example.com/"><img src="{IMG}"></a></p>',
    ),
    ("an embedded picture", [picture("data:image/png;base64,AAAA", altText="plan")], "<p>plan</p>"),
    ("a link that is code", [para(said("a", link="javascript:alert(1)"))], "<p>a</p>"),
    ("a link of our own kind", [para(said("a", link="syncline:doc/wiki:1"))], "<p>a</p>"),
    (
        "a link to an article",
        [para(said("a", link="grn:knowledge:::document/base/11"))],
        '<p><a href="syncline:doc/kb:11">a</a></p>',
    ),
    (
        "a link to a variation",
        [para(said("a", link="grn:knowledge:::documentVariation/base/11/22"))],
        '<p><a href="syncline:doc/kb:11">a</a></p>',
    ),
    (
        "a picture of ours",
        [picture(f"https://cdn.example.com/{SHA}.png")],
        f'<figure><img src="syncline:asset/{SHA}"></figure>',
    ),
    (
        "rows of the foot",
        [table(row(cell(said("a"))), row(cell(said("b")), kind="Footer"))],
        "<table><tbody><tr><td><p>a</p></td></tr><tr><td><p>b</p></td></tr></tbody></table>",
    ),
    (
        "a caption of blocks",
        [
            table(
                row(cell(said("a"))),
                caption={"blocks": [para(said("one")), bullets(item(said("two")))]},
            )
        ],
        "<table><caption>one<br>two</caption><tbody><tr><td><p>a</p></td></tr></tbody></table>",
    ),
    ("nothing", [], ""),
    ("blocks that are none", [{"type": "Table"}, {"type": "UnorderedList", "list": {}}], ""),
]


@pytest.mark.parametrize(("what", "blocks", "body"), READ, ids=[what for what, *_ in READ])
def test_what_only_the_vendor_has_is_read_as_near_as_can_be(
    what: str, blocks: list[Json], body: str
) -> None:
    assert finish(decode(blocks, READER).nodes) == body


@pytest.mark.parametrize(
    "link",
    [
        "grn:knowledge:::category/base/11",
        "grn:knowledge:::label/base/11",
        "grn:knowledge:::document/another/11",
    ],
)
def test_a_link_that_the_profile_cannot_say_is_kept_as_it_is(link: str) -> None:
    raw = [para(said("see "), said("these", "Bold", link=link), said("."))]
    found = decode(raw, READER)
    body = finish(found.nodes)
    assert 'data-opaque="genesys.text.' in body
    assert ">these</span>" in body
    edited = parse(body.replace("see ", "have a look at "))
    assert patch(raw, edited, READER, found.opaques)[0]["paragraph"]["blocks"] == [
        said("have a look at "),
        said("these", "Bold", link=link),
        said("."),
    ]


def test_a_block_that_is_newer_than_this_program_is_kept_as_it_is() -> None:
    unknown = {"type": "Accordion", "accordion": {"title": {"text": "More"}, "level": 2}}
    raw = [para(said("a")), unknown, para(said("b"))]
    found = decode(raw, READER)
    body = finish(found.nodes)
    assert ">More</div>" in body
    edited = parse(body.replace("<p>b</p>", "<p>c</p>"))
    assert patch(raw, edited, READER, found.opaques) == [raw[0], unknown, para(said("c"))]
    assert patch([], edited, READER, found.opaques)[1] == unknown


# -- patching


STYLED = [
    para(said("Title", textColor="#112233"), font="Heading2", align="Center"),
    para(said("Warning: ", "Bold", textColor="#ff0000"), said("do not touch the lever")),
    bullets(
        item(said("one"), textColor="#00ff00"),
        item(said("two"), bullets(item(said("inner"), align="Right")), indentation=1.0),
        unorderedType="Square",
    ),
    table(
        row(cell(said("Day"), kind="HeaderCell", width=10.0), cell(said("Hour"), width=20.0)),
        row(cell(said("Fri"), backgroundColor="#eeeeee"), cell(said("10"))),
        borderWidth=1.0,
        caption={"blocks": [para(said("Hours"))]},
    ),
    picture(IMG, width=30.0, altText="plan"),
]


def patched(old: str, new: str) -> list[Json]:
    found = decode(STYLED, READER)
    body = finish(found.nodes)
    assert old in body
    return patch(STYLED, parse(finish(_edited(body, old, new))), READER, found.opaques)


def _edited(body: str, old: str, new: str) -> Blocks:
    return parse(body.replace(old, new))


def test_an_edited_paragraph_keeps_the_colours_of_the_words_that_stay() -> None:
    blocks = patched("do not touch the lever", "never touch the red lever")
    assert [blocks[0], *blocks[2:]] == [STYLED[0], *STYLED[2:]]
    assert blocks[1]["paragraph"]["blocks"] == [
        said("Warning:", "Bold", textColor="#ff0000"),
        said(" never touch the red lever"),
    ]


def test_a_word_inside_of_a_coloured_text_is_coloured_too() -> None:
    blocks = patched("Title", "New Title")
    assert blocks[0]["paragraph"]["properties"]["align"] == "Center"
    assert blocks[0]["paragraph"]["blocks"] == [said("New Title", textColor="#112233")]


def test_an_edited_item_leaves_its_siblings_alone() -> None:
    blocks = patched("inner", "deep inside")
    old, new = STYLED[2]["list"], blocks[2]["list"]
    assert new["properties"] == old["properties"]
    assert new["blocks"][0] == old["blocks"][0]
    assert new["blocks"][1]["properties"] == {"indentation": 1.0}
    inner = new["blocks"][1]["blocks"][1]["list"]["blocks"][0]
    assert inner == item(said("deep inside"), align="Right")


def test_a_new_item_is_added_between_the_old_ones() -> None:
    blocks = patched("<li><p>one</p></li>", "<li><p>one</p></li><li><p>new</p></li>")
    items = blocks[2]["list"]["blocks"]
    assert [items[0], items[2]] == STYLED[2]["list"]["blocks"]
    assert items[1] == item(said("new"))


def test_an_edited_cell_leaves_the_table_alone() -> None:
    blocks = patched("<p>10</p>", "<p>11</p>")
    old, new = STYLED[3]["table"], blocks[3]["table"]
    assert new["properties"] == old["properties"]
    assert new["rows"][0] == old["rows"][0]
    assert new["rows"][1]["cells"][0] == old["rows"][1]["cells"][0]
    assert new["rows"][1]["cells"][1] == cell(said("11"))


def test_a_new_row_leaves_the_others_alone() -> None:
    new_row = "<tr><td><p>Sat</p></td><td><p>12</p></td></tr>"
    blocks = patched("</tr></tbody>", f"</tr>{new_row}</tbody>")
    rows = blocks[3]["table"]["rows"]
    assert rows[:2] == STYLED[3]["table"]["rows"]
    assert rows[2] == row(cell(said("Sat")), cell(said("12")))


def test_a_removed_block_takes_nothing_else_with_it() -> None:
    body = finish(decode(STYLED, READER).nodes)
    first = body[: body.index("<ul>")]
    blocks = patch(STYLED, parse(body.replace(first, "")), READER, {})
    assert blocks == STYLED[2:]


def test_blocks_that_changed_places_are_still_themselves() -> None:
    body = parse(finish(decode(STYLED, READER).nodes))
    moved = (*body[1:], body[0])
    blocks = patch(STYLED, moved, READER, {})
    assert blocks[:4] == STYLED[1:]
    assert render(normal(decode(blocks, READER).nodes)) == render(moved)


def test_a_changed_text_for_a_picture_keeps_its_width() -> None:
    blocks = patched('alt="plan"', 'alt="floor plan"')
    assert blocks[4] == picture(IMG, width=30.0, altText="floor plan")


def test_a_paragraph_that_becomes_a_heading_keeps_its_place_and_colours() -> None:
    body = finish(decode(STYLED, READER).nodes)
    old = "<p><strong>Warning:</strong> do not touch the lever</p>"
    blocks = patch(STYLED, parse(body.replace(old, "<h3>Warning: do not touch</h3>")), READER, {})
    assert blocks[1]["paragraph"]["properties"]["fontType"] == "Heading3"
    assert blocks[1]["paragraph"]["blocks"][0] == said("Warning: ", textColor="#ff0000")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b " * 480, "b b a a " * 240 + "z"),
        ("word " * 20_000, "other " + "word " * 19_998 + "end"),
    ],
)
def test_repeated_words_do_not_make_patching_slow(old: str, new: str) -> None:
    raw = [para(said(old, textColor="#ff0000"))]
    begin = time.process_time()
    (block,) = patch(raw, normal([element("p", new)]), READER, {})
    assert time.process_time() - begin < 3
    assert block["paragraph"]["blocks"] == [said(new.strip(), textColor="#ff0000")]


def test_a_body_of_equal_paragraphs_is_patched_in_time() -> None:
    raw = [para(said(word)) for word in ("x", "y") * 2000]
    begin = time.process_time()
    body = normal(element("p", word) for word in ("y", "x") * 2000)
    assert render(normal(decode(patch(raw, body, READER, {}), READER).nodes)) == render(body)
    assert time.process_time() - begin < 10


# -- addresses


def test_nothing_leaves_with_an_address_that_genesys_refuses() -> None:
    raw = [
        para(said("a", link="javascript:alert(1)"), said("b", link="http://example.com/")),
        para(said("c", link="syncline:doc/wiki:1"), said("d", link="syncline:doc/kb:11")),
        picture("http://example.com/a.png"),
        picture(f"syncline:asset/{SHA}"),
    ]
    assert addressed(raw, READER) == [
        para(said("a"), said("b", link="https://example.com/")),
        para(said("c"), said("d", link="grn:knowledge:::document/base/11")),
        picture("https://example.com/a.png"),
        picture(f"https://cdn.example.com/{SHA}.png"),
    ]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "/relative", "syncline:asset/" + "0" * 64, ""],
)
def test_a_picture_without_an_address_is_refused_with_advice(url: str) -> None:
    with pytest.raises(Rejected, match="must be https"):
        addressed([picture(url)], READER)


def test_active_content_in_a_block_that_we_do_not_know_is_refused() -> None:
    with pytest.raises(Rejected, match="never written"):
        addressed([{"type": "New", "new": {"source": " JavaScript:alert(1)"}}], READER)
    embedded = [picture("data:image/png;base64,AAAA")]
    assert addressed(embedded, READER) == embedded


def test_blocks_nested_without_end_are_refused_not_crashed_on() -> None:
    deep: Json = said("x")
    for _ in range(5000):
        deep = bullets(item(deep))
    with pytest.raises(Rejected, match="nested too deeply"):
        addressed([deep], READER)


def test_deep_lists_are_kept_where_the_profile_ends() -> None:
    deep: Json = bullets(item(said("bottom")))
    for _ in range(60):
        deep = bullets(item(said("x"), deep))
    found = decode([deep], READER)
    body = finish(found.nodes)
    assert "bottom" in body
    assert len(found.opaques) == 1
    assert patch([deep], parse(body), READER, found.opaques) == [deep]


# -- by the vendor's own words


@pytest.fixture(scope="module")
def schema(shared: Path) -> jsonschema.Draft4Validator:
    definitions = json.loads((shared / "specs" / "genesys.json").read_text())["definitions"]
    return jsonschema.Draft4Validator(
        {"$ref": "#/definitions/DocumentBody", "definitions": definitions}
    )


EXAMPLES = [body for _, body, _ in EXACT] + [body for _, body, _ in LOSSY]


@pytest.mark.parametrize("body", EXAMPLES)
def test_what_is_written_is_valid_by_the_vendors_schema(
    schema: jsonschema.Draft4Validator, body: str
) -> None:
    schema.validate({"blocks": addressed(encode(parse(body), {}), READER)})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=bodies())
def test_any_body_is_written_as_the_vendors_schema_wants(
    schema: jsonschema.Draft4Validator, body: Blocks
) -> None:
    # The schema knows no unknown kinds of blocks; those are put back as they were read.
    schema.validate({"blocks": encode(body, {})})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=vendor_blocks(), body=bodies())
def test_patched_blocks_are_no_worse_than_those_that_were_there(
    schema: jsonschema.Draft4Validator, raw: list[Json], body: Blocks
) -> None:
    if schema.is_valid({"blocks": raw}):
        schema.validate({"blocks": patch(raw, body, READER, {})})


class Answer:
    """An HTTP answer as the vendor's client takes it apart."""

    def __init__(self, value: Json) -> None:
        self.data = json.dumps(value)

    def getheader(self, name: str) -> str:
        return "application/json"


def test_what_is_written_passes_through_the_vendors_sdk() -> None:
    # The vendor's client comes without types.
    client = importlib.import_module("PureCloudPlatformClientV2").ApiClient()
    for body in EXAMPLES:
        written = {"blocks": addressed(encode(parse(body), {}), READER)}
        model = client.deserialize(Answer(written), "DocumentBody")
        assert client.sanitize_for_serialization(model) == written


def payloads(shared: Path) -> list[str]:
    found: list[str] = []
    for file in sorted((shared / "corpus" / "xss").glob("*.json")):
        stack = [json.loads(file.read_text())]
        while stack:
            value = stack.pop()
            if isinstance(value, str):
                found.append(value)
            elif isinstance(value, list):
                stack.extend(value)
            elif isinstance(value, dict):
                stack.extend(value.values())
    return found


def test_no_payload_becomes_an_active_address(shared: Path) -> None:
    seen = 0
    for payload in payloads(shared):
        try:
            body = parse(from_html(payload))
        except Rejected:
            continue
        blocks = addressed(encode(body, {}), READER)
        for name, value in _addresses(blocks):
            assert value.startswith(("https://", "mailto:")), (name, value, payload)
        assert render(normal(decode(blocks, READER).nodes)) == render(project(body))
        seen += 1
    assert seen > 1000


def _addresses(blocks: list[Json]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    stack: list[Any] = [blocks]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            found.extend((n, value[n]) for n in ("hyperlink", "url") if n in value)
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return found

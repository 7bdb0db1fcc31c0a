"""What only the vendor has: read as near as can be, or kept as it is."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.body import finish, parse
from syncline_genesys.blocks import decode, patch
from syncline_genesys.testing import (
    ASSET,
    READER,
    bullets,
    cell,
    item,
    para,
    picture,
    row,
    said,
    table,
    video,
)

Json = dict[str, Any]
IMG = "https://example.com/a.png"
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
        [picture(f"https://cdn.example.com/{ASSET}.png")],
        f'<figure><img src="syncline:asset/{ASSET}"></figure>',
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


def test_deep_lists_are_kept_where_the_profile_ends() -> None:
    deep: Json = bullets(item(said("bottom")))
    for _ in range(60):
        deep = bullets(item(said("x"), deep))
    found = decode([deep], READER)
    body = finish(found.nodes)
    assert "bottom" in body
    assert len(found.opaques) == 1
    assert patch([deep], parse(body), READER, found.opaques) == [deep]

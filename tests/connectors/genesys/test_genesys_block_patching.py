"""An edit of blocks changes what was edited, and nothing beside it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from syncline.body import Blocks, element, finish, normal, parse, render
from syncline_genesys.blocks import decode, patch
from syncline_genesys.testing import READER, bullets, cell, item, para, picture, row, said, table

Json = dict[str, Any]
IMG = "https://example.com/a.png"
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
    assert time.process_time() - begin < 10
    assert block["paragraph"]["blocks"] == [said(new.strip(), textColor="#ff0000")]


def test_a_body_of_equal_paragraphs_is_patched_in_time() -> None:
    raw = [para(said(word)) for word in ("x", "y") * 2000]
    begin = time.process_time()
    body = normal(element("p", word) for word in ("y", "x") * 2000)
    assert render(normal(decode(patch(raw, body, READER, {}), READER).nodes)) == render(body)
    assert time.process_time() - begin < 10

"""The bodies that the Genesys Cloud simulator takes, and what it makes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline_simulators.genesys.blocks import CHILDREN, body
from syncline_simulators.genesys.errors import Refusal
from syncline_simulators.genesys.properties import MARKS

KB = "00000000-0000-4000-8000-000000000001"
DOC = "00000000-0000-4000-8000-000000000002"
VAR = "00000000-0000-4000-8000-000000000003"

Block = dict[str, Any]


def text(content: str = "x", **members: Any) -> Block:
    return {"type": "Text", "text": {"text": content, **members}}


def paragraph(*blocks: Block, **members: Any) -> Block:
    return {"type": "Paragraph", "paragraph": {"blocks": list(blocks) or [text()], **members}}


def image(**members: Any) -> Block:
    return {"type": "Image", "image": {"url": "https://example.com/a.png", **members}}


def video() -> Block:
    return {"type": "Video", "video": {"url": "https://example.com/v"}}


def bullets(*blocks: Block, kind: str = "UnorderedList") -> Block:
    item = {"type": "ListItem", "blocks": list(blocks) or [text()]}
    return {"type": kind, "list": {"blocks": [item]}}


def table(*blocks: Block, **properties: Any) -> Block:
    found: Block = {"rows": [{"cells": [{"blocks": list(blocks)}]}]}
    return {"type": "Table", "table": found | ({"properties": properties} if properties else {})}


BLOCKS: dict[str, Callable[[], Block]] = {
    "Paragraph": paragraph,
    "Text": text,
    "Image": image,
    "Video": video,
    "OrderedList": lambda: bullets(kind="OrderedList"),
    "UnorderedList": bullets,
    "Table": table,
}

PLACES: dict[str, Callable[[Block], Block]] = {
    "body": lambda block: block,
    "paragraph": lambda block: paragraph(block),
    "item": lambda block: bullets(block),
    "cell": lambda block: table(block),
    "caption": lambda block: table(caption={"blocks": [block]}),
}


def stored(*blocks: Block) -> list[Block]:
    found: list[Block] = body({"blocks": list(blocks)})["blocks"]
    return found


def refusal(*blocks: Block) -> str:
    with pytest.raises(Refusal) as refused:
        body({"blocks": list(blocks)})
    assert refused.value.status == 400
    return refused.value.message


@pytest.mark.parametrize("kind", BLOCKS)
@pytest.mark.parametrize("place", PLACES)
def test_a_block_stands_where_the_model_lets_it_and_nowhere_else(place: str, kind: str) -> None:
    block = PLACES[place](BLOCKS[kind]())
    if kind in CHILDREN[place]:
        assert stored(block)
    else:
        assert "must be one of" in refusal(block)


def test_a_paragraph_has_no_place_in_a_list_item_nor_a_table_in_a_caption() -> None:
    assert "Paragraph" not in CHILDREN["item"]
    assert "Table" not in CHILDREN["caption"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "Paragraph"},
        {"type": "Paragraph", "paragraph": None},
        {"type": "Paragraph", "image": {"url": "https://a.b/c"}},
        {**paragraph(), "image": {"url": "https://a.b/c"}},
        {**paragraph(), "style": "wild"},
        {"type": "Heading", "paragraph": {"blocks": []}},
        {"paragraph": {"blocks": []}},
        {"type": "Paragraph", "paragraph": {"blocks": [], "class": "x"}},
        {"type": "Paragraph", "paragraph": {}},
        {"type": "UnorderedList", "list": {"blocks": [{"blocks": []}]}},
        "text",
        None,
    ],
)
def test_a_block_has_exactly_the_member_that_its_type_names(block: Any) -> None:
    refusal(block)


@pytest.mark.parametrize(
    "properties",
    [
        {"fontType": "Heading7"},
        {"fontSize": "Huge"},
        {"align": "justify"},
        {"textColor": "red"},
        {"textColor": "#fff"},
        {"indentation": "1em"},
        {"lineHeight": 2},
    ],
)
def test_wrong_properties_of_a_paragraph_are_refused(properties: Any) -> None:
    refusal(paragraph(properties=properties))


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com/a?b=c#d",
        "mailto:help@example.com",
        f"grn:knowledge:::document/{KB}/{DOC}",
        f"grn:knowledge:::documentVariation/{KB}/{DOC}/{VAR}",
        f"grn:knowledge:::category/{KB}/{DOC}",
        f"grn:knowledge:::label/{KB}/{DOC}",
    ],
)
def test_links_that_a_knowledge_base_knows_are_kept(link: str) -> None:
    found = stored(paragraph(text(hyperlink=link), image(hyperlink=link)))
    one, two = found[0]["paragraph"]["blocks"]
    assert (one["text"]["hyperlink"], two["image"]["hyperlink"]) == (link, link)


@pytest.mark.parametrize(
    "link",
    [
        "http://example.com",
        "/relative",
        "tel:+155555",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "www.example.com",
        f"grn:knowledge:::document/{KB}",
        f"grn:knowledge:::variation/{KB}/{DOC}",
        "grn:knowledge:::document/a/b",
        " https://example.com",
        "",
    ],
)
def test_other_links_are_refused(link: str) -> None:
    assert "hyperlink" in refusal(paragraph(text(hyperlink=link)))


@pytest.mark.parametrize("url", ["data:image/png;base64,AA", "a.png", "//a.b/c", "file:///etc"])
def test_an_image_needs_an_absolute_address(url: str) -> None:
    refusal(image(url=url))


def test_an_alternative_text_has_200_characters_at_most() -> None:
    stored(image(properties={"altText": "a" * 200}))
    assert "200" in refusal(image(properties={"altText": "a" * 201}))


def test_marks_are_known_and_unique() -> None:
    stored(paragraph(text(marks=list(MARKS))))
    refusal(paragraph(text(marks=["Bold", "Bold"])))
    refusal(paragraph(text(marks=["Code"])))


def test_default_properties_are_filled_in() -> None:
    assert stored(paragraph())[0]["paragraph"]["properties"] == {"fontType": "Paragraph"}
    row = stored(table(text()))[0]["table"]["rows"][0]
    assert row["properties"] == {"rowType": "Body"}
    assert row["cells"][0]["properties"] == {"cellType": "Cell", "colSpan": 1, "rowSpan": 1}
    assert stored(paragraph(text(marks=[])))[0]["paragraph"]["blocks"] == [text()]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(0.1, 0.1), (12.345678901, 12.345679), (3, 3.0), (1e-12, 1e-12), (56.25, 56.25)],
)
def test_numbers_are_kept_in_single_precision(sent: float, kept: float) -> None:
    assert stored(image(properties={"width": sent}))[0]["image"]["properties"]["width"] == kept


def test_lengths_have_a_value_and_a_unit() -> None:
    stored(image(properties={"widthWithUnit": {"value": 50, "unit": "Percentage"}}))
    refusal(image(properties={"widthWithUnit": {"value": 50}}))
    refusal(image(properties={"widthWithUnit": {"value": 50, "unit": "Rem"}}))


def test_a_body_that_is_nested_without_end_is_refused() -> None:
    block = paragraph()
    for _ in range(25):
        block = table(block)
    stored(block)
    for _ in range(400):
        block = table(block)
    assert "deep" in refusal(block)


def blocks(place: str, depth: int = 3) -> st.SearchStrategy[Block]:
    """Blocks as they may stand in a place."""
    runs = st.builds(
        lambda t, m: text(t, marks=m),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=9),
        st.lists(st.sampled_from(MARKS), unique=True),
    )
    kinds: dict[str, st.SearchStrategy[Block]] = {"Text": runs, "Image": st.builds(image)}
    if depth:
        inside = {p: st.lists(blocks(p, depth - 1), max_size=3) for p in ("item", "cell")}
        kinds["UnorderedList"] = inside["item"].map(lambda b: bullets(*b))
        kinds["Table"] = inside["cell"].map(lambda b: table(*b))
        kinds["Paragraph"] = st.lists(runs, max_size=3).map(lambda b: paragraph(*b))
    return st.one_of([s for kind, s in kinds.items() if kind in CHILDREN[place]])


@given(st.lists(blocks("body"), max_size=4))
@settings(max_examples=60, deadline=None)
def test_what_is_read_back_can_be_written_again_and_stays(sent: list[Block]) -> None:
    once = body({"blocks": sent})
    assert body(json.loads(json.dumps(once))) == once


def test_a_stored_body_reads_back_through_the_api(cloud: Any) -> None:
    document = cloud.post("/documents", {"title": "A"})["id"]
    where = f"/documents/{document}/variations"
    sent = [paragraph(text("Grüße 👋\n", marks=["Bold"])), bullets(text(), image()), table(video())]
    made = cloud.post(where, {"contexts": [], "body": {"blocks": sent}})
    found = cloud.get(f"{where}/{made['id']}?documentState=Draft")
    assert found["body"]["blocks"] == stored(*sent)
    wrong = {"contexts": [], "body": {"blocks": [bullets(paragraph())]}}
    answer = cloud.call("POST", where, json=wrong, status=400).json()
    assert answer["details"][0]["fieldName"] == "body.blocks[0].list.blocks[0].blocks[0].type"

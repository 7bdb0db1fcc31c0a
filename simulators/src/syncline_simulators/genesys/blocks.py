"""The body of a variation: a tree of typed blocks, checked as a knowledge base checks it.

`DocumentBody` of the Platform API. What comes out is what is kept: members in the server's own
order, default properties filled in, numbers in single precision, empty lists of marks dropped. A
read-back therefore hardly ever equals what was sent, as with the vendor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import invalid_value, missing_field, unknown_member
from .shapes import (
    Shape,
    colour,
    integer,
    listing,
    members,
    needed,
    number,
    one_of,
    otherwise,
    text,
)

MAX_DEPTH = 200
"""Levels of JSON beyond which a body is refused: some 30 nested tables, 40 nested lists. The
vendor's own number is not published."""

FONT_SIZES = one_of(
    "XxSmall", "XSmall", "Small", "Medium", "Large", "XLarge", "XxLarge", "XxxLarge"
)
FONT_TYPES = one_of("Paragraph", *(f"Heading{n}" for n in range(1, 7)), "Preformatted")
ALIGN = one_of("Center", "Left", "Right", "Justify")
SIDE = one_of("Center", "Left", "Right")
UNORDERED = one_of("Normal", "Square", "Circle", "None")
ORDERED = one_of(
    "Number", "LowerAlpha", "LowerGreek", "LowerRoman", "UpperAlpha", "UpperRoman", "None"
)
BORDER = one_of(
    "Solid",
    "Dotted",
    "Dashed",
    "Double",
    "Groove",
    "Ridge",
    "Inset",
    "Outset",
    "Hidden",
    "None",
)
MARKS = ("Bold", "Italic", "Underline", "Strikethrough", "Subscript", "Superscript")

LENGTH = members(value=needed(number), unit=needed(one_of("Em", "Percentage", "Px")))

_ID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LINK = re.compile(
    r"https://[^\s/]\S*"
    r"|mailto:\S+"
    rf"|grn:knowledge:::documentVariation/{_ID}/{_ID}/{_ID}"
    rf"|grn:knowledge:::(?:document|category|label)/{_ID}/{_ID}"
)
_SOURCE = re.compile(r"https?://[^\s/]\S*")


_MARKS = listing(one_of(*MARKS))


def hyperlink(value: Any, path: str) -> str:
    """A link that a knowledge base accepts: https, mailto, or the name of one of its own.

    `DocumentText.hyperlink`: http, relative and tel links are not in the list.
    """
    if not isinstance(value, str) or not _LINK.fullmatch(value):
        raise invalid_value(path, "must be https://..., mailto:... or grn:knowledge:::...")
    return value


def source(value: Any, path: str) -> str:
    """The address of an image or a video; embedded data is refused (unconfirmed at the vendor)."""
    if not isinstance(value, str) or not _SOURCE.fullmatch(value):
        raise invalid_value(path, "must be an absolute http(s) URL")
    return value


def marks(value: Any, path: str) -> list[str]:
    """The marks of a text, each at most once."""
    found: list[str] = _MARKS(value, path)
    if len(set(found)) != len(found):
        raise invalid_value(path, "the marks must be unique")
    return found


TEXT_PROPERTIES = members(fontSize=FONT_SIZES, textColor=colour, backgroundColor=colour)
PARAGRAPH_PROPERTIES = members(
    fontSize=FONT_SIZES,
    fontType=otherwise(FONT_TYPES, "Paragraph"),
    textColor=colour,
    backgroundColor=colour,
    align=ALIGN,
    indentation=number,
)
IMAGE_PROPERTIES = members(
    backgroundColor=colour,
    align=ALIGN,
    indentation=number,
    width=number,
    widthWithUnit=LENGTH,
    altText=text(most=200),
)
VIDEO_PROPERTIES = members(
    backgroundColor=colour, align=ALIGN, indentation=number, width=LENGTH, height=LENGTH
)
LIST_PROPERTIES = members(unorderedType=UNORDERED, orderedType=ORDERED)
ITEM_PROPERTIES = members(
    backgroundColor=colour,
    align=ALIGN,
    indentation=number,
    fontSize=FONT_SIZES,
    fontType=FONT_TYPES,
    textColor=colour,
    unorderedType=UNORDERED,
    orderedType=ORDERED,
)
ROW_PROPERTIES = members(
    rowType=otherwise(one_of("Header", "Footer", "Body"), "Body"),
    alignment=SIDE,
    height=number,
    borderStyle=BORDER,
    borderColor=colour,
    backgroundColor=colour,
)
CELL_PROPERTIES = members(
    cellType=otherwise(one_of("Cell", "HeaderCell"), "Cell"),
    width=number,
    widthWithUnit=LENGTH,
    height=number,
    horizontalAlign=SIDE,
    verticalAlign=one_of("Top", "Middle", "Bottom"),
    borderWidth=number,
    borderStyle=BORDER,
    borderColor=colour,
    backgroundColor=colour,
    scope=one_of("Row", "Column", "RowGroup", "ColumnGroup", "None"),
    colSpan=otherwise(integer(1, 1000), 1),
    rowSpan=otherwise(integer(1, 65534), 1),
)


def caption(value: Any, path: str) -> dict[str, Any]:
    """A table's caption: blocks of any kind but another table."""
    found: dict[str, Any] = _CAPTION(value, path)
    return found


TABLE_PROPERTIES = members(
    width=number,
    widthWithUnit=LENGTH,
    height=number,
    cellSpacing=number,
    cellPadding=number,
    borderWidth=number,
    alignment=SIDE,
    borderStyle=BORDER,
    borderColor=colour,
    backgroundColor=colour,
    caption=caption,
)

CHILDREN: Mapping[str, tuple[str, ...]] = {
    "body": ("Paragraph", "Image", "Video", "OrderedList", "UnorderedList", "Table"),
    "paragraph": ("Text", "Image", "Video"),
    "item": ("Text", "Image", "OrderedList", "UnorderedList", "Video"),
    "cell": ("Paragraph", "Text", "Image", "Video", "OrderedList", "UnorderedList", "Table"),
    "caption": ("Text", "Paragraph", "Image", "Video", "OrderedList", "UnorderedList"),
}
"""Which blocks may stand where: no paragraph inside a list item, no table inside a caption."""

_MEMBER = {
    "Paragraph": "paragraph",
    "Text": "text",
    "Image": "image",
    "Video": "video",
    "OrderedList": "list",
    "UnorderedList": "list",
    "Table": "table",
}


def content(place: str) -> Shape:
    """A block as it may stand in `place`: its type and exactly the member that the type names."""

    kinds = one_of(*CHILDREN[place])

    def check(value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid_value(path, "a block is expected")
        kind = kinds(value.get("type"), f"{path}.type")
        named = _MEMBER[kind]
        _only(value, {"type", named}, path)
        if value.get(named) is None:
            raise missing_field(f"{path}.{named}")
        return {"type": kind, named: _SHAPES[named](value[named], f"{path}.{named}")}

    return check


def _only(value: Mapping[str, Any], allowed: set[str], path: str) -> None:
    for name, found in value.items():
        if name in allowed or (found is None and name in _SHAPES):
            continue
        if name not in _SHAPES:
            raise unknown_member(name, path)
        raise invalid_value(f"{path}.{name}", f"is not allowed in a {value['type']} block")


def _text(value: Any, path: str) -> dict[str, Any]:
    found: dict[str, Any] = _TEXT(value, path)
    if not found.get("marks"):
        found.pop("marks", None)
    if not found.get("properties"):
        found.pop("properties", None)
    return found


_TEXT = members(text=needed(text()), marks=marks, hyperlink=hyperlink, properties=TEXT_PROPERTIES)

_CAPTION = members(blocks=needed(listing(content("caption"))))
_ITEM = members(
    type=needed(one_of("ListItem")),
    blocks=needed(listing(content("item"))),
    properties=ITEM_PROPERTIES,
)
_CELL = members(
    blocks=needed(listing(content("cell"))),
    properties=otherwise(CELL_PROPERTIES, {"cellType": "Cell", "colSpan": 1, "rowSpan": 1}),
)
_ROW = members(
    cells=needed(listing(_CELL)), properties=otherwise(ROW_PROPERTIES, {"rowType": "Body"})
)
_SHAPES: Mapping[str, Shape] = {
    "paragraph": members(
        blocks=needed(listing(content("paragraph"))),
        properties=otherwise(PARAGRAPH_PROPERTIES, {"fontType": "Paragraph"}),
    ),
    "text": _text,
    "image": members(url=needed(source), hyperlink=hyperlink, properties=IMAGE_PROPERTIES),
    "video": members(url=needed(source), properties=VIDEO_PROPERTIES),
    "list": members(blocks=needed(listing(_ITEM)), properties=LIST_PROPERTIES),
    "table": members(rows=needed(listing(_ROW)), properties=TABLE_PROPERTIES),
}

_BODY = members(blocks=needed(listing(content("body"))))


def body(value: Any, path: str = "body") -> dict[str, Any]:
    """Returns the body as it will be kept.

    Raises:
        Refusal: 400 with the path of the first block that does not fit the model.
    """
    _bounded(value, path)
    found: dict[str, Any] = _BODY(value, path)
    return found


def _bounded(value: Any, path: str) -> None:
    # Level by level: the depth is known before anything recurses into it.
    level, depth = [value], 0
    while level:
        if depth > MAX_DEPTH:
            raise invalid_value(path, "blocks are nested too deeply")
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        depth += 1

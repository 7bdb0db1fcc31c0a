"""What the blocks of a body may say of their look and of where they lead."""

from __future__ import annotations

import re
from typing import Any

from .errors import invalid_value
from .shapes import colour, integer, listing, members, needed, number, one_of, otherwise, text

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


_MARKS = listing(one_of(*MARKS))


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

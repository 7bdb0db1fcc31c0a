"""The body of a variation: a tree of typed blocks, checked as a knowledge base checks it.

`DocumentBody` of the Platform API. What comes out is what is kept: members in the server's own
order, default properties filled in, numbers in single precision, empty lists of marks dropped. A
read-back therefore hardly ever equals what was sent, as with the vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import invalid_value, missing_field, unknown_member
from .properties import (
    BORDER,
    CELL_PROPERTIES,
    IMAGE_PROPERTIES,
    ITEM_PROPERTIES,
    LENGTH,
    LIST_PROPERTIES,
    PARAGRAPH_PROPERTIES,
    ROW_PROPERTIES,
    SIDE,
    TEXT_PROPERTIES,
    VIDEO_PROPERTIES,
    hyperlink,
    marks,
    source,
)
from .shapes import (
    Shape,
    colour,
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

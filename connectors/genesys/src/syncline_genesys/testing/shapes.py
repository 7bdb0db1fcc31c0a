"""Blocks of a Genesys document in a few words, as the vendor's API writes them."""

from __future__ import annotations

from typing import Any

from ..blocks import Addresses

Json = dict[str, Any]
ASSET = "ab" * 32
"""The SHA-256 of the one picture that `READER` knows."""
READER = Addresses(
    knowledge_base="base",
    connection="kb",
    asset_of={f"https://cdn.example.com/{ASSET}.png": ASSET}.get,
    url_of={ASSET: f"https://cdn.example.com/{ASSET}.png"}.get,
)


def said(words: str, *marks: str, link: str = "", **properties: Any) -> Json:
    """Return a text block."""
    text: Json = {"text": words}
    if marks:
        text["marks"] = list(marks)
    if link:
        text["hyperlink"] = link
    if properties:
        text["properties"] = properties
    return {"type": "Text", "text": text}


def para(*content: Json, font: str = "Paragraph", **properties: Any) -> Json:
    """Return a paragraph, or what its font makes of it."""
    properties = {"fontType": font, **properties}
    return {"type": "Paragraph", "paragraph": {"blocks": list(content), "properties": properties}}


def item(*content: Json, **properties: Any) -> Json:
    """Return an item of a list."""
    more = {"properties": properties} if properties else {}
    return {"type": "ListItem", "blocks": list(content), **more}


def bullets(*items: Json, **properties: Any) -> Json:
    """Return a list with bullets."""
    more = {"properties": properties} if properties else {}
    return {"type": "UnorderedList", "list": {"blocks": list(items), **more}}


def numbers(*items: Json) -> Json:
    """Return a numbered list."""
    return {"type": "OrderedList", "list": {"blocks": list(items)}}


def cell(*content: Json, kind: str = "Cell", **properties: Any) -> Json:
    """Return a cell of a table."""
    return {"blocks": list(content), "properties": {"cellType": kind, **properties}}


def row(*cells: Json, kind: str = "Body", **properties: Any) -> Json:
    """Return a row of a table."""
    return {"cells": list(cells), "properties": {"rowType": kind, **properties}}


def table(*rows: Json, **properties: Any) -> Json:
    """Return a table."""
    more = {"properties": properties} if properties else {}
    return {"type": "Table", "table": {"rows": list(rows), **more}}


def picture(url: str, *, link: str = "", **properties: Any) -> Json:
    """Return an image."""
    image: Json = {"url": url}
    if link:
        image["hyperlink"] = link
    if properties:
        image["properties"] = properties
    return {"type": "Image", "image": image}


def video(url: str, **properties: Any) -> Json:
    """Return a video."""
    more = {"properties": properties} if properties else {}
    return {"type": "Video", "video": {"url": url, **more}}

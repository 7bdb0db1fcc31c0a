"""Pictures of kinds that Genesys does not take, replaced by their texts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set

from syncline.body import Blocks, Element, Node, element, normal
from syncline.model import Asset

from .blocks.hrefs import ASSET


def without_files(blocks: Blocks, assets: Mapping[str, Asset], taken: Set[str]) -> Blocks:
    """Return the body without images that are known to be no PNG, JPEG or GIF.

    Their alternative text stays, or their name.
    """
    refused = {
        ASSET + sha256: asset.name
        for sha256, asset in assets.items()
        if asset.media_type and asset.media_type.lower() not in taken
    }
    if not refused:
        return blocks
    return normal(_replaced(block, refused) for block in blocks)


def _without(node: Element, refused: Mapping[str, str]) -> Element:
    children = tuple(_replaced(child, refused) for child in node.children)
    return node if children == node.children else Element(node.tag, node.attrs, children)


def _replaced(node: Node, refused: Mapping[str, str]) -> Node:
    if isinstance(node, str):
        return node
    name = refused.get(node.get("src")) if node.tag in ("img", "video") else None
    if name is None:
        return _without(node, refused)
    return node.get("alt") or name if node.tag == "img" else element("p", name)

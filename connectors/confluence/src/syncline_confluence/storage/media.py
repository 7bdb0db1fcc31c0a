"""Rules for images and attachments."""

from __future__ import annotations

from syncline.body import Element
from syncline.model import Asset

from .html import picture
from .names import EMOTICONS
from .opaque import line_of
from .pieces import Atom, Kind, Piece
from .resolver import asset_href
from .source import SourceNode
from .walk import Frame, Rule, Walk, container, seal


def attachment(walk: Walk, target: SourceNode) -> Asset | None:
    """Return the file that an `ri:attachment` names; it may hang on another page."""
    owner = target.child("ri:page")
    page: str | None = ""
    if owner is not None and owner.get("ri:content-title"):
        page = walk.resolver.page_id(owner.get("ri:content-title"), owner.get("ri:space-key"))
    return None if page is None else walk.resolver.file(target.get("ri:filename"), page)


def image(walk: Walk, frame: Frame, node: SourceNode) -> Frame | None:
    """Show an image in its line, or as a figure where it stands alone."""
    target = next((c for c in node.elements() if c.tag.startswith("ri:")), None)
    if target is None:
        walk.opaque(frame, node, "image", node.get("ac:alt"), inline=True)
        return None
    if target.tag == "ri:url":
        alt = node.get("ac:alt") or node.get("ac:title")
        picture(walk, frame, node, target.get("ri:value"), alt)
        return None
    return _attached(walk, frame, node, target)


def _attached(walk: Walk, frame: Frame, node: SourceNode, target: SourceNode) -> Frame | None:
    alt = node.get("ac:alt") or node.get("ac:title")
    asset = attachment(walk, target)
    if asset is None:
        walk.lose("image", target.get("ri:filename"), "the attachment was not found")
        walk.opaque(frame, node, "image", alt)
        return None
    walk.assets[asset.sha256] = asset
    shown = Element("img", (("alt", alt), ("src", asset_href(asset))))
    caption = node.child("ac:caption")
    if caption is not None and (line_of(caption) or any(c.children for c in caption.elements())):
        return figure(walk, frame, node, shown, caption)
    flow = frame.flow
    if flow.leaf is not None or flow.line is not None or node.get("ac:inline") == "true":
        flow.atom(Atom(node, shown), frame.context)
        return None
    return figure(walk, frame, node, shown, None)


def figure(
    walk: Walk, frame: Frame, node: SourceNode, shown: Element, caption: SourceNode | None
) -> Frame | None:
    """Show an image as a block; with a caption, return how to walk that."""
    piece = Piece(Kind.ATOM, node, caption)
    picture_piece = Piece(Kind.ATOM, node)
    picture_piece.element = shown
    piece.children.append(picture_piece)
    if caption is not None:
        piece.kind = Kind.ELEMENT
        return container(walk, frame, piece, "figure", (), _into_caption)
    seal(piece, "figure")
    walk.block(frame, piece)
    return None


def _into_caption(piece: Piece) -> None:
    """Join what a caption holds into the one line that a figure can have."""
    shown, *lines = piece.children
    nodes: list[Element | str] = []
    for line in lines:
        if nodes:
            nodes.append(Element("br"))
        nodes.extend(line.element.children)
    piece.children = [shown]
    if len(lines) == 1 and lines[0].kind in (Kind.ELEMENT, Kind.RUN):
        caption = lines[0]
    else:
        caption = Piece(Kind.ATOM, piece.inner)
    caption.element = Element("figcaption", (), tuple(nodes))
    if nodes:
        piece.children.append(caption)


def emoticon(walk: Walk, frame: Frame, node: SourceNode) -> None:
    """Show an emoticon as its character, a site's own emoji as its short name."""
    shown = character(node)
    if shown:
        frame.flow.atom(Atom(node, shown), frame.context)
    else:
        frame.flow.hidden(node, frame.context)


def character(node: SourceNode) -> str:
    """Return the text for an emoticon.

    `ac:name` comes last: the server writes `blue-star` for every emoji it has no picture of.
    """
    return (
        _from_id(node.get("ac:emoji-id"))
        or _usable(node.get("ac:emoji-fallback"))
        or EMOTICONS.get(node.get("ac:name"), "")
        or node.get("ac:emoji-shortname")
        or node.get("ac:emoji-fallback")
        or (f":{node.get('ac:name')}:" if node.get("ac:name") else "")
    )


def _from_id(emoji: str) -> str:
    try:
        return "".join(chr(int(part, 16)) for part in emoji.split("-")) if emoji else ""
    except (ValueError, OverflowError):
        return ""


def _usable(fallback: str) -> str:
    return "" if fallback.startswith(":") and fallback.endswith(":") else fallback


RULES: dict[str, Rule] = {
    "ac:image": image,
    "ac:emoticon": emoticon,
    "ac:hipchat-emoticon": emoticon,
}

__all__ = ["RULES", "attachment", "character", "emoticon", "figure", "image"]

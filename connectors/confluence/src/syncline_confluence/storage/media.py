"""Rules for images and attachments."""

from __future__ import annotations

from syncline.body.runs import Atom
from syncline.model import Asset

from .flow import Flow, Place
from .html import image_atom, picture
from .names import EMOTICONS
from .opaque import line_of
from .resolver import asset_href
from .source import SourceNode, child
from .walk import Rule, Scope, Walk, container


def target_of(node: SourceNode) -> SourceNode | None:
    """Return what a link or an image points at: its first `ri:` child."""
    for inner in node:
        if isinstance(inner.tag, str) and inner.tag.startswith("ri:"):
            return inner
    return None


def attachment(walk: Walk, target: SourceNode) -> Asset | None:
    """Return the file that an `ri:attachment` names; it may hang on another page."""
    owner = child(target, "ri:page")
    page: str | None = ""
    if owner is not None and owner.get("ri:content-title"):
        title, space = owner.get("ri:content-title", ""), owner.get("ri:space-key", "")
        page = walk.resolver.page_id(title, space)
    return None if page is None else walk.resolver.file(target.get("ri:filename", ""), page)


def image(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    """Show an image in its line, or as a figure where it stands alone."""
    target = target_of(node)
    alt = node.get("ac:alt") or node.get("ac:title") or ""
    if target is None:
        walk.opaque(scope, node, "image", alt, inline=True)
        return None
    if target.tag == "ri:url":
        picture(walk, scope, node, target.get("ri:value", ""), alt)
        return None
    return _attached(walk, scope, node, target, alt)


def _attached(
    walk: Walk, scope: Scope, node: SourceNode, target: SourceNode, alt: str
) -> Scope | None:
    asset = attachment(walk, target)
    shown = image_atom(asset_href(asset), alt) if asset is not None else None
    if asset is None or shown is None:
        walk.lose("image", target.get("ri:filename", ""), "the attachment was not found")
        walk.opaque(scope, node, "image", alt)
        return None
    walk.assets[asset.sha256] = asset
    caption = child(node, "ac:caption")
    if caption is not None and (line_of(caption) or any(len(inner) for inner in caption)):
        return figure(walk, scope, node, shown, caption)
    if scope.flow.in_line or node.get("ac:inline") == "true":
        scope.flow.atom(node, shown, scope.context)
        return None
    return figure(walk, scope, node, shown, None)


def figure(
    walk: Walk, scope: Scope, node: SourceNode, shown: Atom, caption: SourceNode | None
) -> Scope | None:
    """Show an image as a block; with a caption, return how to walk that."""
    if caption is None:
        block = f"<figure>{shown.markup}</figure>"
        scope.flow.block(block, Place(node), scope.context)
        return None

    def spell(flow: Flow) -> str:
        line = _one_line(flow)
        return f"<figure>{shown.markup}{line}</figure>"

    return container(scope, node, caption, walk.inside(scope, caption), spell)


def _one_line(flow: Flow) -> str:
    """Return what a caption holds as the one line that a figure can have."""
    lines = [block[3:-4] for block in flow.out if isinstance(block, str) and block[:3] == "<p>"]
    lines += [
        block[8:-9] for block in flow.out if isinstance(block, str) and block[:8] == "<figure>"
    ]
    return f"<figcaption>{'<br>'.join(lines)}</figcaption>" if lines else ""


def emoticon(walk: Walk, scope: Scope, node: SourceNode) -> None:
    """Show an emoticon as its character, a site's own emoji as its short name."""
    shown = character(node)
    if shown:
        scope.flow.atom(node, shown, scope.context)
    else:
        scope.flow.hidden(node, scope.context)


def character(node: SourceNode) -> str:
    """Return the text for an emoticon.

    `ac:name` comes last: the server writes `blue-star` for every emoji it has no picture of.
    """
    name, fallback = node.get("ac:name", ""), node.get("ac:emoji-fallback", "")
    return (
        _from_id(node.get("ac:emoji-id", ""))
        or _usable(fallback)
        or EMOTICONS.get(name, "")
        or node.get("ac:emoji-shortname", "")
        or fallback
        or (f":{name}:" if name else "")
    )


def _from_id(emoji: str) -> str:
    try:
        text = "".join(chr(int(part, 16)) for part in emoji.split("-")) if emoji else ""
    except (ValueError, OverflowError):
        return ""
    return text if text.isprintable() or "\u200d" in text else ""


def _usable(fallback: str) -> str:
    return "" if fallback.startswith(":") and fallback.endswith(":") else fallback


RULES: dict[str, Rule] = {
    "ac:image": image,
    "ac:emoticon": emoticon,
    "ac:hipchat-emoticon": emoticon,
}

__all__ = [
    "RULES",
    "attachment",
    "character",
    "emoticon",
    "figure",
    "image",
    "target_of",
]

"""Rules for macros: `ac:structured-macro` and the older `ac:macro`."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from syncline.body import Element

from .hrefs import outward
from .html import code_piece
from .links import page_of
from .media import attachment, figure
from .names import (
    BODY_TEXT_MACROS,
    CODE_MACROS,
    DIAGRAM_MACROS,
    DROPPED_MACROS,
    EXPANDS,
    FILE_MACROS,
    HIDING_MACROS,
    INCLUDE_MACROS,
    INLINE_MACROS,
    LINK_MACROS,
    PANELS,
    TEXT_MACROS,
    TITLED_MACROS,
    UNSAFE_MACROS,
)
from .opaque import line_of, text_of
from .pieces import Kind, Piece
from .resolver import asset_href
from .source import SourceNode
from .walk import Frame, Rule, Walk, container, unwrapped


@frozen
class Macro:
    """One macro as its rules see it."""

    node: SourceNode
    name: str

    def parameter(self, *names: str) -> SourceNode | None:
        """Return the first parameter that has one of `names`."""
        for child in self.node.elements():
            if child.tag == "ac:parameter" and child.get("ac:name") in names:
                return child
            if child.tag == "ac:default-parameter" and "" in names:
                return child
        return None

    def text(self, *names: str) -> str:
        """Return the text of that parameter as one line; empty when it is absent."""
        return line_of(self.parameter(*names))

    @property
    def rich(self) -> SourceNode | None:
        return self.node.child("ac:rich-text-body")

    @property
    def plain(self) -> SourceNode | None:
        return self.node.child("ac:plain-text-body")


MacroRule = Callable[[Walk, Frame, Macro], Frame | None]


def macro(walk: Walk, frame: Frame, node: SourceNode) -> Frame | None:
    """Show a macro as the rule for its name says, else as its body."""
    found = Macro(node, node.get("ac:name"))
    return _BY_NAME.get(found.name, _unknown)(walk, frame, found)


def _unknown(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    if found.rich is not None:
        return unwrapped(frame, found.node, found.rich)
    walk.lose("macro", found.name, f"the macro {found.name!r} is shown in Confluence only")
    walk.opaque(frame, found.node, found.name, inline=found.name in INLINE_MACROS)
    return None


def _dropped(walk: Walk, frame: Frame, found: Macro) -> None:
    frame.flow.hidden(found.node, frame.context)


def _unsafe(walk: Walk, frame: Frame, found: Macro) -> None:
    walk.lose("unsafe_macro", found.name, f"the macro {found.name!r} is never shown elsewhere")
    walk.opaque(frame, found.node, found.name)


def _code(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    plain = found.plain
    if plain is None:
        return _unknown(walk, frame, found)
    language = found.text("language", "") or CODE_MACROS[found.name]
    piece = code_piece(found.node, plain, text_of(plain), language)
    title = _title(found, "title", "p")
    walk.block(frame, *(() if title is None else (title,)), piece)
    return None


def _title(found: Macro, name: str, tag: str) -> Piece | None:
    """Return the title of a macro as a block, None when it has none."""
    text = found.text(name)
    return _parameter(found, name, tag, text) if text else None


def _parameter(found: Macro, name: str, tag: str, text: str) -> Piece:
    piece = Piece(Kind.PARAMETER, found.node, found.parameter(name))
    piece.name = name
    piece.element = Element(tag, (), (text,) if text else ())
    return piece


def _panel(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    if found.rich is None:
        return _unknown(walk, frame, found)
    piece = Piece(Kind.ELEMENT, found.node, found.rich)
    title = found.text("title")
    attrs = (("data-panel", PANELS[found.name]),) + ((("title", title),) if title else ())
    return container(walk, frame, piece, "section", attrs)


def _expand(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    if found.rich is None:
        return _unknown(walk, frame, found)
    piece = Piece(Kind.ELEMENT, found.node, found.rich)
    piece.children.append(_parameter(found, "title", "summary", found.text("title")))
    return container(walk, frame, piece, "details")


def _hiding(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    if found.text("hidden").lower() != "true":
        return _unknown(walk, frame, found)
    walk.lose("macro", found.name, f"the hidden {found.name!r} stays hidden")
    frame.flow.hidden(found.node, frame.context)
    return None


def _titled(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    if found.rich is None:
        return _unknown(walk, frame, found)
    title = _title(found, TITLED_MACROS[found.name], "p")
    inside = unwrapped(frame, found.node, found.rich)
    if title is not None:
        frame.flow.block(title)
    return inside


def _embedded(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    name = LINK_MACROS[found.name]
    parameter = found.parameter(name, "")
    inner = parameter.child("ri:url") if parameter is not None else None
    url = outward(inner.get("ri:value") if inner else line_of(parameter), walk.resolver)
    if url is None:
        return _unknown(walk, frame, found)
    walk.lose("macro", found.name, "embedded content is shown as a link")
    walk.inline(frame, found.node, Element("a", (("href", url),), (url,)))
    return None


def _file(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    parameter = found.parameter("name", "file", "")
    target = parameter.child("ri:attachment") if parameter is not None else None
    name = target.get("ri:filename") if target is not None else line_of(parameter)
    asset = attachment(walk, target) if target is not None else walk.resolver.file(name)
    if asset is None:
        walk.lose("macro", found.name, f"the file {name!r} was not found")
        walk.opaque(frame, found.node, found.name, name)
        return None
    walk.assets[asset.sha256] = asset
    walk.inline(frame, found.node, Element("a", (("href", asset_href(asset)),), (name,)))
    return None


def _include(walk: Walk, frame: Frame, found: Macro) -> Frame | None:
    target = _included(found)
    if target is None:
        return _unknown(walk, frame, found)
    title = target.get("ri:content-title")
    page = page_of(walk, target)
    walk.lose("include", title, "the included page is shown as a link")
    if page is None:
        walk.opaque(frame, found.node, found.name, title)
    else:
        link = Element("a", (("href", walk.resolver.doc(page)),), (title,))
        walk.inline(frame, found.node, link)
    return None


def _included(found: Macro) -> SourceNode | None:
    parameter = found.parameter("", "default-parameter", "page")
    if parameter is None:
        return None
    link = parameter.child("ac:link")
    return (link if link is not None else parameter).child("ri:page")


def _worded(walk: Walk, frame: Frame, found: Macro) -> None:
    text = found.text(TEXT_MACROS[found.name])
    if not text and found.name in BODY_TEXT_MACROS:
        text = line_of(found.plain)
    if found.name != "status":
        walk.lose("macro", found.name, f"the macro {found.name!r} is shown as its text")
    walk.opaque(frame, found.node, found.name, text, inline=found.name in INLINE_MACROS)


def _diagram(walk: Walk, frame: Frame, found: Macro) -> None:
    name = found.text(DIAGRAM_MACROS[found.name], "name", "filename")
    label = f"Diagram: {name}" if name else "Diagram"
    asset = walk.resolver.file(f"{name}.png") if name else None
    if asset is None:
        walk.lose("macro", found.name, f"no preview of the diagram {name!r} was found")
        walk.opaque(frame, found.node, found.name, label)
        return
    walk.assets[asset.sha256] = asset
    image = Element("img", (("alt", label), ("src", asset_href(asset))))
    figure(walk, frame, found.node, image, None)


_BY_NAME: dict[str, MacroRule] = {
    **dict.fromkeys(DROPPED_MACROS, _dropped),
    **dict.fromkeys(UNSAFE_MACROS, _unsafe),
    **dict.fromkeys(CODE_MACROS, _code),
    **dict.fromkeys(PANELS, _panel),
    **dict.fromkeys(EXPANDS, _expand),
    **dict.fromkeys(HIDING_MACROS, _hiding),
    **dict.fromkeys(TITLED_MACROS, _titled),
    **dict.fromkeys(LINK_MACROS, _embedded),
    **dict.fromkeys(FILE_MACROS, _file),
    **dict.fromkeys(INCLUDE_MACROS, _include),
    **dict.fromkeys(TEXT_MACROS, _worded),
    **dict.fromkeys(DIAGRAM_MACROS, _diagram),
}

RULES: dict[str, Rule] = {"ac:structured-macro": macro, "ac:macro": macro}

__all__ = ["RULES", "Macro", "macro"]

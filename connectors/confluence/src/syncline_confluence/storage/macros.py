"""Rules for macros: `ac:structured-macro` and the older `ac:macro`."""

from __future__ import annotations

import re
from collections.abc import Callable

from syncline.body.characters import line

from .flow import Flow, Place, attribute, spelled
from .hrefs import outward
from .html import code_block, image_atom, link_mark
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
from .pieces import Kind
from .resolver import asset_href
from .source import SourceNode, child
from .walk import Rule, Scope, Walk, container, unwrapped


class Macro:
    """One macro as its rules see it."""

    __slots__ = ("name", "node")

    def __init__(self, node: SourceNode, name: str) -> None:
        self.node = node
        self.name = name

    def parameter(self, *names: str) -> SourceNode | None:
        """Return the first parameter that has one of `names`."""
        for inner in self.node:
            if inner.tag == "ac:parameter" and inner.get("ac:name", "") in names:
                return inner
            if inner.tag == "ac:default-parameter" and "" in names:
                return inner
        return None

    def text(self, *names: str) -> str:
        """Return the text of that parameter as one line; empty when it is absent."""
        return line_of(self.parameter(*names))

    @property
    def rich(self) -> SourceNode | None:
        return child(self.node, "ac:rich-text-body")

    @property
    def plain(self) -> SourceNode | None:
        return child(self.node, "ac:plain-text-body")


_LANGUAGE = re.compile(r"[a-z0-9+#][a-z0-9+#._/ -]{0,39}")

MacroRule = Callable[[Walk, Scope, Macro], Scope | None]


def macro(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    """Show a macro as the rule for its name says, else as its body."""
    found = Macro(node, node.get("ac:name", ""))
    return _BY_NAME.get(found.name, _unknown)(walk, scope, found)


def _unknown(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    if found.rich is not None:
        return unwrapped(scope, found.node, found.rich)
    walk.lose("macro", found.name, f"the macro {found.name!r} is shown in Confluence only")
    walk.opaque(scope, found.node, found.name, inline=found.name in INLINE_MACROS)
    return None


def _dropped(walk: Walk, scope: Scope, found: Macro) -> None:
    scope.flow.hidden(found.node, scope.context)


def _unsafe(walk: Walk, scope: Scope, found: Macro) -> None:
    walk.lose("unsafe_macro", found.name, f"the macro {found.name!r} is never shown elsewhere")
    walk.opaque(scope, found.node, found.name)


def _code(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    plain = found.plain
    if plain is None:
        return _unknown(walk, scope, found)
    language = found.text("language").lower() or CODE_MACROS[found.name]
    if not _LANGUAGE.fullmatch(language):
        language = ""
    _title(scope, found, "title")
    place = Place(found.node, Kind.ELEMENT, plain)
    scope.flow.block(code_block(text_of(plain), language), place, scope.context)
    return None


def _title(scope: Scope, found: Macro, name: str) -> None:
    """Show the title of a macro as a paragraph before it."""
    parameter = found.parameter(name)
    shown = spelled("p", [((), line_of(parameter))])
    if shown:
        place = Place(found.node, Kind.PARAMETER, parameter, name)
        scope.flow.block(shown, place, scope.context)


def _panel(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    if found.rich is None:
        return _unknown(walk, scope, found)
    title = line(found.text("title"))
    opening = f'<section data-panel="{PANELS[found.name]}"{attribute("title", title)}>'

    def spell(flow: Flow) -> str:
        blocks = flow.joined()
        return f"{opening}{blocks}</section>" if blocks or title else ""

    return container(scope, found.node, found.rich, walk.inside(scope, found.rich), spell)


def _expand(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    if found.rich is None:
        return _unknown(walk, scope, found)
    parameter = found.parameter("title")
    summary = spelled("summary", [((), line_of(parameter))]) or "<summary></summary>"
    inside = walk.inside(scope, found.rich)
    place = Place(found.node, Kind.PARAMETER, parameter, "title")
    inside.block(summary, place, scope.context)

    def spell(flow: Flow) -> str:
        blocks = flow.joined()
        return f"<details>{blocks}</details>" if blocks != "<summary></summary>" else ""

    return container(scope, found.node, found.rich, inside, spell)


def _hiding(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    if found.text("hidden").lower() != "true":
        return _unknown(walk, scope, found)
    walk.lose("macro", found.name, f"the hidden {found.name!r} stays hidden")
    scope.flow.hidden(found.node, scope.context)
    return None


def _titled(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    if found.rich is None:
        return _unknown(walk, scope, found)
    _title(scope, found, TITLED_MACROS[found.name])
    return unwrapped(scope, found.node, found.rich)


def _embedded(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    parameter = found.parameter(LINK_MACROS[found.name], "")
    inner = child(parameter, "ri:url") if parameter is not None else None
    text = line_of(parameter) if inner is None else inner.get("ri:value", "")
    url = outward(text, walk.resolver)
    mark = link_mark(url) if url is not None else None
    if url is None or mark is None:
        return _unknown(walk, scope, found)
    walk.lose("macro", found.name, "embedded content is shown as a link")
    walk.inline(scope, found.node, url, mark)
    return None


def _file(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    parameter = found.parameter("name", "file", "")
    target = child(parameter, "ri:attachment") if parameter is not None else None
    name = target.get("ri:filename", "") if target is not None else line_of(parameter)
    asset = attachment(walk, target) if target is not None else walk.resolver.file(name)
    if asset is None:
        walk.lose("macro", found.name, f"the file {name!r} was not found")
        walk.opaque(scope, found.node, found.name, name)
        return None
    walk.assets[asset.sha256] = asset
    walk.inline(scope, found.node, name, link_mark(asset_href(asset)))
    return None


def _include(walk: Walk, scope: Scope, found: Macro) -> Scope | None:
    target = _included(found)
    if target is None:
        return _unknown(walk, scope, found)
    title = target.get("ri:content-title", "")
    page = page_of(walk, target)
    walk.lose("include", title, "the included page is shown as a link")
    if page is None:
        walk.opaque(scope, found.node, found.name, title)
    else:
        walk.inline(scope, found.node, title or page, link_mark(walk.resolver.doc(page)))
    return None


def _included(found: Macro) -> SourceNode | None:
    parameter = found.parameter("", "default-parameter", "page")
    if parameter is None:
        return None
    link = child(parameter, "ac:link")
    return child(link if link is not None else parameter, "ri:page")


def _worded(walk: Walk, scope: Scope, found: Macro) -> None:
    text = found.text(TEXT_MACROS[found.name])
    if not text and found.name in BODY_TEXT_MACROS:
        text = line_of(found.plain)
    if found.name != "status":
        walk.lose("macro", found.name, f"the macro {found.name!r} is shown as its text")
    walk.opaque(scope, found.node, found.name, text, inline=found.name in INLINE_MACROS)


def _diagram(walk: Walk, scope: Scope, found: Macro) -> None:
    name = found.text(DIAGRAM_MACROS[found.name], "name", "filename")
    label = f"Diagram: {name}" if name else "Diagram"
    asset = walk.resolver.file(f"{name}.png") if name else None
    shown = image_atom(asset_href(asset), label) if asset is not None else None
    if asset is None or shown is None:
        walk.lose("macro", found.name, f"no preview of the diagram {name!r} was found")
        walk.opaque(scope, found.node, found.name, label)
        return
    walk.assets[asset.sha256] = asset
    figure(walk, scope, found.node, shown, None)


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

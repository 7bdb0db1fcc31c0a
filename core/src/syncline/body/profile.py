"""The closed vocabulary of the body profile, as data.

What is not named here cannot be in a body. `docs/body-profile.md` explains it to connector authors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SIZE: Final = 5_000_000
"""The longest body, in characters (bytes for input that comes as bytes)."""

DEPTH: Final = 60
"""How many blocks may be nested in each other."""

NODES: Final = 100_000
"""How many elements and texts a body may consist of."""

HEADINGS: Final = ("h1", "h2", "h3", "h4", "h5", "h6")
PANELS: Final = ("error", "info", "note", "tip", "warning")
MARKS: Final = ("a", "strong", "em", "u", "s", "code", "sub", "sup")
"""Inline marks, outermost first: the one order in which they are nested."""

BLOCKS: Final = frozenset(
    {*HEADINGS, "p", "ul", "ol", "blockquote", "pre", "table", "hr", "figure"}
    | {"section", "details", "video", "div"}
)
"""What may stand at the top level and in every container of blocks."""

CONTAINERS: Final = frozenset({"li", "td", "th", "blockquote", "section", "details"})
"""Elements that hold blocks only: text inside them is always in a paragraph."""

LEAVES: Final = frozenset(
    {*HEADINGS, "p", "pre", "summary", "caption", "hr", "figure", "video", "div"}
)
"""The units that are compared, merged and carried; a figure is one with its caption."""

PROSE: Final = frozenset({*HEADINGS, "p", "summary", "caption", "figcaption"})
"""Leaves that hold inline content."""

VOID: Final = frozenset({"hr", "img", "br"})

ATTRIBUTES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "a": frozenset({"href", "title"}),
        "code": frozenset({"data-lang"}),
        "div": frozenset({"data-opaque"}),
        "img": frozenset({"alt", "src"}),
        "ol": frozenset({"start"}),
        "section": frozenset({"data-panel", "title"}),
        "span": frozenset({"data-opaque"}),
        "td": frozenset({"colspan", "rowspan"}),
        "th": frozenset({"colspan", "rowspan", "scope"}),
        "video": frozenset({"src"}),
    }
)
"""Attributes by tag; every other attribute is dropped."""

INLINE: Final = frozenset({*MARKS, "br", "img", "span"})
TAGS: Final = frozenset(
    BLOCKS | INLINE | {"li", "caption", "thead", "tbody", "tr", "th", "td", "figcaption", "summary"}
)

NEVER: Final = frozenset(
    {"svg", "math", "style", "noscript", "template", "form", "select", "textarea", "title"}
    | {"xmp", "noembed", "script", "iframe", "object", "embed", "applet", "noframes"}
    | {"plaintext", "audio", "canvas", "datalist", "frameset", "frame", "base", "link", "meta"}
    | {"head", "listing", "option", "optgroup", "portal", "marquee", "input", "keygen"}
)
"""Never in any allow-list, whatever a later version adds: each has switched a parser's mode,
run code or fetched something. `sanitise` refuses to be built with one of them."""

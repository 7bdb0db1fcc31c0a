"""A body as a document of its own, for a sandboxed frame.

The text is in the profile's normal form already; here it is turned into plain, passive markup: no
link leads anywhere, no image comes from elsewhere, and every attribute is one of a few.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Final

from syncline import body as _body
from syncline.body import Blocks, Element, Node
from syncline.errors import Rejected

POLICY: Final = (
    "sandbox; default-src 'none'; style-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
"""Content-Security-Policy of a frame with a body in it."""

_PLAIN: Final = frozenset(
    {"h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "pre", "code"}
    | {"table", "caption", "thead", "tbody", "tr", "th", "td", "hr", "br", "figure", "figcaption"}
    | {"details", "summary", "strong", "em", "u", "s", "sub", "sup"}
)
_KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "th": ("colspan", "rowspan", "scope"),
    "td": ("colspan", "rowspan"),
    "ol": ("start",),
}
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_VOID: Final = frozenset({"hr", "br"})
_ASSET: Final = "syncline:asset/"


def document(
    title: str, body: str, images: Mapping[str, str], *, stylesheet: str, language: str = ""
) -> str:
    """Return a whole HTML document.

    Args:
        images: by sha256, the address (a `data:` URI) of each picture that can be shown.
        stylesheet: the address of the style sheet.
    """
    lang = language if _LANGUAGE.fullmatch(language) else "en"
    content = "".join(_nodes(blocks_of(body), images))
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="{html.escape(stylesheet)}"></head>'
        f'<body class="article"><main>{content}</main></body></html>'
    )


def blocks_of(body: str) -> Blocks:
    """Return the tree of a body; one that is in no normal form is cleaned first."""
    try:
        return _body.parse(body)
    except Rejected:
        return _body.parse(_body.from_html(body))


def _nodes(nodes: tuple[Node, ...], images: Mapping[str, str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield html.escape(node)
        else:
            yield from _element(node, images)


def _element(element: Element, images: Mapping[str, str]) -> Iterator[str]:
    inner = "".join(_nodes(element.children, images))
    match element.tag:
        case "a":
            yield f'<span class="link" title="{html.escape(element.get("href"))}">{inner}</span>'
        case "img":
            yield _image(element, images)
        case "video":
            yield _missing(f"video: {element.get('src')}")
        case "div" | "span" as tag:
            yield f'<{tag} class="opaque">{_opaque(element)}{inner}</{tag}>'
        case "section":
            yield _panel(element, inner)
        case "details":
            yield f"<details open>{inner}</details>"
        case tag if tag in _VOID:
            yield f"<{tag}>"
        case tag if tag in _PLAIN:
            yield f"<{tag}{_attributes(element)}>{inner}</{tag}>"
        case _:
            yield inner


def _attributes(element: Element) -> str:
    names = _KEPT.get(element.tag, ())
    pairs = ((name, element.get(name)) for name in names)
    return "".join(f' {name}="{html.escape(value)}"' for name, value in pairs if value)


def _image(element: Element, images: Mapping[str, str]) -> str:
    source, alt = element.get("src"), element.get("alt")
    shown = images.get(source.removeprefix(_ASSET)) if source.startswith(_ASSET) else None
    if shown is not None:
        return f'<img src="{html.escape(shown)}" alt="{html.escape(alt)}">'
    where = "" if source.startswith(_ASSET) else f" ({source})"
    return _missing(f"image: {alt or 'without a description'}{where}")


def _missing(text: str) -> str:
    return f'<span class="missing">[{html.escape(text)}]</span>'


def _opaque(element: Element) -> str:
    kind = element.get("data-opaque").rpartition(".")[0] or "content"
    return f'<span class="kind">[{html.escape(kind)}]</span> '


_PANELS: Final = {"info": "Info", "note": "Note", "tip": "Tip", "warning": "Warning"}


def _panel(element: Element, inner: str) -> str:
    kind = element.get("data-panel")
    title = element.get("title")
    heading = _PANELS.get(kind, "Error" if kind == "error" else "Panel")
    said = html.escape(f"{heading}: {title}" if title else heading)
    return f'<section class="panel"><p class="kind">{said}</p>{inner}</section>'


__all__ = ["POLICY", "blocks_of", "document"]

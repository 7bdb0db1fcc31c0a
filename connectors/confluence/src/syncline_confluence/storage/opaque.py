"""Opaque nodes: constructs that the profile cannot say, by a key that survives re-saving."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from syncline.body import Element
from syncline.model import Opaque

from .names import VOLATILE
from .source import COMMENT, Source, SourceNode

SYSTEM = "confluence"

_SPACES = re.compile(r"[ \t\n\f\r]+")


def key_of(kind: str, node: SourceNode) -> str:
    """Return `confluence.<kind>.<hash>`; what the server sets by itself does not count."""
    kind = "".join(c if c.isalnum() or c == "-" else "-" for c in kind.lower())[:40] or "macro"
    if not kind.isascii():
        kind = "macro"
    found = hashlib.sha256(fingerprint(node).encode("utf-8", "surrogatepass"))
    return f"{SYSTEM}.{kind}.{found.hexdigest()[:12]}"


def fingerprint(node: SourceNode) -> str:
    """Return one spelling for all spellings of the same construct."""
    parts: list[str] = []
    stack: list[SourceNode | str | tuple[str]] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            parts.append(unicodedata.normalize("NFC", top).replace("<", "&lt;"))
        elif isinstance(top, tuple):
            parts.append(top[0])
        elif top.tag != COMMENT:
            parts.append(_opening(top))
            stack.append((f"</{top.tag}>",))
            stack.extend(reversed(top.children))
    return "".join(parts)


def _opening(node: SourceNode) -> str:
    pairs = zip(node.attrs[::2], node.attrs[1::2], strict=True)
    kept = sorted(f' {name}="{value}"' for name, value in pairs if name not in VOLATILE)
    return f"<{node.tag}{''.join(kept)}>"


def opaque_of(kind: str, node: SourceNode, source: Source, text: str) -> Opaque:
    """Return the opaque node for `node`, which other systems show as `text`."""
    return Opaque(key=key_of(kind, node), raw=source.text(node), text=text)


def inline_form(opaque: Opaque) -> Element:
    """Return how the opaque node stands in a line."""
    return Element("span", (("data-opaque", opaque.key),), (opaque.text,) if opaque.text else ())


def block_form(opaque: Opaque) -> Element:
    """Return how the opaque node stands between blocks."""
    return Element("div", (("data-opaque", opaque.key),), (opaque.text,) if opaque.text else ())


def text_of(node: SourceNode) -> str:
    """Return all text inside `node`, parameters and other invisible parts included."""
    parts: list[str] = []
    stack: list[SourceNode | str] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            parts.append(top)
        elif top.tag != COMMENT:
            stack.extend(reversed(top.children))
    return "".join(parts)


def line_of(node: SourceNode | None) -> str:
    """Return the text inside `node` as one line; empty for None."""
    return _SPACES.sub(" ", text_of(node)).strip(" ") if node is not None else ""


__all__ = [
    "SYSTEM",
    "block_form",
    "fingerprint",
    "inline_form",
    "key_of",
    "line_of",
    "opaque_of",
    "text_of",
]

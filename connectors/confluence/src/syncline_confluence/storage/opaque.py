"""Opaque nodes: constructs that the profile cannot say, by a key that survives re-saving."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeAlias

from syncline.body.characters import escape, line
from syncline.body.runs import Atom
from syncline.model import Opaque

from .encode import cdata, quote
from .encode import escape as escaped
from .names import VOLATILE
from .source import COMMENT, SourceNode

SYSTEM = "confluence"

_Keep: TypeAlias = Callable[[Mapping[str, str]], Mapping[str, str]]
_Text: TypeAlias = Callable[[str], str]

_SPACES = re.compile(r"[ \t\n\f\r]+")
_NAME = re.compile(r"[^a-z0-9-]+")
_PLAIN = frozenset({"ac:plain-text-body", "ac:plain-text-link-body"})


def key_of(kind: str, node: SourceNode) -> str:
    """Return `confluence.<kind>.<hash>`; what the server sets by itself does not count."""
    name = _NAME.sub("-", kind.lower())[:40].strip("-") or "macro"
    found = hashlib.sha256(fingerprint(node).encode("utf-8", "surrogatepass"))
    return f"{SYSTEM}.{name}.{found.hexdigest()[:12]}"


def fingerprint(node: SourceNode) -> str:
    """Return one spelling for all spellings of the same construct."""
    text = _written(node, _stable, escaped)
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def markup_of(node: SourceNode) -> str:
    """Return the construct in storage format, plain bodies as CDATA."""
    return _written(node, lambda attrs: attrs, cdata)


def _stable(attrs: Mapping[str, str]) -> Mapping[str, str]:
    if len(attrs) > 1:
        return {name: attrs[name] for name in sorted(attrs) if name not in VOLATILE}
    return {} if VOLATILE.intersection(attrs) else attrs


def _written(node: SourceNode, keep: _Keep, plain: _Text) -> str:
    parts: list[str] = []
    stack: list[SourceNode | str] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            parts.append(top)
        elif top.tag is not COMMENT:
            text = plain if top.tag in _PLAIN else escaped
            if top.keys():
                pairs = keep(top.attrib).items()
                attrs = "".join([f' {name}="{quote(value)}"' for name, value in pairs])
                parts.append(f"<{top.tag}{attrs}>")
            else:
                parts.append(f"<{top.tag}>")
            if top.text:
                parts.append(text(top.text))
            if not len(top):
                parts.append(f"</{top.tag}>")
                continue
            stack.append(f"</{top.tag}>")
            for inner in reversed(top):
                if inner.tail:
                    stack.append(text(inner.tail))
                stack.append(inner)
    return "".join(parts)


def opaque_of(kind: str, node: SourceNode, text: str) -> Opaque:
    """Return the opaque node for `node`, which other systems show as `text`."""
    return Opaque(key=key_of(kind, node), raw=markup_of(node), text=text)


def inline_form(opaque: Opaque) -> Atom:
    """Return how the opaque node stands in a line."""
    return Atom(f'<span data-opaque="{opaque.key}">{escape(line(opaque.text))}</span>')


def block_form(opaque: Opaque) -> str:
    """Return how the opaque node stands between blocks."""
    return f'<div data-opaque="{opaque.key}">{escape(line(opaque.text))}</div>'


def text_of(node: SourceNode) -> str:
    """Return all text inside `node`, parameters and other invisible parts included."""
    if not len(node):
        return node.text or ""
    parts: list[str] = [node.text or ""]
    stack: list[SourceNode | str] = []
    _push(stack, node)
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            parts.append(top)
        elif top.tag is not COMMENT:
            parts.append(top.text or "")
            _push(stack, top)
    return "".join(parts)


def _push(stack: list[SourceNode | str], node: SourceNode) -> None:
    for inner in reversed(node):
        if inner.tail:
            stack.append(inner.tail)
        stack.append(inner)


def line_of(node: SourceNode | None) -> str:
    """Return the text inside `node` as one line; empty for None."""
    if node is None:
        return ""
    text = text_of(node)
    if text.isprintable() and "  " not in text:
        return text.strip(" ")
    return _SPACES.sub(" ", text).strip(" ")


__all__ = [
    "SYSTEM",
    "block_form",
    "fingerprint",
    "inline_form",
    "key_of",
    "line_of",
    "markup_of",
    "opaque_of",
    "text_of",
]

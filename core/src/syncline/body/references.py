"""What a body refers to: links, assets, opaque keys; and its plain text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from .characters import unescape
from .markup import build
from .profile import LEAVES, SIZE, VOID
from .sanitise import finish
from .tree import Element, Node
from .urls import href as spelt

# In normal form `<` and `>` are escaped everywhere else, so that a tag is what looks like one.
_HREF = re.compile(r'<a href="([^"]*)"')
_PLAIN = re.compile(r"syncline:doc/[A-Za-z0-9_.~:%#/-]+")
_ASSET = re.compile(r'<[a-z]+ [^>]*?"syncline:asset/([0-9a-f]{64})"')
_OPAQUE = re.compile(r'<(?:div|span) data-opaque="([^"]*)"')


def links(body: str) -> tuple[str, ...]:
    """Return the link targets in reading order, each once."""
    return _distinct(unescape(found) for found in _HREF.findall(body))


def assets(body: str) -> tuple[str, ...]:
    """Return the sha256 of every file that the body shows or links to, each once."""
    return _distinct(_ASSET.findall(body))


def opaque_keys(body: str) -> tuple[str, ...]:
    """Return the keys of the opaque nodes in reading order, each once."""
    return _distinct(_OPAQUE.findall(body))


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def rewrite_links(body: str, change: Callable[[str], str | None]) -> str:
    """Return the body with every link target `href` as `change(href)`; None unwraps the link.

    Raises:
        Rejected: the result is not a body any more (too long).
    """
    if "<a " not in body:
        return body
    wanted = {href: change(href) for href in links(body)}
    if all(new == old for old, new in wanted.items()):
        return body
    if _only_renames(wanted):
        renamed = _HREF.sub(lambda found: _renamed(found, wanted), body)
        if len(renamed) <= SIZE:
            return renamed
    return finish(_relinked(build(body), change))


def _renamed(found: re.Match[str], wanted: Mapping[str, str | None]) -> str:
    # A target that stays is left as it is written: it may hold what has to be escaped.
    old = unescape(found[1])
    return found[0] if wanted[old] == old else f'<a href="{wanted[old]}"'


def _only_renames(wanted: Mapping[str, str | None]) -> bool:
    # Distinct targets stay distinct, so that no two links beside each other become one; and what
    # needs no escaping and is spelt as a body spells it can stand where the old target stood.
    return len(set(wanted.values())) == len(wanted) and all(
        new == old or (new is not None and _PLAIN.fullmatch(new) and spelt(new) == new)
        for old, new in wanted.items()
    )


def _relinked(nodes: tuple[Node, ...], change: Callable[[str], str | None]) -> list[Node]:
    done: list[list[Node]] = [[]]
    stack: list[Node | tuple[Element]] = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            element, children = node[0], tuple(done.pop())
            done[-1].append(_relink(element, children, change))
        elif isinstance(node, str) or not node.children:
            done[-1].append(node)
        else:
            done.append([])
            stack.append((node,))
            stack.extend(reversed(node.children))
    return done[0]


def _relink(
    element: Element, children: tuple[Node, ...], change: Callable[[str], str | None]
) -> Element:
    if element.tag != "a":
        return Element(element.tag, element.attrs, children)
    target = change(element.get("href"))
    if target is None:
        return Element("span", (), children)
    others = tuple(pair for pair in element.attrs if pair[0] != "href")
    return Element("a", (("href", target), *others), children)


_ENDS = "|".join(sorted((LEAVES - VOID) | {"figcaption"}))
_BREAKS = re.compile(rf'</(?:{_ENDS})>|<hr>|<br>|<img(?: alt="([^"]*)")?[^>]*>')
_TAG = re.compile(r"<[^>]*>")


def plain_text(body: str) -> str:
    """Return the words, one leaf a line; an image is its alternative text."""
    text = _BREAKS.sub(lambda found: found[1] or ("" if found[0][1] == "i" else "\n"), body)
    lines = unescape(_TAG.sub("", text)).split("\n")
    return "\n".join(line for line in lines if line.strip())

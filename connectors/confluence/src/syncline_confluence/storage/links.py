"""Rules for `ac:link`: pages by title, files, people, anchors."""

from __future__ import annotations

from syncline.body.runs import Mark

from .hrefs import outward
from .html import link_mark, local
from .media import attachment, target_of
from .opaque import line_of
from .resolver import asset_href
from .source import SourceNode
from .walk import Rule, Scope, Walk

_BODIES = ("ac:link-body", "ac:plain-text-link-body")

SOMEBODY = "a colleague"
"""What stands for a person whose name does not travel."""


def link(walk: Walk, scope: Scope, node: SourceNode) -> Scope | None:
    """Show a link by its target; what cannot be resolved stays opaque with its text."""
    target = target_of(node)
    href = _href(walk, node, target)
    mark = link_mark(href) if href is not None else None
    if mark is not None:
        return _linked(walk, scope, node, mark, target)
    kind, text = _unresolved(walk, node, target)
    walk.opaque(scope, node, kind, text, inline=True)
    return None


def _linked(
    walk: Walk, scope: Scope, node: SourceNode, mark: Mark, target: SourceNode | None
) -> Scope | None:
    """Return how to walk the link's own text; a link without one is shown by its name."""
    body = _body(node)
    if body is not None:
        if not len(body) and body.text and not walk.traced:
            scope.flow.marked(body.text, scope.context, mark)
            return None
        return Scope(node, body, scope.context.inside(node, mark), scope.flow)
    name = _name(node, target)
    if name:
        scope.flow.atom(node, name, scope.context, mark)
    else:
        scope.flow.hidden(node, scope.context)
    return None


def _body(node: SourceNode) -> SourceNode | None:
    for body in node:
        if body.tag in _BODIES and (len(body) or line_of(body)):
            return body
    return None


def _name(node: SourceNode, target: SourceNode | None) -> str:
    """Return what a link without text of its own is called."""
    if target is None:
        return node.get("ac:anchor", "")
    names = ("ri:content-title", "ri:filename", "ri:value", "ri:space-key", "ri:key")
    return next((value for name in names if (value := target.get(name))), "")


def _href(walk: Walk, node: SourceNode, target: SourceNode | None) -> str | None:
    anchor = node.get("ac:anchor", "")
    if target is None:
        return local(anchor)
    match target.tag:
        case "ri:page":
            page = page_of(walk, target)
            return walk.resolver.doc(page, anchor) if page else None
        case "ri:content-entity":
            page = target.get("ri:content-id", "")
            known = page in walk.resolver.names
            return walk.resolver.doc(page, anchor) if known else None
        case "ri:url":
            return outward(target.get("ri:value", ""), walk.resolver)
        case "ri:space":
            base, key = walk.resolver.base, target.get("ri:space-key")
            return outward(f"{base}/spaces/{key}", walk.resolver) if base and key else None
        case "ri:attachment":
            return _file_href(walk, target)
        case _:
            return None


def _file_href(walk: Walk, target: SourceNode) -> str | None:
    asset = attachment(walk, target)
    if asset is None:
        return None
    walk.assets[asset.sha256] = asset
    return asset_href(asset)


def page_of(walk: Walk, target: SourceNode) -> str | None:
    """Return the id of the page that an `ri:page` names, None when it is out of reach."""
    title = target.get("ri:content-title")
    if not title:
        return walk.resolver.page or None
    return walk.resolver.page_id(title, target.get("ri:space-key", ""))


def _unresolved(walk: Walk, node: SourceNode, target: SourceNode | None) -> tuple[str, str]:
    """Return the kind and the text of a link that has no target elsewhere."""
    body = _body(node)
    text = line_of(body) if body is not None else _name(node, target)
    if target is not None and target.tag == "ri:user":
        account = target.get("ri:account-id", "")
        name = walk.resolver.people.get(account)
        walk.lose("mention", name or SOMEBODY, "a mention is shown as text")
        return "mention", name or line_of(body) or SOMEBODY
    kind = target.tag.removeprefix("ri:") if target is not None else "anchor"
    walk.lose("link", text[:80], "the target of the link is out of reach; its text stays")
    return f"{kind}-link", text


RULES: dict[str, Rule] = {"ac:link": link}

__all__ = ["RULES", "SOMEBODY", "link", "page_of"]

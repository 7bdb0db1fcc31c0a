"""Projection: the nearest body that a narrower system can hold, from a table of what it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from attrs import evolve, frozen

from ..errors import Rejected
from .parsing import normal
from .profile import DEPTH, NODES
from .replacements import applied, children, default, inline_default
from .tree import Blocks, Element, Node, element
from .vocabulary import (
    DROP,
    LIFT,
    PARTS,
    UNWRAP,
    Drop,
    Lift,
    Rename,
    Replacement,
    Unwrap,
    Vocabulary,
)

_NESTED: Final = DEPTH + 16
"""How many replacements by a vocabulary's own rules may follow from each other."""


def project(blocks: Blocks, vocabulary: Vocabulary) -> Blocks:
    """Return the nearest body that `vocabulary` can say; normal and idempotent. Total.

    Raises:
        Rejected: the result is too large to be a body.
    """
    while True:
        after = _Projection(vocabulary).flow(blocks, "")
        if len(after) == len(blocks) and all(a is b for a, b in zip(after, blocks, strict=True)):
            return blocks
        blocks = normal(after)
        # The rules have had all there was; whatever else the normal form makes, such as a figure
        # of a lone image, must not go to them and grow again.
        vocabulary = evolve(vocabulary, replace={}, misfit={})


@frozen
class _Lifted:
    element: Element


class _Projection:
    """One rewriting of a tree, bottom up. Elements that do not change are returned as they are.

    Recursive: normal trees are at most some 150 elements deep.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.nested = 0
        """How many results of rules are being projected, each inside that of another."""
        self.growth = 0
        """How many elements and texts the rules have added."""
        self.sizes: dict[str, int] = {}
        """By tag: the size of the element whose rule's result is being projected."""

    def flow(self, blocks: Iterable[Node], container: str) -> list[Node]:
        """Return what stands for `blocks` where nothing can be lifted out of."""
        done: list[Node] = []
        for node in self.blocks(blocks, container):
            if isinstance(node, _Lifted):
                done.extend(self.otherwise(node.element, container))
            else:
                done.append(node)
        return done

    def blocks(self, blocks: Iterable[Node], container: str) -> list[Node | _Lifted]:
        done: list[Node | _Lifted] = []
        for node in blocks:
            if isinstance(node, str):
                done.append(node)
            else:
                done.extend(self.block(node, container))
        return done

    def block(self, node: Element, container: str) -> list[Node | _Lifted]:
        if not self.vocabulary.holds(node.tag, container):
            return self.replaced(node, container)
        match node.tag:
            case "ul" | "ol":
                return self.listing(node, container)
            case "blockquote" | "section" | "details":
                return self.enclosure(node, container)
            case "table":
                return [self.table(node)]
            case "figure":
                return [*self.figure(node)]
            case "pre":
                return [self.kept(node, [self.trimmed(child) for child in node.children])]
            case "div" | "video" | "hr":
                return [node]
            case _:
                return [self.kept(node, self.inlines(node.children))]

    def kept(self, node: Element, children: Iterable[Node]) -> Element:
        """Return `node` with these children and the attributes held; itself if nothing changed."""
        children = tuple(children)
        same = len(children) == len(node.children) and all(
            a is b for a, b in zip(children, node.children, strict=True)
        )
        attrs = self.attributes(node)
        if same and attrs == node.attrs:
            return node
        return Element(node.tag, attrs, children)

    def attributes(self, node: Element) -> tuple[tuple[str, str], ...]:
        held = self.vocabulary.attrs.get(node.tag)
        attrs = node.attrs if held is None else tuple(p for p in node.attrs if p[0] in held)
        if node.tag == "section" and node.get("data-panel") not in self.vocabulary.panels:
            panel = ("data-panel", _panel(self.vocabulary.panels))
            attrs = (panel, *(pair for pair in attrs if pair[0] != "data-panel"))
        return attrs

    def trimmed(self, child: Node) -> Node:
        return child if isinstance(child, str) else self.kept(child, child.children)

    # -- what is not held

    def replaced(self, node: Element, container: str) -> list[Node | _Lifted]:
        vocabulary = self.vocabulary
        rule = vocabulary.replace.get(node.tag) if node.tag not in vocabulary.blocks else None
        if rule is None and node.tag in vocabulary.blocks:
            rule = vocabulary.misfit.get(container)
            if rule is None and container in _LIFTING and node.tag in _LIFTED:
                rule = LIFT
        if isinstance(rule, Lift):
            return [_Lifted(node)] if container in _LIFTING else self.rest(node, container)
        if rule is None:
            return self.rest(node, container)
        return [*self.ruled(rule, node, container)]

    def ruled(self, rule: Replacement, node: Element, container: str) -> list[Node]:
        """Return the projection of what a rule puts in the place of a block."""
        with self.applying(node) as fresh:
            if fresh:
                return self.flow(normal(self.made(rule, node)), container)
        return self.otherwise(node, container)

    def made(self, rule: Replacement, node: Element) -> list[Node]:
        """Return what a rule puts in the place of an element, until there is too much of it."""
        nodes = [*applied(rule, node)]
        self.growth += max(0, _size(nodes) - _size([node]))
        if self.growth > NODES:
            raise Rejected(f"its replacements would make {NODES} elements more of the body")
        return nodes

    @contextmanager
    def applying(self, node: Element) -> Iterator[bool]:
        """Tell whether `node`'s rule may be applied; what is done within belongs to its result.

        A rule can make what it is asked to replace, so it's applied inside its own result to
        smaller elements only, such as a quote in the quote: every vocabulary comes to rest.
        """
        size, before = _size([node]), self.sizes.get(node.tag)
        if self.nested == _NESTED or (before is not None and size >= before):
            yield False
            return
        self.nested += 1
        self.sizes[node.tag] = size
        yield True
        self.nested -= 1
        if before is None:
            del self.sizes[node.tag]
        else:
            self.sizes[node.tag] = before

    def rest(self, node: Element, container: str) -> list[Node | _Lifted]:
        return [*self.otherwise(node, container)]

    def otherwise(self, node: Element, container: str) -> list[Node]:
        """Return the default replacement of a block."""
        return self.flow(default(node, self.vocabulary, container), container)

    # -- containers

    def listing(self, node: Element, container: str) -> list[Node | _Lifted]:
        groups: list[list[Element] | Element] = [[]]
        for item in node.children:
            if isinstance(item, str):
                continue
            for part in self.item(item):
                if isinstance(part, _Lifted):
                    groups.extend([part.element, []])
                else:
                    group = groups[-1]
                    assert isinstance(group, list)  # noqa: S101 - a list follows each element
                    group.append(part)
        done: list[Node | _Lifted] = []
        count = 0
        for group in groups:
            if isinstance(group, Element):
                done.extend(self.block(group, container))
            elif group or len(groups) == 1:
                done.append(self.kept(_continued(node, count), group))
                count += len(group)
        return done

    def item(self, item: Element) -> list[Element | _Lifted]:
        done: list[Element | _Lifted] = []
        parts: list[Node] = []
        nodes = self.blocks(item.children, "li")
        if "li" in self.vocabulary.single:
            nodes = [*_single(nodes, "br" in self.vocabulary.inline)]
        for node in nodes:
            if isinstance(node, _Lifted) or node is _NEXT:
                if parts:
                    done.append(self.kept(item, parts))
                    parts = []
                if isinstance(node, _Lifted):
                    done.append(node)
            else:
                parts.append(node)
        if parts or not done:
            done.append(self.kept(item, parts))
        return done

    def enclosure(self, node: Element, container: str) -> list[Node | _Lifted]:
        """A quote, panel or details: what is lifted out cuts it in two, or follows it."""
        content = node.children
        summary: list[Node] = []
        if node.tag == "details":
            head = content[0]
            assert isinstance(head, Element)  # noqa: S101 - normal details start with a summary
            summary.append(self.kept(head, self.inlines(head.children)))
            content = content[1:]
        done: list[Node | _Lifted] = []
        parts: list[Node] = []
        lifted: list[Node | _Lifted] = []
        for child in self.blocks(content, node.tag):
            if not isinstance(child, _Lifted):
                parts.append(child)
            elif node.tag == "details":
                lifted.extend(self.block(child.element, container))
            else:
                if parts:
                    done.append(self.kept(node, parts))
                parts = []
                done.extend(self.block(child.element, container))
        if parts or summary or not done:
            done.append(self.kept(node, [*summary, *parts]))
        return [*done, *lifted]

    def table(self, node: Element) -> Element:
        children: list[Node] = []
        for part in node.children:
            assert isinstance(part, Element)  # noqa: S101 - normal tables hold no text
            if part.tag == "caption":
                if "caption" in self.vocabulary.parts:
                    children.append(self.kept(part, self.inlines(part.children)))
            else:
                rows = [self.row(row) for row in part.children]
                if part.tag == "thead" and "th" not in self.vocabulary.parts:
                    # Whatever stands in a head is a header cell.
                    part = Element("tbody", (), part.children)
                children.append(self.kept(part, rows))
        return self.kept(node, children)

    def row(self, row: Node) -> Node:
        assert isinstance(row, Element)  # noqa: S101 - normal tables hold no text
        return self.kept(row, [self.cell(cell) for cell in row.children])

    def cell(self, cell: Node) -> Node:
        assert isinstance(cell, Element)  # noqa: S101 - normal tables hold no text
        if cell.tag == "th" and "th" not in self.vocabulary.parts:
            cell = Element("td", cell.attrs, cell.children)
        content = self.flow(cell.children, cell.tag)
        if cell.tag in self.vocabulary.single:
            content = [
                node for node in _single(content, "br" in self.vocabulary.inline, whole=True)
                if not isinstance(node, _Lifted)
            ]  # fmt: skip
        return self.kept(cell, content)

    def figure(self, node: Element) -> list[Node]:
        image, *captions = node.children
        if not captions:
            return [node]
        caption = captions[0]
        assert isinstance(image, Element) and isinstance(caption, Element)  # noqa: S101, PT018
        held = "figcaption" in self.vocabulary.parts and "figure" in self.vocabulary.blocks
        text = self.inlines(caption.children)
        if held:
            return [self.kept(node, [image, self.kept(caption, text)])]
        return [Element("figure", (), (image,)), Element("p", (), tuple(text))]

    # -- inline content

    def inlines(self, nodes: Iterable[Node]) -> list[Node]:
        done: list[Node] = []
        for node in nodes:
            if isinstance(node, str):
                done.append(node)
            else:
                done.extend(self.inline(node))
        return done

    def inline(self, node: Element) -> list[Node]:
        vocabulary = self.vocabulary
        if node.tag in vocabulary.marks:
            return [self.kept(node, self.inlines(node.children))]
        if node.tag in vocabulary.inline:
            return [self.kept(node, node.children)]
        rule = vocabulary.replace.get(node.tag, UNWRAP)
        if isinstance(rule, Unwrap):
            return self.inlines(inline_default(node))
        with self.applying(node) as fresh:
            return self.inlines(self.made(rule, node) if fresh else inline_default(node))


_LIFTING = frozenset({"li", "blockquote", "section", "details"})
_LIFTED = frozenset({"table", "figure", "video", "pre", "section", "details", "blockquote", "div"})
_NEXT: Final = element("li")
"""Stands between paragraphs of one item that have to become two items."""


def _size(nodes: Iterable[Node]) -> int:
    """Return how many elements and texts there are."""
    count, rest = 0, [*nodes]
    while rest:
        count += 1
        rest.extend(children(rest.pop()))
    return count


def _panel(panels: frozenset[str]) -> str:
    preferred = ("info", "note", "tip", "warning", "error")
    return next((panel for panel in preferred if panel in panels), "info")


def _continued(node: Element, count: int) -> Element:
    """Return the list that goes on after `count` items, still without items."""
    if node.tag == "ul" or count == 0:
        return node
    start = int(node.get("start", "1")) + count
    return Element("ol", (("start", str(start)),), node.children)


def _single(
    nodes: Iterable[Node | _Lifted], breaks: bool, whole: bool = False
) -> Iterable[Node | _Lifted]:
    """Join paragraphs: neighbours by a break; later ones too if `whole`, else as new items."""
    done: list[Node | _Lifted] = []
    first: int | None = None
    for node in nodes:
        if not isinstance(node, Element) or node.tag != "p":
            done.append(node)
        elif first is None:
            first = len(done)
            done.append(node)
        elif whole or first == len(done) - 1:
            before = done[first]
            assert isinstance(before, Element)  # noqa: S101 - only paragraphs are counted
            gap: Node = element("br") if breaks else " "
            done[first] = Element("p", (), (*before.children, gap, *node.children))
        else:
            done.append(_NEXT)
            first = len(done)
            done.append(node)
    return done


__all__ = [
    "DROP",
    "LIFT",
    "PARTS",
    "UNWRAP",
    "Drop",
    "Lift",
    "Rename",
    "Replacement",
    "Unwrap",
    "Vocabulary",
    "project",
]

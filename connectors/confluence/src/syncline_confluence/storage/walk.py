"""The walk over a page: one pass, no recursion, every construct handed to the rule for its tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from syncline.body import Element
from syncline.model import Asset, Opaque

from .flow import TOP, Flow
from .opaque import block_form, inline_form, opaque_of
from .pieces import Atom, Context, Kind, Mark, Piece
from .resolver import Resolver
from .source import Source, SourceChild, SourceNode


@frozen(kw_only=True)
class Loss:
    """Something of the page that its body does not show."""

    kind: str
    """`macro`, `unsafe_macro`, `link`, `image`, `include`, `mention` or `element`."""
    name: str
    """The macro, element or target in question."""
    why: str
    """A sentence for people."""


class Frame:
    """One open element: what is left of its children, and what to do at its end."""

    __slots__ = ("children", "close", "context", "flow")

    def __init__(
        self,
        node: SourceNode,
        context: Context,
        flow: Flow,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.children: Iterator[SourceChild] = iter(node.children)
        self.context = context
        self.flow = flow
        self.close = close


Rule = Callable[["Walk", Frame, SourceNode], Frame | None]
"""Handles one element: takes it whole (None), or says how to walk its children."""


class Walk:
    """The state of one decoding."""

    def __init__(self, source: Source, resolver: Resolver, rules: dict[str, Rule]) -> None:
        self.source = source
        self.resolver = resolver
        self.opaques: dict[str, Opaque] = {}
        self.assets: dict[str, Asset] = {}
        self.losses: list[Loss] = []
        self._rules = rules

    def run(self) -> Piece:
        """Return the page as one piece; its children are its blocks."""
        root = Piece(Kind.ELEMENT, self.source.root, self.source.root)
        top = Flow(self.source.root, root)
        stack = [Frame(self.source.root, TOP, top)]
        rules, unknown = self._rules, self._rules[""]
        while stack:
            frame = stack[-1]
            flow, context = frame.flow, frame.context
            for child in frame.children:
                if isinstance(child, str):
                    flow.text(child, context)
                    continue
                inner = rules.get(child.tag, unknown)(self, frame, child)
                if inner is not None:
                    stack.append(inner)
                    break
            else:
                stack.pop()
                if frame.close is not None:
                    frame.close()
        root.children = top.finish()
        return root

    def lose(self, kind: str, name: str, why: str) -> None:
        """Record a loss."""
        self.losses.append(Loss(kind=kind, name=name, why=why))

    def opaque(
        self, frame: Frame, node: SourceNode, kind: str, text: str = "", *, inline: bool = False
    ) -> None:
        """Keep `node` as an opaque node, in the line that is open or as a block of its own."""
        opaque = opaque_of(kind, node, self.source, text)
        self.opaques[opaque.key] = opaque
        flow = frame.flow
        if inline or flow.leaf is not None or flow.line is not None:
            flow.atom(Atom(node, inline_form(opaque)), frame.context)
        else:
            self.block(frame, whole(node, block_form(opaque)))

    def inline(self, frame: Frame, node: SourceNode, shown: Element | str) -> None:
        """Show `node` as `shown`, in the line that is open or in a paragraph of its own."""
        flow = frame.flow
        if flow.leaf is not None or flow.line is not None:
            flow.atom(Atom(node, shown), frame.context)
        else:
            self.block(frame, whole(node, Element("p", (), (shown,))))

    def block(self, frame: Frame, *pieces: Piece) -> None:
        """Add whole blocks that stand for one node."""
        flow = frame.flow
        node = pieces[-1].node
        flow.end(node, frame.context)
        for piece in pieces:
            flow.block(piece)


def whole(node: SourceNode, element: Element) -> Piece:
    """Return a piece that is taken or left as a whole."""
    piece = Piece(Kind.ATOM, node)
    piece.element = element
    return piece


def span(frame: Frame, node: SourceNode, mark: Mark | None = None) -> Frame:
    """Return how to walk an inline element."""
    return Frame(node, frame.context.inside(node, mark), frame.flow)


def unwrapped(frame: Frame, node: SourceNode, inner: SourceNode) -> Frame:
    """Return how to walk a block of which only the content of `inner` counts."""
    flow = frame.flow
    flow.end(node, frame.context)
    outside = (flow.holder, flow.leaf, flow.tag)
    flow.holder, flow.leaf, flow.tag, flow.edge = inner, None, "p", None

    def close() -> None:
        flow.end(None, TOP)
        flow.holder, flow.leaf, flow.tag = outside
        flow.edge = node

    return Frame(inner, _fresh(frame.context), flow, close)


def leaf(frame: Frame, node: SourceNode, tag: str) -> Frame:
    """Return how to walk a paragraph or heading."""
    flow = frame.flow
    outside = (flow.leaf, flow.tag)
    flow.open_leaf(node, tag, frame.context)

    def close() -> None:
        flow.close_leaf()
        flow.leaf, flow.tag = outside

    return Frame(node, _fresh(frame.context), flow, close)


def container(
    walk: Walk,
    frame: Frame,
    piece: Piece,
    tag: str,
    attrs: tuple[tuple[str, str], ...] = (),
    finish: Callable[[Piece], None] | None = None,
) -> Frame:
    """Return how to walk a block that holds blocks: they become the children of `piece`.

    Children that `piece` has already come first; `finish` may rearrange them at the end.
    """
    assert piece.inner is not None, "a container has content"  # noqa: S101
    inner = Flow(piece.inner, piece)

    def close() -> None:
        piece.children += inner.finish()
        if finish is not None:
            finish(piece)
        seal(piece, tag, attrs)
        walk.block(frame, piece)

    return Frame(piece.inner, _fresh(frame.context), inner, close)


def seal(piece: Piece, tag: str, attrs: tuple[tuple[str, str], ...] = ()) -> None:
    """Give `piece` the element that its children make up."""
    piece.element = Element(tag, attrs, tuple([child.element for child in piece.children]))


def _fresh(context: Context) -> Context:
    """Return the context of a block inside inline elements: their marks go on inside it."""
    return Context(context.marks, None, None, context.outermost()) if context.marks else TOP


__all__ = [
    "Frame",
    "Loss",
    "Rule",
    "Walk",
    "container",
    "leaf",
    "seal",
    "span",
    "unwrapped",
    "whole",
]

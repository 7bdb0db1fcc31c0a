"""The walk over a page: one pass, no recursion, every construct handed to the rule for its tag."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from attrs import frozen

from syncline.body.profile import DEPTH
from syncline.body.runs import Mark
from syncline.errors import Rejected
from syncline.model import Asset, Opaque

from .flow import Flow, Holds, Place
from .opaque import block_form, inline_form, opaque_of
from .pieces import TOP, Context, Kind, Piece, Shown
from .resolver import Resolver
from .source import MAX_DEPTH, Source, SourceNode
from .traced import TracedFlow


@frozen(kw_only=True)
class Loss:
    """Something of the page that its body does not show."""

    kind: str
    """`macro`, `unsafe_macro`, `link`, `image`, `include`, `mention` or `element`."""
    name: str
    """The macro, element or target in question."""
    why: str
    """A sentence for people."""


class Scope:
    """One open element: what is left of its children, and what to do at its end."""

    __slots__ = ("children", "close", "context", "flow", "inner", "node", "under_way")

    def __init__(
        self,
        node: SourceNode,
        inner: SourceNode,
        context: Context,
        flow: Flow,
        close: Callable[[], None] | None = None,
    ) -> None:
        self.node = node
        self.inner = inner
        """Where the children are: `node`, or the body of the macro `node`."""
        self.children: Iterator[SourceNode] = iter(inner)
        self.context = context
        self.flow = flow
        self.close = close
        self.under_way: Scope | None = None
        """A child that is open already: this element was walked up to there."""


Rule = Callable[["Walk", Scope, SourceNode], "Scope | None"]
"""Handles one element: takes it whole (None), or says how to walk its children."""


class Walk:
    """The state of one decoding."""

    def __init__(
        self, source: Source, resolver: Resolver, rules: dict[str, Rule], *, traced: bool = False
    ) -> None:
        self.source = source
        self.resolver = resolver
        self.traced = traced
        self.opaques: dict[str, Opaque] = {}
        self.assets: dict[str, Asset] = {}
        self.losses: list[Loss] = []
        self.rules = rules

    def run(self) -> tuple[str, Piece]:
        """Return the page in normal form, and its blocks as the children of one piece.

        Raises:
            Rejected: elements are nested too deep.
        """
        root = self.source.root
        whole = Piece(Kind.ELEMENT, "body", root, root)
        top = TracedFlow(0, root, whole) if self.traced else Flow(0)
        self._walk(Scope(root, root, TOP, top))
        top.finish()
        if isinstance(top, TracedFlow):
            whole.children = top.pieces
        return top.joined(), whole

    def _walk(self, first: Scope) -> None:
        rules, unknown = self.rules, self.rules[""]
        scopes = [first]
        if first.inner.text:
            first.flow.text(first.inner.text, first.context)
        while scopes:
            scope = scopes[-1]
            flow, context = scope.flow, scope.context
            for child in scope.children:
                inner = rules.get(child.tag, unknown)(self, scope, child)
                if inner is not None:
                    scopes.append(inner)
                    if inner.under_way is not None:
                        inner = inner.under_way
                        scopes.append(inner)
                    if inner.inner.text:
                        inner.flow.text(inner.inner.text, inner.context)
                    break
                if child.tail:
                    flow.text(child.tail, context)
            else:
                scopes.pop()
                if scope.close is not None:
                    scope.close()
                if scopes and scope.node.tail:
                    scopes[-1].flow.text(scope.node.tail, scopes[-1].context)
            if len(scopes) > MAX_DEPTH:
                raise Rejected(f"more than {MAX_DEPTH} elements are open; flatten the page")

    def lose(self, kind: str, name: str, why: str) -> None:
        """Record a loss."""
        self.losses.append(Loss(kind=kind, name=name, why=why))

    def opaque(
        self, scope: Scope, node: SourceNode, kind: str, text: str = "", *, inline: bool = False
    ) -> None:
        """Keep `node` as an opaque node, in the line that is open or as a block of its own."""
        opaque = opaque_of(kind, node, text)
        self.opaques[opaque.key] = opaque
        flow = scope.flow
        if inline or flow.in_line:
            flow.atom(node, inline_form(opaque), scope.context)
        else:
            flow.block(block_form(opaque), Place(node), scope.context)

    def inline(
        self, scope: Scope, node: SourceNode, shown: Shown, mark: Mark | None = None
    ) -> None:
        """Show `node` inside the line that is open, or in a paragraph of its own."""
        flow = scope.flow
        if flow.in_line:
            flow.atom(node, shown, scope.context, mark)
        else:
            alone = Flow(flow.depth)
            alone.atom(node, shown, TOP, mark)
            alone.finish()
            if alone.out:
                flow.block(alone.joined(), Place(node), scope.context)

    def inside(
        self,
        scope: Scope,
        inner: SourceNode,
        holds: Holds = Holds.BLOCKS,
        *,
        box: SourceNode | None = None,
    ) -> Flow:
        """Return the flow for a container whose content is that of `inner`.

        Raises:
            Rejected: containers are nested deeper than the profile allows.
        """
        depth = scope.flow.depth + 1
        if depth > DEPTH:
            raise Rejected(f"blocks are nested deeper than {DEPTH} levels: flatten the article")
        if not self.traced:
            return Flow(depth, holds)
        owner = Piece(Kind.ELEMENT, "", inner, inner)
        owner.box = box
        return TracedFlow(depth, inner, owner, holds)


def span(scope: Scope, node: SourceNode, mark: Mark | None = None) -> Scope:
    """Return how to walk an inline element."""
    return Scope(node, node, scope.context.inside(node, mark), scope.flow)


def unwrapped(scope: Scope, node: SourceNode, inner: SourceNode) -> Scope:
    """Return how to walk a block of which only the content of `inner` counts."""
    flow = scope.flow
    outside = flow.enter(node, inner, scope.context)
    return Scope(node, inner, fresh(scope.context), flow, lambda: flow.leave(node, outside))


def leaf(scope: Scope, node: SourceNode, tag: str) -> Scope:
    """Return how to walk a paragraph or heading."""
    flow = scope.flow
    outside = (flow.leaf, flow.tag)
    flow.open_leaf(node, tag, scope.context)

    def close() -> None:
        flow.close_leaf(node)
        flow.leaf, flow.tag = outside

    return Scope(node, node, fresh(scope.context), flow, close)


def line(walk: Walk, scope: Scope, node: SourceNode, tag: str) -> Scope | None:
    """Walk a paragraph or heading at once where nothing in it has to be walked for itself."""
    flow = scope.flow
    if walk.traced or scope.context is not TOP or flow.leaf is not None:
        return leaf(scope, node, tag)
    flow.open_leaf(node, tag, TOP)
    if node.text:
        flow.text(node.text, TOP)
    rules = walk.rules
    children = iter(node)
    for child in children:
        inner = rules.get(child.tag, rules[""])(walk, scope, child)
        if inner is not None:
            return _started(scope, node, children, inner)
        if child.tail:
            flow.text(child.tail, TOP)
    flow.close_leaf(node)
    return None


def _started(scope: Scope, node: SourceNode, children: Iterator[SourceNode], inner: Scope) -> Scope:
    """Return a paragraph that was walked up to `inner`."""
    flow = scope.flow
    started = Scope(node, node, TOP, flow, lambda: flow.close_leaf(node))
    started.children = children
    started.under_way = inner
    return started


def container(
    scope: Scope,
    node: SourceNode,
    inner: SourceNode,
    flow: Flow,
    spell: Callable[[Flow], str],
) -> Scope:
    """Return how to walk a block that holds blocks; `spell` writes it in normal form."""

    def close() -> None:
        flow.finish()
        text = spell(flow)
        if text:
            place = Place(node, Kind.ELEMENT, inner, inside=flow)
            scope.flow.block(text, place, scope.context)

    return Scope(node, inner, fresh(scope.context), flow, close)


def fresh(context: Context) -> Context:
    """Return the context of a block inside inline elements: their marks go on inside it."""
    return Context(context.marks, None, None, context.outermost()) if context.marks else TOP


__all__ = [
    "Loss",
    "Rule",
    "Scope",
    "Walk",
    "container",
    "fresh",
    "leaf",
    "line",
    "span",
    "unwrapped",
]

"""Editing blocks: the difference of two block trees as splices into the page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from syncline.body import Element, render

from .changes import Changes, Coarser, is_plain
from .encode import Encoder, is_task_list
from .lines import LineEditor
from .pairing import Step, pair
from .pieces import Kind, Piece
from .slots import Slot, blocks_of, run_span, span_of, spans_of
from .source import Source, SourceNode, child
from .splices import Splices

_LEAVES = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "figure", "summary", "hr", "div", "video")
)

DEEPEST = 1_000
"""A depth that no body reaches: edits go in as deep as they can."""


class BlockEditor:
    """Turns one edited body into splices.

    Containers deeper than `depth` are not edited inside but written anew where they changed.
    """

    def __init__(
        self, source: Source, encoder: Encoder, line_editor: LineEditor, depth: int
    ) -> None:
        self.splices = Splices(source)
        self._source = source
        self._encoder = encoder
        self._changes = Changes(self.splices, encoder, line_editor)
        self._depth = depth
        self._work: list[tuple[Piece, Sequence[Slot], Sequence[Element], int]] = []
        self._known: dict[str, Slot] = {}

    def run(self, root: Piece, slots: Sequence[Slot], elements: Sequence[Element]) -> str:
        """Return the page of `root` edited so that it holds `elements`.

        Raises:
            Coarser: an edit cannot be made at this depth.
            Rejected: an edit touches what only Confluence itself can change.
        """
        self._known = _identical(slots)
        self._work = [(root, slots, elements, 0)]
        while self._work:
            owner, old, new, level = self._work.pop()
            self._level(owner, pair(old, new), level)
        self._drop_fallbacks(self._source.root)
        return self.splices.apply()

    def _level(self, owner: Piece, steps: list[Step], level: int) -> None:
        """Make the edits among the children of one container."""
        done: set[int] = set()
        for start, end in _groups(steps):
            if self._shared(steps[start:end]):
                done.update(range(start, end))
        for index, step in enumerate(steps):
            if index in done:
                continue
            if step.same:
                self._keep(steps, index)
            elif step.old is None:
                self._insert(owner, steps, index)
            elif step.new is None:
                self._remove(step.old.piece)
            else:
                self._change(step.old, step.new, level)

    # -- blocks that share an element of the source

    def _shared(self, steps: list[Step]) -> bool:
        """Edit the members of one group together where they cannot be edited one by one."""
        members = [step.old for step in steps if step.old is not None]
        node = members[0].group
        assert node is not None, "groups have an element"  # noqa: S101
        if all(step.new is None for step in steps):
            self.splices.replace(self._source.start(node), self._source.end(node), "")
            return True
        if not any(self._bursts(step, node) for step in steps):
            return False
        self._changes.spare(
            node, {m.piece.node for m in members if m.piece.node is not node}, members[0]
        )
        text = "".join(self._freed(step, node) for step in steps if step.new is not None)
        self.splices.replace(self._source.start(node), self._source.end(node), text)
        return True

    def _bursts(self, step: Step, node: SourceNode) -> bool:
        """Return whether a step cannot be made while the group stays together."""
        if step.same:
            return False
        if step.old is None:
            return True
        piece, new = step.old.piece, step.new
        if piece.around is not None and self._depth < DEEPEST:
            return True
        if piece.kind is Kind.PARAMETER:
            return new is not None and not is_plain(new)
        if new is None:
            return piece.torn or (piece.kind is not Kind.RUN and piece.node is node)
        return piece.torn or (piece.kind is Kind.RUN and new.tag != step.old.element.tag)

    def _freed(self, step: Step, node: SourceNode) -> str:
        """Return a member of a group as a block of its own."""
        assert step.new is not None, "only members that stay are freed"  # noqa: S101
        slot = step.old
        if step.same and slot is not None and slot.piece.node not in (None, node):
            assert slot.piece.node is not None  # noqa: S101
            return self._source.text(slot.piece.node)
        return self._encoder.encode((step.new,))

    # -- insertion and removal

    def _keep(self, steps: list[Step], index: int) -> None:
        """Keep two runs apart of which nothing else stands between any more."""
        slot = steps[index].old
        before = steps[index - 1] if index else None
        if slot is None or before is None or before.new is not None or not _loose(slot.piece):
            return
        left = next((s.old for s in reversed(steps[:index]) if s.new is not None), None)
        if left is not None and _loose(left.piece):
            start, end = run_span(self._source, slot.piece)
            self.splices.insert(start, "<p>")
            self.splices.insert(end, "</p>")

    def _insert(self, owner: Piece, steps: list[Step], index: int) -> None:
        element = steps[index].new
        assert element is not None, "an insertion has something to insert"  # noqa: S101
        text = self._written(owner, element)
        before = next((s.old for s in reversed(steps[:index]) if s.old is not None), None)
        after = next((s.old for s in steps[index:] if s.old is not None), None)
        if before is not None and before.piece.kind is not Kind.PARAMETER:
            self.splices.insert(self._end(before), text)
        elif after is not None:
            self.splices.insert(self._start(after), text)
        else:
            self._fill(owner, element, text, first=all(s.old is not None for s in steps[:index]))

    def _written(self, owner: Piece, element: Element) -> str:
        """Return a new block as it is written inside `owner`."""
        known = self._known.get(render((element,)))
        if known is not None and known.piece.node is not None:
            tag = known.piece.node.tag
            if element.tag not in ("li", "tr", "td", "th") or tag == element.tag:
                return self._source.text(known.piece.node)
        if element.tag != "li" or owner.node is None or owner.node.tag in ("ul", "ol"):
            return self._encoder.encode((element,))
        single = Element("ul", (), (element,))
        if owner.node.tag != "ac:task-list" or not is_task_list(single):
            raise Coarser
        text = self._encoder.encode((single,))
        return text.removeprefix("<ac:task-list>").removesuffix("</ac:task-list>")

    def _fill(self, owner: Piece, element: Element, text: str, *, first: bool) -> None:
        """Put the first blocks into a container that shows none."""
        spare = owner.spare
        if first and spare is not None and spare.tag == element.tag == "p":
            self.splices.content(spare, self._encoder.encode(element.children))
            return
        if spare is not None:
            self.splices.insert(self._source.end(spare), text)
            return
        inner = owner.inner
        if inner is None:
            raise Coarser
        if self._source.is_empty(inner):
            self.splices.content(inner, text)
        else:
            self.splices.insert(self._room(inner), text)

    def _room(self, inner: SourceNode) -> int:
        """Return where new text goes in an element without blocks: in its first layout cell."""
        stack = [inner]
        while stack:
            node = stack.pop()
            if node.tag == "ac:layout-cell" and not self._source.is_empty(node):
                return self._source.inner(node)[0]
            stack.extend(reversed(node))
        return self._source.inner(inner)[1]

    def _end(self, slot: Slot) -> int:
        """Return where a block after `slot` goes."""
        if slot.group is not None:
            return self._source.end(slot.group)
        return max(end for _, end in spans_of(self._source, slot.piece))

    def _start(self, slot: Slot) -> int:
        """Return where a block before `slot` goes."""
        if slot.group is not None:
            return self._source.start(slot.group)
        if slot.piece.kind is Kind.PARAMETER and slot.piece.node is not None:
            return self._source.start(slot.piece.node)
        return span_of(self._source, slot.piece)[0]

    def _remove(self, piece: Piece) -> None:
        for start, end in spans_of(self._source, piece):
            self.splices.replace(start, end, "")

    # -- changes

    def _change(self, slot: Slot, new: Element, level: int) -> None:
        if slot.element.tag in _LEAVES:
            self._changes.content(slot, new)
        else:
            self._container(slot, new, level)

    def _container(self, slot: Slot, new: Element, level: int) -> None:
        blocks = blocks_of(slot.element)
        if level >= self._depth or len(slot.children) != len(blocks):
            self._changes.anew(slot, new)
            return
        if (slot.element.tag, slot.element.attrs) != (new.tag, new.attrs):
            self._changes.attributes(slot, new)
        piece = slot.piece
        self._work.append((piece, slot.children, blocks_of(new), level + 1))

    def _drop_fallbacks(self, root: SourceNode) -> None:
        """Edit what repeats the content of an edited extension; where that fails, drop it."""
        stack = [root]
        while stack:
            node = stack.pop()
            fallback = child(node, "ac:adf-fallback") if node.tag == "ac:adf-extension" else None
            shown = child(node, "ac:adf-node")
            if fallback is not None and shown is not None:
                self.splices.mirror(shown, fallback)
            stack.extend(node)


def _loose(piece: Piece) -> bool:
    """Return whether a piece is text without an element of its own."""
    return piece.kind is Kind.RUN and piece.node is None


def _groups(steps: list[Step]) -> list[tuple[int, int]]:
    """Return the bounds of steps that share an element, what is inserted between them included."""
    bounds: dict[int, tuple[int, int]] = {}
    for index, step in enumerate(steps):
        if step.old is not None and step.old.group is not None:
            start, _ = bounds.get(id(step.old.group), (index, index))
            bounds[id(step.old.group)] = (start, index + 1)
    found = sorted(bounds.values())
    assert all(a[1] <= b[0] for a, b in pairwise(found)), "groups do not cross"  # noqa: S101
    return [(start, end) for start, end in found if not all(s.same for s in steps[start:end])]


def _identical(slots: Sequence[Slot]) -> dict[str, Slot]:
    """Return the blocks of the page by content: one that moved keeps its markup."""
    found: dict[str, Slot] = {}
    stack = [*slots]
    while stack:
        slot = stack.pop()
        if slot.piece.kind in (Kind.ELEMENT, Kind.ATOM) and slot.group is None:
            found.setdefault(slot.key, slot)
        stack.extend(slot.children)
    return found


__all__ = ["DEEPEST", "BlockEditor"]

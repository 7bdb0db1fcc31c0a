"""Editing blocks: the difference of two block trees as splices into the page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from syncline.body import Element, render
from syncline.errors import Rejected

from .encode import (
    Encoder,
    cdata,
    code_text,
    escape,
    is_task_list,
    parameter,
    quote,
    task_line,
)
from .lines import LineEditor
from .names import DROPPED_MACROS, HIDING_MACROS, PANEL_MACROS, PANELS
from .opaque import line_of
from .pairing import Step, pair
from .pieces import Kind, Piece
from .slots import Slot, blocks_of, run_span, span_of
from .source import Source, SourceNode, child
from .splices import Splices

_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})


DEEPEST = 1_000
"""A depth that no body reaches: edits go in as deep as they can."""


class Coarser(Exception):
    """The edit cannot be made here; an enclosing block has to be written anew."""


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
        self._lines = line_editor
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
        self._spare(node, {m.piece.node for m in members if m.piece.node is not node}, members[0])
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
            return new is not None and not _is_plain(new)
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
        return max(end for _, end in self._spans(slot.piece))

    def _start(self, slot: Slot) -> int:
        """Return where a block before `slot` goes."""
        if slot.group is not None:
            return self._source.start(slot.group)
        if slot.piece.kind is Kind.PARAMETER and slot.piece.node is not None:
            return self._source.start(slot.piece.node)
        return span_of(self._source, slot.piece)[0]

    def _spans(self, piece: Piece) -> list[tuple[int, int]]:
        """Return the bytes of a block; a list below its item may stand outside of it."""
        if piece.kind is Kind.VIRTUAL:
            return [span for inner in piece.children for span in self._spans(inner)]
        start, end = span_of(self._source, piece)
        spans = [(start, end)]
        for inner in piece.children:
            if inner.node is not None and not start <= self._source.start(inner.node) < end:
                spans += self._spans(inner)
        return spans

    def _remove(self, piece: Piece) -> None:
        for start, end in self._spans(piece):
            self.splices.replace(start, end, "")

    # -- changes

    def _change(self, slot: Slot, new: Element, level: int) -> None:
        piece = slot.piece
        if piece.kind is Kind.PARAMETER:
            self._parameter(piece, new)
        elif piece.kind is Kind.ATOM and new.tag != "figure":
            raise Rejected(
                f"the block {_shown(slot)} stands for a macro that only Confluence can change"
            )
        elif slot.element.tag in _LINES or slot.element.tag == "figcaption":
            self._line(piece, new)
        elif slot.element.tag == "pre":
            self._code(slot, new)
        elif slot.element.tag == "figure":
            self._figure(slot, new)
        else:
            self._container(slot, new, level)

    def _line(self, piece: Piece, new: Element) -> None:
        words: Sequence[Element | str] = new.children
        if piece.box is not None:
            words = self._task(piece.box, new)
        text = self._lines.edit(piece, words)
        tag = new.tag if new.tag in _LINES else "p"
        if piece.kind is Kind.RUN:
            wrapped = text if tag == "p" else f"<{tag}>{text}</{tag}>"
            self.splices.replace(*run_span(self._source, piece), wrapped)
            return
        node = piece.node
        assert node is not None, "a line that is no run is an element"  # noqa: S101
        if node.tag in _LINES and node.tag != tag:
            opening = self._source.start_tag(node).removeprefix(f"<{node.tag}")
            end = self._source.end(node)
            self.splices.replace(self._source.start(node), end, f"<{tag}{opening}{text}</{tag}>")
        else:
            self.splices.content(node, text)

    def _task(self, box: SourceNode, new: Element) -> Sequence[Element | str]:
        status, words = task_line(new)
        if not status:
            raise Coarser
        if status != line_of(box):
            self.splices.content(box, status)
        return words

    def _parameter(self, piece: Piece, new: Element) -> None:
        if not _is_plain(new):
            raise Coarser
        text = "".join(word for word in new.children if isinstance(word, str))
        assert piece.node is not None, "a parameter belongs to a macro"  # noqa: S101
        self._set(piece.node, piece.inner, piece.name, text)

    def _set(self, macro: SourceNode, node: SourceNode | None, name: str, text: str) -> None:
        """Give a macro's parameter a value; an empty one removes it."""
        if node is None and text:
            self.splices.insert(self._source.tag_end(macro), parameter(name, text))
        elif node is not None and text:
            self.splices.content(node, escape(text))
        elif node is not None:
            self.splices.replace(self._source.start(node), self._source.end(node), "")

    def _code(self, slot: Slot, new: Element) -> None:
        node, inner = slot.piece.node, slot.piece.inner
        assert node is not None and inner is not None, "code has a body"  # noqa: S101, PT018
        language, text = _language(new), code_text(new)
        changed = language != _language(slot.element)
        if changed and node.get("ac:name", "") != "code":
            encoded = self._encoder.encode((new,))
            self.splices.replace(self._source.start(node), self._source.end(node), encoded)
            return
        if changed:
            self._set(node, _parameter_of(node, "language"), "language", language)
        if text != code_text(slot.element):
            self.splices.content(inner, escape(text) if node is inner else cdata(text))

    def _figure(self, slot: Slot, new: Element) -> None:
        """Change caption or alternative text of an image that stays; else write it anew."""
        node = slot.piece.node
        old_image, new_image = _image(slot.element), _image(new)
        if node is None or node.tag != "ac:image" or old_image.get("src") != new_image.get("src"):
            self._anew(slot, new)
            return
        if old_image != new_image:
            name = "ac:alt" if node.get("ac:alt") or not node.get("ac:title") else "ac:title"
            self.splices.attribute(node, node.tag, **{name: new_image.get("alt")})
        if _caption(slot.element) != _caption(new):
            self._caption(slot, node, _caption(new))

    def _caption(self, slot: Slot, node: SourceNode, new: Element | None) -> None:
        caption = child(node, "ac:caption")
        lines = slot.piece.children
        if new is None:
            if caption is not None:
                self.splices.replace(self._source.start(caption), self._source.end(caption), "")
        elif caption is not None and len(lines) == 1 and lines[0].kind is not Kind.ATOM:
            self._line(lines[0], new)
        elif caption is not None:
            self.splices.content(caption, f"<p>{self._encoder.encode(new.children)}</p>")
        else:
            text = f"<ac:caption><p>{self._encoder.encode(new.children)}</p></ac:caption>"
            start, end = self._source.inner(node)
            self.splices.insert(max(start, end), text)

    def _container(self, slot: Slot, new: Element, level: int) -> None:
        blocks = blocks_of(slot.element)
        if level >= self._depth or len(slot.children) != len(blocks):
            self._anew(slot, new)
            return
        if (slot.element.tag, slot.element.attrs) != (new.tag, new.attrs):
            self._attributes(slot, new)
        piece = slot.piece
        self._work.append((piece, slot.children, blocks_of(new), level + 1))

    def _attributes(self, slot: Slot, new: Element) -> None:
        node, old = slot.piece.node, slot.element
        if node is None:
            raise Coarser
        if old.tag == "section" and node.tag != "ac:adf-extension":
            self._panel(node, old, new)
        elif node.tag in ("ul", "ol", "td", "th"):
            names = {name for name, _ in (*old.attrs, *new.attrs)}
            self.splices.attribute(node, new.tag, **{n: new.get(n) for n in sorted(names)})
        else:
            raise Coarser

    def _panel(self, node: SourceNode, old: Element, new: Element) -> None:
        if old.get("title") != new.get("title"):
            self._set(node, _parameter_of(node, "title"), "title", new.get("title"))
        kind = new.get("data-panel")
        if PANELS.get(node.get("ac:name", "")) != kind:
            self.splices.attribute(node, node.tag, **{"ac:name": PANEL_MACROS[kind]})

    def _anew(self, slot: Slot, new: Element) -> None:
        """Write a block anew, unless that would lose what its body does not show."""
        piece = slot.piece
        if slot.group is not None or piece.kind is Kind.VIRTUAL or piece.node is None:
            raise Coarser
        self._spare(piece.node, set(), slot)
        spans = self._spans(piece)
        for start, end in spans[1:]:
            self.splices.replace(start, end, "")
        self.splices.replace(*spans[0], self._encoder.encode((new,)))

    def _spare(self, node: SourceNode, kept: set[SourceNode | None], slot: Slot) -> None:
        """Refuse to write `node` anew where that would lose what its body does not show."""
        island = _island(node, kept)
        if island:
            raise Rejected(f"the edit of {_shown(slot)} would lose {island}; make it in Confluence")

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


def _is_plain(element: Element) -> bool:
    return all(isinstance(child, str) for child in element.children)


def _shown(slot: Slot) -> str:
    return quote(slot.key[:60])


def _language(element: Element) -> str:
    code = element.children[0] if element.children else None
    return code.get("data-lang") if isinstance(code, Element) else ""


def _parameter_of(macro: SourceNode, name: str) -> SourceNode | None:
    found = (c for c in macro if c.tag == "ac:parameter" and c.get("ac:name") == name)
    return next(found, None)


def _image(figure: Element) -> Element:
    image = figure.children[0]
    assert isinstance(image, Element), "a figure starts with its image"  # noqa: S101
    return image


def _caption(figure: Element) -> Element | None:
    rest = figure.children[1:]
    return rest[0] if rest and isinstance(rest[0], Element) else None


_ISLANDS = frozenset(
    {
        "ac:adf-extension",
        "ac:inline-comment-marker",
        "ac:layout",
        "ac:placeholder",
        "ac:task-list",
    }
)


def _island(root: SourceNode, kept: set[SourceNode | None]) -> str:
    """Name something below `root` that writing its block anew would lose; empty when nothing.

    What is below `kept` is not lost.
    """
    stack = [*root]
    while stack:
        node = stack.pop()
        if node in kept:
            continue
        name = node.get("ac:name", "")
        if node.tag in _ISLANDS:
            return f"<{node.tag}>"
        if node.tag in ("ac:structured-macro", "ac:macro") and _is_island(node, name):
            return f"the macro {name!r}"
        stack.extend(node)
    return ""


def _is_island(node: SourceNode, name: str) -> bool:
    if name in DROPPED_MACROS or name in HIDING_MACROS:
        return True
    known = {*PANELS, "expand", "code", "noformat"} - {"panel"}
    return child(node, "ac:rich-text-body") is not None and name not in known


__all__ = ["DEEPEST", "BlockEditor", "Coarser"]

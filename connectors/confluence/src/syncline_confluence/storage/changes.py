"""Changes of one block: its words, its parameters, its picture, its attributes."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.body import Element
from syncline.errors import Rejected

from .encode import Encoder, cdata, code_text, escape, parameter, quote, task_line
from .islands import island
from .lines import LineEditor
from .names import PANEL_MACROS, PANELS
from .opaque import line_of
from .pieces import Kind, Piece
from .slots import Slot, run_span, spans_of
from .source import Source, SourceNode, child
from .splices import Splices

_LINES = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})


class Coarser(Exception):
    """The edit cannot be made here; an enclosing block has to be written anew."""


class Changes:
    """Makes changes of single blocks as splices."""

    def __init__(self, splices: Splices, encoder: Encoder, line_editor: LineEditor) -> None:
        self._splices = splices
        self._source: Source = splices.source
        self._encoder = encoder
        self._lines = line_editor

    def content(self, slot: Slot, new: Element) -> None:
        """Change a block that holds no blocks.

        Raises:
            Coarser: it cannot be changed by itself.
            Rejected: only Confluence can change it.
        """
        piece = slot.piece
        if piece.kind is Kind.PARAMETER:
            self._parameter(piece, new)
        elif piece.kind is Kind.ATOM and new.tag != "figure":
            raise Rejected(
                f"the block {shown(slot)} stands for a macro that only Confluence can change"
            )
        elif slot.element.tag == "pre":
            self._code(slot, new)
        elif slot.element.tag == "figure":
            self._figure(slot, new)
        else:
            self._line(piece, new)

    def _line(self, piece: Piece, new: Element) -> None:
        words: Sequence[Element | str] = new.children
        if piece.box is not None:
            words = self._task(piece.box, new)
        text = self._lines.edit(piece, words)
        tag = new.tag if new.tag in _LINES else "p"
        if piece.kind is Kind.RUN:
            wrapped = text if tag == "p" else f"<{tag}>{text}</{tag}>"
            self._splices.replace(*run_span(self._source, piece), wrapped)
            return
        node = piece.node
        assert node is not None, "a line that is no run is an element"  # noqa: S101
        if node.tag in _LINES and node.tag != tag:
            opening = self._source.start_tag(node).removeprefix(f"<{node.tag}")
            end = self._source.end(node)
            self._splices.replace(self._source.start(node), end, f"<{tag}{opening}{text}</{tag}>")
        else:
            self._splices.content(node, text)

    def _task(self, box: SourceNode, new: Element) -> Sequence[Element | str]:
        status, words = task_line(new)
        if not status:
            raise Coarser
        if status != line_of(box):
            self._splices.content(box, status)
        return words

    def _parameter(self, piece: Piece, new: Element) -> None:
        if not is_plain(new):
            raise Coarser
        text = "".join(word for word in new.children if isinstance(word, str))
        assert piece.node is not None, "a parameter belongs to a macro"  # noqa: S101
        self._set(piece.node, piece.inner, piece.name, text)

    def _set(self, macro: SourceNode, node: SourceNode | None, name: str, text: str) -> None:
        """Give a macro's parameter a value; an empty one removes it."""
        if node is None and text:
            self._splices.insert(self._source.tag_end(macro), parameter(name, text))
        elif node is not None and text:
            self._splices.content(node, escape(text))
        elif node is not None:
            self._splices.replace(self._source.start(node), self._source.end(node), "")

    def _code(self, slot: Slot, new: Element) -> None:
        node, inner = slot.piece.node, slot.piece.inner
        assert node is not None and inner is not None, "code has a body"  # noqa: S101, PT018
        language, text = _language(new), code_text(new)
        changed = language != _language(slot.element)
        if changed and node.get("ac:name", "") != "code":
            encoded = self._encoder.encode((new,))
            self._splices.replace(self._source.start(node), self._source.end(node), encoded)
            return
        if changed:
            self._set(node, _parameter_of(node, "language"), "language", language)
        if text != code_text(slot.element):
            self._splices.content(inner, escape(text) if node is inner else cdata(text))

    def _figure(self, slot: Slot, new: Element) -> None:
        """Change caption or alternative text of an image that stays; else write it anew."""
        node = slot.piece.node
        old_image, new_image = _image(slot.element), _image(new)
        if node is None or node.tag != "ac:image" or old_image.get("src") != new_image.get("src"):
            self.anew(slot, new)
            return
        if old_image != new_image:
            name = "ac:alt" if node.get("ac:alt") or not node.get("ac:title") else "ac:title"
            self._splices.attribute(node, node.tag, **{name: new_image.get("alt")})
        if _caption(slot.element) != _caption(new):
            self._caption(slot, node, _caption(new))

    def _caption(self, slot: Slot, node: SourceNode, new: Element | None) -> None:
        caption = child(node, "ac:caption")
        lines = slot.piece.children
        if new is None:
            if caption is not None:
                self._splices.replace(self._source.start(caption), self._source.end(caption), "")
        elif caption is not None and len(lines) == 1 and lines[0].kind is not Kind.ATOM:
            self._line(lines[0], new)
        elif caption is not None:
            self._splices.content(caption, f"<p>{self._encoder.encode(new.children)}</p>")
        else:
            text = f"<ac:caption><p>{self._encoder.encode(new.children)}</p></ac:caption>"
            start, end = self._source.inner(node)
            self._splices.insert(max(start, end), text)

    def attributes(self, slot: Slot, new: Element) -> None:
        node, old = slot.piece.node, slot.element
        if node is None:
            raise Coarser
        if old.tag == "section" and node.tag != "ac:adf-extension":
            self._panel(node, old, new)
        elif node.tag in ("ul", "ol", "td", "th"):
            names = {name for name, _ in (*old.attrs, *new.attrs)}
            self._splices.attribute(node, new.tag, **{n: new.get(n) for n in sorted(names)})
        else:
            raise Coarser

    def _panel(self, node: SourceNode, old: Element, new: Element) -> None:
        if old.get("title") != new.get("title"):
            self._set(node, _parameter_of(node, "title"), "title", new.get("title"))
        kind = new.get("data-panel")
        if PANELS.get(node.get("ac:name", "")) != kind:
            self._splices.attribute(node, node.tag, **{"ac:name": PANEL_MACROS[kind]})

    def anew(self, slot: Slot, new: Element) -> None:
        """Write a block anew, unless that would lose what its body does not show."""
        piece = slot.piece
        if slot.group is not None or piece.kind is Kind.VIRTUAL or piece.node is None:
            raise Coarser
        self.spare(piece.node, set(), slot)
        spans = spans_of(self._source, piece)
        for start, end in spans[1:]:
            self._splices.replace(start, end, "")
        self._splices.replace(*spans[0], self._encoder.encode((new,)))

    def spare(self, node: SourceNode, kept: set[SourceNode | None], slot: Slot) -> None:
        """Refuse to write `node` anew where that would lose what its body does not show."""
        lost = island(node, kept)
        if lost:
            raise Rejected(f"the edit of {shown(slot)} would lose {lost}; make it in Confluence")


def is_plain(element: Element) -> bool:
    return all(isinstance(child, str) for child in element.children)


def shown(slot: Slot) -> str:
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


__all__ = ["Changes", "Coarser", "is_plain"]

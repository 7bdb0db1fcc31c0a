"""Writing an edited body back into the page it was read from."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.body import parse, rewrite_links
from syncline.errors import Rejected
from syncline.model import Opaque, Ref

from .blocks import DEEPEST, BlockEditor
from .changes import Coarser
from .decode import Traced, decode, trace
from .encode import Encoder
from .hrefs import outward
from .lines import LineEditor
from .pieces import Kind, Piece
from .resolver import Resolver
from .slots import Slot, Unmatched, slots_of
from .source import SourceNode
from .splices import Overlap
from .units import Key, old_units

_WAYS = ((DEEPEST, True), *((depth, False) for depth in (DEEPEST, 3, 2, 1, 0)))
"""How deep edits go inside containers: as deep as can be first, then with larger parts anew; and
whether lines stay as they were written, too."""


def patch(
    raw: str,
    body: str,
    resolver: Resolver,
    opaques: Mapping[str, Opaque] | None = None,
    ref: Ref | None = None,
) -> str:
    """Return the page `raw` edited so that it reads as `body`.

    Blocks that the edit does not touch keep their bytes; in an edited line, what is kept keeps
    its markup. The result is read again and must be `body`. `body` must have passed `project`;
    `opaques` are nodes of other pages that `body` may bring along.

    Raises:
        Rejected: the edit cannot be placed without losing something of the page.
    """
    traced = trace(raw, resolver, ref)
    page = traced.page
    wanted = rewrite_links(body, lambda href: outward(href, resolver) or href)
    if page.body == wanted:
        return raw
    return _Patch(traced, wanted, resolver, {**(opaques or {}), **page.opaques}, ref).run()


class _Patch:
    def __init__(
        self,
        page: Traced,
        wanted: str,
        resolver: Resolver,
        opaques: Mapping[str, Opaque],
        ref: Ref | None,
    ) -> None:
        self._page = page
        self._wanted = wanted
        self._resolver = resolver
        self._encoder = Encoder(resolver=resolver, opaques=opaques)
        self._ref = ref

    def run(self) -> str:
        try:
            slots = slots_of(
                self._page.root.children, parse(self._page.page.body), self._page.source
            )
        except Unmatched as error:
            raise self._refused("its blocks are not where they seem") from error
        moved = _atoms(self._page.root)
        reason = "the result would not read as the edit"
        for depth, faithful in _WAYS:
            try:
                text = self._attempt(slots, moved, depth, faithful)
            except (Coarser, Overlap):
                continue
            except Rejected as error:
                reason = str(error)
                continue
            if text is not None:
                return text
        raise self._refused(reason)

    def _attempt(
        self, slots: list[Slot], moved: dict[Key, SourceNode], depth: int, faithful: bool
    ) -> str | None:
        """Return the edited page, None when it does not read as wanted."""
        source = self._page.source
        lines = LineEditor(source, self._encoder, moved, faithful=faithful)
        editor = BlockEditor(source, self._encoder, lines, depth)
        text = editor.run(self._page.root, slots, parse(self._wanted))
        return text if decode(text, self._resolver, self._ref).body == self._wanted else None

    def _refused(self, reason: str) -> Rejected:
        where = str(self._ref) if self._ref else "page"
        return Rejected(
            f"{where}: the edit cannot be written into the page: {reason}", ref=self._ref
        )


def _atoms(root: Piece) -> dict[Key, SourceNode]:
    """Return the inline atoms of a page by key."""
    found: dict[Key, SourceNode] = {}
    stack = [*root.children]
    while stack:
        piece = stack.pop()
        stack.extend(piece.children)
        if piece.kind in (Kind.ELEMENT, Kind.RUN):
            for unit in old_units(piece):
                if unit.node is not None and not unit.hidden and not unit.text:
                    found.setdefault(unit.key, unit.node)
    return found


__all__ = ["patch"]

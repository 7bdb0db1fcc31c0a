"""Storage format to body profile."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from syncline.body import finish
from syncline.model import Asset, Opaque, Ref

from . import html, links, macros, media, tasks
from .pieces import Piece
from .resolver import Resolver
from .source import Source, parse
from .walk import Loss, Rule, Walk

RULES: dict[str, Rule] = {
    **html.RULES,
    **macros.RULES,
    **links.RULES,
    **media.RULES,
    **tasks.RULES,
}


@frozen(kw_only=True)
class Decoded:
    """A page in the body profile."""

    body: str
    opaques: Mapping[str, Opaque]
    assets: Mapping[str, Asset]
    losses: tuple[Loss, ...]
    source: Source = field(repr=False)
    root: Piece = field(repr=False)
    """The whole page as a piece: its children are the blocks of the body."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The blocks of the body with their places in the source."""
        return tuple(self.root.children)


def decode(raw: str | Source, resolver: Resolver, ref: Ref | None = None) -> Decoded:
    """Return the page `raw` in the body profile. Pure, total on well-formed pages.

    Raises:
        Rejected: it cannot be parsed, or is too large or too deep for the profile.
    """
    source = parse(raw, ref) if isinstance(raw, str) else raw
    walk = Walk(source, resolver, RULES)
    root = walk.run()
    return Decoded(
        body=finish([piece.element for piece in root.children]),
        opaques=walk.opaques,
        assets=walk.assets,
        losses=tuple(walk.losses),
        source=source,
        root=root,
    )


__all__ = ["RULES", "Decoded", "decode"]

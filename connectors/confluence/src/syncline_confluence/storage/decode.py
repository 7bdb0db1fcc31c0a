"""Storage format to body profile."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from syncline.body.profile import NODES
from syncline.body.sanitise import sanitised
from syncline.errors import Rejected
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


@frozen(kw_only=True)
class Traced:
    """A page in the body profile, with the place of every block."""

    page: Decoded
    source: Source = field(repr=False)
    root: Piece = field(repr=False)
    """The whole page as a piece: its children are the blocks of the body."""


def decode(raw: str | Source, resolver: Resolver, ref: Ref | None = None) -> Decoded:
    """Return the page `raw` in the body profile. Pure, total on well-formed pages.

    The walk writes the normal form itself; the sanitiser has the last word on it.

    Raises:
        Rejected: it cannot be parsed, or is too large or too deep for the profile.
    """
    source = parse(raw, ref) if isinstance(raw, str) else raw
    return _decoded(Walk(source, resolver, RULES), ref)[0]


def trace(raw: str, resolver: Resolver, ref: Ref | None = None) -> Traced:
    """Return what `decode` returns and where each block stands, for writing back.

    Raises:
        Rejected: as for `decode`.
    """
    source = parse(raw, ref, places=True)
    page, root = _decoded(Walk(source, resolver, RULES, traced=True), ref)
    return Traced(page=page, source=source, root=root)


def _decoded(walk: Walk, ref: Ref | None) -> tuple[Decoded, Piece]:
    try:
        text, root = walk.run()
        if text.count("<") > 2 * NODES:
            raise Rejected(f"the body has more than {NODES} elements: split the page")
        body = sanitised(text)
    except Rejected as error:
        raise Rejected(f"{ref or 'page body'}: {error}", ref=ref) from error
    page = Decoded(body=body, opaques=walk.opaques, assets=walk.assets, losses=tuple(walk.losses))
    return page, root


__all__ = ["RULES", "Decoded", "Traced", "decode", "trace"]

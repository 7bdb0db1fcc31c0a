"""The last word on every body: nh3 with the profile's allow-list, on the final string."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

import nh3

from ..errors import Rejected
from .characters import printable
from .markup import build
from .profile import ATTRIBUTES, NEVER, SIZE, TAGS
from .scan import check_cost
from .tree import Node
from .urls import SCHEMES
from .writer import write

_ROUNDS = 4


def cleaner(tags: Set[str], attributes: Mapping[str, Set[str]]) -> nh3.Cleaner:
    """Return an nh3 cleaner for an allow-list.

    Raises:
        ValueError: `tags` has one that is never safe, or `attributes` names code or `cite`.
    """
    if unsafe := sorted(tags & NEVER):
        raise ValueError(f"never allowed in a body: <{'>, <'.join(unsafe)}>")
    names = {name for allowed in attributes.values() for name in allowed}
    if bad := sorted(n for n in names if n in _NO_ATTRIBUTE or n.startswith("on")):
        raise ValueError(f"attributes never allowed in a body: {', '.join(bad)}")
    return nh3.Cleaner(
        tags=set(tags),
        attributes={tag: set(names) for tag, names in attributes.items()},
        clean_content_tags=set(NEVER),
        link_rel=None,
        url_schemes=set(SCHEMES),
        url_relative=lambda url: url if url.startswith("#") else None,
    )


_NO_ATTRIBUTE = frozenset({"cite", "class", "id", "name", "style", "srcset", "srcdoc", "action"})

_final = cleaner(TAGS, ATTRIBUTES)
_first = cleaner(
    TAGS
    | {"b", "i", "cite", "dfn", "var", "del", "strike", "ins", "tt", "kbd", "samp"}
    | {"article", "aside", "address", "center", "dd", "dl", "dt", "footer", "header", "main"}
    | {"nav", "tfoot", "menu", "hgroup", "fieldset", "legend", "search"},
    {**ATTRIBUTES, "pre": frozenset({"data-lang"})},
)


def finish(nodes: Iterable[Node]) -> str:
    """Return the body for a loose tree: normal form, then nh3, last and unedited.

    A fixed point: of nh3, of reparsing and of itself.

    Raises:
        Rejected: too deep, too many elements, too long.
    """
    return sanitised(write(nodes))


def sanitised(text: str) -> str:
    """Return normal markup after nh3 has nothing to object to any more."""
    for _ in range(_ROUNDS):
        if len(text) > SIZE:
            raise Rejected(f"the body is longer than {SIZE} characters: split the article")
        clean = _final.clean(text)
        if clean == text:
            return clean
        text = write(build(clean))
    raise Rejected("the sanitiser and the normal form do not agree on this body")


def from_html(html: str | bytes) -> str:
    """Return the body for any HTML, hostile or broken.

    Bytes are UTF-8. What the profile cannot say is unwrapped; scripts, styles, embedded and
    foreign content go.

    Raises:
        Rejected: it is too long, too deep, or would cost a parser too much; the message says which.
    """
    if isinstance(html, bytes):
        html = html[: SIZE + 1].decode("utf-8-sig", "replace")
    if len(html) > SIZE:
        raise Rejected(f"the HTML is longer than {SIZE} characters: split the article")
    html = printable(html)
    check_cost(html)
    return finish(build(_first.clean(html)))

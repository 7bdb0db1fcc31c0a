"""What an HTML parser would have to do for a text, estimated in one linear pass before it runs.

html5ever (inside nh3) is quadratic on nesting, on attributes of one tag, on formatting elements
that are closed in the wrong order and on content misplaced in tables; native code cannot be
interrupted, so such a text is refused before.
"""

from __future__ import annotations

import re

from ..errors import Rejected
from .profile import NODES

OPEN_ELEMENTS = 200
ATTRIBUTES = 1_000
WORK = 2_000_000
"""Elements that a parser may build or visit; 5 MB of ordinary HTML stay far below."""

_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]*)([^>]*)")
_VOID = frozenset(
    {"area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "image"}
    | {"input", "keygen", "link", "meta", "param", "source", "track", "wbr"}
)
_CLOSED_BY_SIBLING = frozenset(
    {"p", "li", "dd", "dt", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot"}
    | {"rp", "rt"}
)
_FORMATTING = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong"}
    | {"tt", "u"}
)


def check_cost(html: str) -> None:
    """Pass when an HTML parser will finish `html` in bounded time and memory.

    Raises:
        Rejected: with the reason.
    """
    opened: list[str] = []
    counts: dict[str, int] = {}
    work = strays = 0
    for count, tag in enumerate(_TAG.finditer(html)):
        closing, name, rest = tag[1], tag[2].lower(), tag[3]
        if count > NODES * 2:
            raise Rejected(f"the HTML has more than {NODES} elements: split the article")
        work += strays
        if counts.get("table"):
            # Misplaced content is moved before the table, past all that was moved before.
            work += count >> 6
        if work > WORK:
            raise Rejected("the HTML is nested so badly that parsing it would take too long")
        if rest.count("=") > ATTRIBUTES or rest.count(" ") > 50 * ATTRIBUTES:
            raise Rejected(f"<{name[:20]}> has more than {ATTRIBUTES} attributes")
        if closing:
            strays += _close(name, opened, counts)
        elif name not in _VOID:
            if opened and opened[-1] == name and name in _CLOSED_BY_SIBLING:
                continue
            opened.append(name)
            counts[name] = counts.get(name, 0) + 1
            if len(opened) > OPEN_ELEMENTS:
                raise Rejected(f"the HTML is nested deeper than {OPEN_ELEMENTS} elements")


def _close(name: str, opened: list[str], counts: dict[str, int]) -> int:
    """Close up to `name`; return how many formatting elements were left open by that."""
    if not counts.get(name):
        return 0
    strays = 0
    while True:
        last = opened.pop()
        counts[last] -= 1
        if last == name:
            return strays
        strays += last in _FORMATTING

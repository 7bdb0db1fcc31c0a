"""The body profile: a closed HTML vocabulary in normal form.

A body is the text of a small HTML vocabulary with one spelling for each meaning; its tree is the
parsed view of that text, one to one. Codecs build loose trees and call `finish`; nothing else
makes a body. See `docs/body-profile.md` for the vocabulary and its rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .carrying import Carried, carry
    from .differences import Change, Hunk, Span, diff, diff_html, diff_text
    from .leaf import Leaf, leaves
    from .loss import Loss, losses
    from .markup import render
    from .merging import Clash, Merge, merge
    from .parsing import normal, parse
    from .projection import (
        DROP,
        LIFT,
        UNWRAP,
        Drop,
        Lift,
        Rename,
        Replacement,
        Unwrap,
        Vocabulary,
        project,
    )
    from .references import assets, links, opaque_keys, plain_text, rewrite_links
    from .sanitise import finish, from_html
    from .tree import Blocks, Element, Node, element

# Loaded as they are asked for: a pass that finds nothing new looks at no body.
_MODULES = {
    "carrying": ("Carried", "carry"),
    "differences": ("Change", "Hunk", "Span", "diff", "diff_html", "diff_text"),
    "leaf": ("Leaf", "leaves"),
    "loss": ("Loss", "losses"),
    "markup": ("render",),
    "merging": ("Clash", "Merge", "merge"),
    "parsing": ("normal", "parse"),
    "projection": (
        "DROP",
        "LIFT",
        "UNWRAP",
        "Drop",
        "Lift",
        "Rename",
        "Replacement",
        "Unwrap",
        "Vocabulary",
        "project",
    ),
    "references": ("assets", "links", "opaque_keys", "plain_text", "rewrite_links"),
    "sanitise": ("finish", "from_html"),
    "tree": ("Blocks", "Element", "Node", "element"),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:  # which knows all of them, and no others

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = found
        return found


__all__ = [
    "DROP",
    "LIFT",
    "UNWRAP",
    "Blocks",
    "Carried",
    "Change",
    "Clash",
    "Drop",
    "Element",
    "Hunk",
    "Leaf",
    "Lift",
    "Loss",
    "Merge",
    "Node",
    "Rename",
    "Replacement",
    "Span",
    "Unwrap",
    "Vocabulary",
    "assets",
    "carry",
    "diff",
    "diff_html",
    "diff_text",
    "element",
    "finish",
    "from_html",
    "leaves",
    "links",
    "losses",
    "merge",
    "normal",
    "opaque_keys",
    "parse",
    "plain_text",
    "project",
    "render",
    "rewrite_links",
]

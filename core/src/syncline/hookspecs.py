"""The hook that a plugin module may implement (pluggy project name: `syncline`).

A module that simply has an attribute `connector` needs no hook at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from .connector import Connector

hookspec = pluggy.HookspecMarker("syncline")
hookimpl = pluggy.HookimplMarker("syncline")


@hookspec
def syncline_connectors() -> Sequence[Connector]:
    """Return the connectors that this plugin provides."""
    return ()


__all__ = ["hookimpl", "hookspec", "syncline_connectors"]

"""Which systems can be simulated: each is a package here that is loaded only when it is wanted."""

from __future__ import annotations

from pathlib import Path

_OTHERS = frozenset({"kernel"})


def systems() -> list[str]:
    """The names of the simulators that are installed with this package."""
    found = (path.parent.name for path in Path(__file__).parent.glob("*/__init__.py"))
    return sorted(set(found) - _OTHERS)

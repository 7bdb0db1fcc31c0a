"""A local Confluence Cloud: `syncline simulate confluence`."""

from __future__ import annotations

from ..kernel import Options, Simulator
from .simulator import ConfluenceSimulator

__all__ = ["ConfluenceSimulator", "build"]


def build(options: Options) -> Simulator:
    """A site with its people and an empty space `KB`."""
    return ConfluenceSimulator(options)

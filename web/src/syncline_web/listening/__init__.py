"""Servers in a running event loop: bound first, bounded, and stopped without a signal."""

from __future__ import annotations

from .servers import serving
from .sockets import bound

__all__ = ["bound", "serving"]

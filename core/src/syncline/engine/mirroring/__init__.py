"""Mirroring: what a source tells live, carried to a sink, each event once or more and in order."""

from __future__ import annotations

from .figures import Figures
from .known import Known
from .mirror import Mirror

__all__ = ["Figures", "Known", "Mirror"]

"""Benchmarks that are also scripts of their own: their modules import their neighbours by name."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType


def adopt(folder: str, name: str) -> ModuleType:
    """Return the module `folder/name.py` of the benchmarks, as the script would see itself."""
    path = str(Path(__file__).parent / folder)
    if path not in sys.path:
        sys.path.append(path)
    return importlib.import_module(name)

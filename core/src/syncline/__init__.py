"""Keeps systems in agreement.

The names below are loaded when they are first used, so that importing `syncline` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import Config
    from .config import read as read_config
    from .connector import Connector, Context, setting
    from .engine import Plan, Report, Session
    from .engine.opening.session import open_session
    from .errors import SynclineError
    from .mapping import Mapping
    from .model import Document, Record, Ref, Side, Status
    from .runner import Runner

__version__ = "0.1.0"

_HOMES = {
    "Config": ".config:Config",
    "Connector": ".connector:Connector",
    "Context": ".connector:Context",
    "Document": ".model:Document",
    "Mapping": ".mapping:Mapping",
    "Plan": ".engine:Plan",
    "Record": ".model:Record",
    "Ref": ".model:Ref",
    "Report": ".engine:Report",
    "Runner": ".runner:Runner",
    "Session": ".engine:Session",
    "Side": ".model:Side",
    "Status": ".model:Status",
    "SynclineError": ".errors:SynclineError",
    "open_session": ".engine.opening.session:open_session",
    "read_config": ".config:read",
    "setting": ".connector:setting",
}

__all__ = [
    "Config",
    "Connector",
    "Context",
    "Document",
    "Mapping",
    "Plan",
    "Record",
    "Ref",
    "Report",
    "Runner",
    "Session",
    "Side",
    "Status",
    "SynclineError",
    "__version__",
    "open_session",
    "read_config",
    "setting",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    value: object = getattr(import_module(module, __name__), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""`syncline.toml`: typed, with every fault at its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .configuration import Config
from .connections import Connection
from .file import load, read
from .jobs import DocumentsJob, Job, PassJob, StreamJob

if TYPE_CHECKING:
    from .jobs.configuration import ConfigJob
    from .jobs.events import EventsJob
    from .jobs.merge import MergeJob


def __getattr__(name: str) -> object:
    """Import what only some files need when it is asked for: a check pays for every module."""
    if name == "ConfigJob":
        from .jobs.configuration import ConfigJob

        return ConfigJob
    if name == "EventsJob":
        from .jobs.events import EventsJob

        return EventsJob
    if name == "MergeJob":
        from .jobs.merge import MergeJob

        return MergeJob
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Config",
    "ConfigJob",
    "Connection",
    "DocumentsJob",
    "EventsJob",
    "Job",
    "MergeJob",
    "PassJob",
    "StreamJob",
    "load",
    "read",
]

"""`syncline.toml`: typed, with every fault at its line and column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .connections import Connection
from .file import Config, load, read
from .jobs import DocumentsJob, Job

if TYPE_CHECKING:
    from .jobs.configuration import ConfigJob


def __getattr__(name: str) -> object:
    """Import what only some files need when it is asked for: a check pays for every module."""
    if name == "ConfigJob":
        from .jobs.configuration import ConfigJob

        return ConfigJob
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["Config", "ConfigJob", "Connection", "DocumentsJob", "Job", "load", "read"]

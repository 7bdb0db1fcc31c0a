"""`syncline.toml`: typed, with every fault at its line and column."""

from __future__ import annotations

from .connections import Connection
from .file import Config, load, read
from .jobs import DocumentsJob, Job

__all__ = ["Config", "Connection", "DocumentsJob", "Job", "load", "read"]

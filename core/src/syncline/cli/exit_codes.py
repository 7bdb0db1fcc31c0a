"""Exit statuses, and the one line that an error becomes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

DONE = 0
FAILED = 1
"""Some items failed, now or before, or cannot be written; or a system could not be reached."""
USAGE = 2
"""Wrong usage or configuration."""
CONFLICTS = 3
"""Conflicts wait for a person."""
REFUSED = 4
"""A guard stopped something."""
INTERRUPTED = 130

_SEVERITY = (DONE, CONFLICTS, FAILED, REFUSED, USAGE)


def worst(codes: Iterable[int]) -> int:
    """Return the exit status of several things done, one after the other."""
    return max(codes, key=_SEVERITY.index, default=DONE)


def code_of(error: Exception, *, debug: bool = False) -> int:
    """Print an error as people read it, and return its exit status.

    An error that Syncline did not raise on purpose is a defect: it says so, and where.
    """
    from ..errors import ConfigError, PluginError, Refused, SynclineError
    from ..redaction import printable, redact

    if debug:
        import traceback

        print(redact("".join(traceback.format_exception(error))), file=sys.stderr)
    lines = error.problems if isinstance(error, ConfigError) else [_line(error)]
    for line in lines:
        print(printable(redact(line)), file=sys.stderr)
    match error:
        case ConfigError() | PluginError():
            return USAGE
        case Refused():
            return REFUSED
        case SynclineError() | OSError():
            return FAILED
        case _:
            print("this is a defect of Syncline; `-vv` shows where", file=sys.stderr)
            return FAILED


def _line(error: Exception) -> str:
    from ..errors import SynclineError

    if isinstance(error, SynclineError):
        return " ".join(str(error).split("\n"))
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}" if error.filename else error.strerror
    return f"{type(error).__name__}: {error}"


__all__ = ["CONFLICTS", "DONE", "FAILED", "INTERRUPTED", "REFUSED", "USAGE", "code_of", "worst"]

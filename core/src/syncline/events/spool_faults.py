"""What is said when a spool's folder cannot be used, and what can be done about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..errors import StateError

_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "let the service write there"),
    **dict.fromkeys(
        (errno.ENOENT, errno.ENOTDIR, errno.ESTALE), "put it back, or restart with an empty one"
    ),
}


def unusable(folder: Path, error: OSError) -> StateError:
    """Return what is told of a folder where nothing can be kept."""
    reason = (error.strerror or str(error)).lower()
    advice = _ADVICE.get(error.errno or 0, "look after the disk")
    return StateError(f"{folder}: what waits cannot be kept there: {reason}; {advice}")


def trouble_of(folder: Path) -> OSError | None:
    """Return why nothing could be kept in a folder, as far as it can be told without writing."""
    try:
        room = os.statvfs(folder)
    except OSError as error:
        return error
    # Some blocks are kept back for root.
    left = room.f_bavail if os.geteuid() else room.f_bfree
    if room.f_blocks and not left:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if not os.access(folder, os.W_OK | os.X_OK):
        # What refuses is either: people are told that they have to change what may be written.
        return OSError(errno.EACCES, os.strerror(errno.EACCES))
    return None


__all__ = ["trouble_of", "unusable"]

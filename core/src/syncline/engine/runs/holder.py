"""Who holds a lease: a process of this host, which may run no more."""

from __future__ import annotations

import os
import socket


def this_process() -> str:
    """Return the name of this process in leases: `is_dead` understands it."""
    return f"{socket.gethostname()}-{os.getpid()}"


def is_dead(holder: str) -> bool:
    """Tell whether a holder was a process of this host that runs no more."""
    host, _, pid = holder.rpartition("-")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False

"""Where a stream keeps what it must not lose: a folder of its own on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...config import Config
from ...config.states import ConnectedState
from ...errors import ConfigError, StateError


def folder_of(config: Config, name: str) -> Path:
    """Return the folder of an events job, for all of its listeners on this machine.

    Raises:
        ConfigError: the state is elsewhere, and no folder is said.
    """
    said = config.events_job(name).spool.folder
    if said is not None:
        return config.folder / said.expanduser()
    if isinstance(config.state, ConnectedState):
        raise ConfigError([f"jobs.{name}: the state is elsewhere: say spool.folder"])
    return config.state.with_name(f"{config.state.stem}-{name}")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make a folder and keep it for this process.

    Raises:
        StateError: another process uses it, or it cannot be made.
    """
    from filelock import FileLock, Timeout

    try:
        for each in (folder.parent, folder):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / "lock", timeout=0, thread_local=False)
        lock.acquire()
    except Timeout:
        raise StateError(f"{folder}: another process uses it; end that one first") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StateError(f"{folder}: cannot be used: {reason}") from None
    try:
        yield
    finally:
        lock.release()


__all__ = ["folder_of", "locked"]

"""The configuration file, followed while the service runs: read again when it changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from attrs import define, field

from ..config import Config
from ..errors import ConfigError, SynclineError
from .runner import Runner

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the file is looked at; a change counts once it has lasted from one look to the next."""

Stamp = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """Return what changes whenever a file does, also when another is put in its place."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@define(kw_only=True)
class ConfigWatcher:
    """Lets a runner follow a file.

    Args:
        path: the configuration file.
        read: reads it; whatever the command line overrides is applied by it.
        tell: called with the lines that people shall see.
        before: called before a reload, `after` when it is over, whatever came of it.
        look: seconds between two looks at the file.
    """

    runner: Runner
    path: Path
    read: Callable[[], Config]
    tell: Callable[[Sequence[str]], None]
    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None
    look: float = LOOK_SECONDS
    _asked: asyncio.Event = field(factory=asyncio.Event, init=False)

    def ask(self) -> None:
        """Read the file again, changed or not: secrets may have been rotated."""
        self._asked.set()

    async def follow(self) -> None:
        """Reload on every change and whenever asked, until cancelled."""
        known = stamp(self.path)
        while True:
            if await self._changed(known):
                known = stamp(self.path)
                await self.reload()

    async def _changed(self, known: Stamp) -> bool:
        try:
            async with asyncio.timeout(self.look):
                await self._asked.wait()
            self._asked.clear()
            return True
        except TimeoutError:
            pass
        seen = stamp(self.path)
        if seen is None or seen == known:
            return False  # it is being replaced, or is as it was
        await asyncio.sleep(self.look)
        return stamp(self.path) == seen  # whoever writes it is done

    async def reload(self) -> None:
        """Read the file and follow it; a faulty one changes nothing, and every fault is told.

        On the console and in the log: whoever saved the file may be looking at either.
        """
        self.before()
        try:
            config = self.read()
            await self.runner.reload(config)
        except ConfigError as error:
            self._refused(error.problems, "the configuration before this one goes on")
        except (SynclineError, OSError) as error:
            self._refused([str(error)], "could not be followed; what it says now waits")
        else:
            self.tell([*config.warnings, f"{self.path}: read again"])
        finally:
            self.after()

    def _refused(self, faults: Sequence[str], so: str) -> None:
        self.tell([*faults, f"{self.path}: {so}"])
        fields = {"file": str(self.path), "faults": list(faults)}
        logger.error("the changed configuration was not taken over", extra=fields)
        self.runner.emit("reload.refused", faults=len(faults))


__all__ = ["ConfigWatcher", "stamp"]

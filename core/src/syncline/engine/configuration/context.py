"""What every part of the engine of configuration jobs works with."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import define, field

from ...config_store import ConfigStore
from ...errors import ConfigError
from ...model import Ref
from ..context import CommonParts, RunningJob
from .rulebook import Rulebook


def _alive(holder: str) -> bool:
    return False


@define(slots=False, kw_only=True)
class ConfigParts(CommonParts):
    """What a configuration job works with, from the moment it is opened."""

    stores: Mapping[str, ConfigStore]
    """By the name of the connection."""
    book: Rulebook
    is_dead: Callable[[str], bool] = _alive
    """Tells of another holder that it certainly runs no more: its leases are not waited for."""
    mark: str = field(factory=lambda: uuid.uuid4().hex[:8])
    """Tells this session from any other of the same name, in leases: containers of a cloud may
    share their host's name and the numbers of their processes."""
    later: dict[Ref, datetime] = field(factory=dict)
    """Objects that wait for a time: not looked at before, unless something new is heard."""


@define(slots=False, kw_only=True)
class RunningConfigJob(ConfigParts, RunningJob):
    """A configuration job while it runs."""

    def store(self, ref: Ref) -> ConfigStore:
        """Return the store that an object is in.

        Raises:
            ConfigError: this job has no such connection.
        """
        if ref.connection not in self.stores:
            names = ", ".join(sorted(self.stores))
            raise ConfigError([f"{ref}: this job has no such connection; it has {names}"])
        return self.stores[ref.connection]


__all__ = ["ConfigParts", "RunningConfigJob"]

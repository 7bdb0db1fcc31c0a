"""What a changed configuration may change while a runner runs, and what it may not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..config import Config
from ..errors import ConfigError

_AT_START = ("pages", "webhooks", "name", "log", "certificate", "key")
"""Settings of the service that are looked at when it starts, and then no more."""


def immovable(old: Config, new: Config, chosen: Sequence[str] | None) -> list[str]:
    """Return why a configuration cannot be followed without a restart; nothing when it can."""
    problems = []
    if new.state != old.state:
        problems.append(f"state: {old.state} is in use; restart to use {new.state}")
    gone = [name for name in chosen or () if name not in new.jobs]
    return problems + [f"jobs: {name!r} was asked for and is not there any more" for name in gone]


def only_at_start(old: Config, new: Config) -> list[str]:
    """Return the settings that differ, and count from the next start on only."""
    pairs = [(name, getattr(old.service, name), getattr(new.service, name)) for name in _AT_START]
    return [f"service.{name}" for name, before, after in pairs if before != after]


def raise_all(results: Iterable[object]) -> None:
    """Raise what went wrong in several jobs, all problems of configuration as one.

    Raises:
        ConfigError: with every problem.
    """
    problems: list[str] = []
    for result in results:
        if isinstance(result, ConfigError):
            problems += result.problems
        elif isinstance(result, BaseException):
            raise result
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


__all__ = ["immovable", "only_at_start", "raise_all"]

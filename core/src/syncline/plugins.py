"""Finds connectors (entry-point group `syncline`) and verbs (`syncline.commands`).

A plugin is imported only when somebody names it. One that cannot be loaded is an answer about
that plugin alone: it is listed with its reason and stops nothing else.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Protocol, cast

import attrs

from .connector import API_VERSION, Connector
from .entrypoints import EntryPoint, entry_points
from .errors import PluginError
from .reprs import Shown

CONNECTORS = "syncline"
COMMANDS = "syncline.commands"


class Command(Protocol):
    """A module that adds a verb to the command line."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


@attrs.frozen(kw_only=True, repr=False)
class Installed(Shown):
    """One plugin as `syncline connectors` shows it: working, or broken with the reason."""

    name: str
    origin: str
    """The distribution that brings it."""
    version: str
    module: str
    connector: Connector | None = None
    problem: str | None = None


def load(name: str) -> Connector:
    """Return the installed connector `name`, importing its module and no other.

    Raises:
        PluginError: there is none, several claim the name, or this one cannot be used.
    """
    return _connector(_only(name, CONNECTORS, "connector"))


def names() -> tuple[str, ...]:
    """Return the names of all installed connectors, without importing any."""
    return _names(CONNECTORS)


def listed() -> tuple[Installed, ...]:
    """Return every installed connector; importing each, so that broken ones are known."""
    return tuple(_listed(point) for point in entry_points(CONNECTORS))


def load_command(name: str) -> Command:
    """Return the module of the verb `name`.

    Raises:
        PluginError: there is none, or it cannot be used.
    """
    point = _only(name, COMMANDS, "command")
    module = _imported(point, "command")
    missing = [part for part in ("add_arguments", "run") if not callable(_part(module, part))]
    if missing:
        raise PluginError(f"command {name!r} ({point.origin}): {point.value} has no {missing[0]}")
    return cast("Command", module)


def _points(group: str, name: str) -> list[EntryPoint]:
    return [point for point in entry_points(group) if point.name == name]


def _names(group: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(point.name for point in entry_points(group)))


def _only(name: str, group: str, noun: str) -> EntryPoint:
    match _points(group, name):
        case []:
            raise PluginError(_unknown(name, _names(group), noun))
        case [point]:
            return point
        case several:
            origins = " and ".join(point.origin for point in several)
            raise PluginError(f"{origins} both provide a {noun} {name!r}; uninstall one of them")


def _unknown(name: str, known: Iterable[str], noun: str) -> str:
    from difflib import get_close_matches

    known = list(known)
    near = get_close_matches(name, known, n=1)
    if near:
        return f"no {noun} {name!r} is installed; did you mean {near[0]!r}?"
    installed = ", ".join(known) or "none"
    return f"no {noun} {name!r} is installed (installed: {installed}); install its package"


def _part(module: object, name: str) -> object:
    return getattr(module, name, None)


def _imported(point: EntryPoint, noun: str) -> object:
    try:
        return point.load()
    # Whatever a plugin does while it is imported is that plugin's failure, even sys.exit().
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{noun} {point.name!r} ({point.origin}) cannot be loaded: "
            f"{type(error).__name__}: {error}; reinstall or remove it"
        ) from error


def _connector(point: EntryPoint) -> Connector:
    found = [c for c in _offered(point) if c.name == point.name]
    if not found:
        raise _unusable(point, f"its module offers no connector named {point.name!r}")
    (connector, *_) = found
    if connector.api != API_VERSION:
        raise _unusable(
            point,
            f"it is for plugin API {connector.api}, this Syncline has {API_VERSION}; "
            "upgrade the older of the two",
        )
    if not attrs.has(connector.settings):
        raise _unusable(point, "its settings are not an attrs class")
    return connector


def _offered(point: EntryPoint) -> list[Connector]:
    """Return what the entry point names: a connector, or a module that has or yields some."""
    loaded = _imported(point, "connector")
    if isinstance(loaded, Connector):
        return [loaded]
    own = _part(loaded, "connector")
    if isinstance(own, Connector) and own.name == point.name:
        return [own]
    return _hooked(point, loaded)


def _hooked(point: EntryPoint, module: object) -> list[Connector]:
    """Register the module with pluggy and return what its hook yields, if it has one."""
    # pluggy costs 14 ms, which `syncline --help` need not pay.
    import pluggy

    from . import hookspecs

    # A manager for each plugin: what one registers cannot disturb another.
    manager = pluggy.PluginManager(CONNECTORS)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(module)
        return [c for group in manager.hook.syncline_connectors() for c in group]
    except Exception as error:
        raise _unusable(point, f"its hook failed: {type(error).__name__}: {error}") from error


def _unusable(point: EntryPoint, reason: str) -> PluginError:
    return PluginError(f"connector {point.name!r} ({point.origin}) cannot be used: {reason}")


def _listed(point: EntryPoint) -> Installed:
    connector, problem = None, None
    try:
        connector = load(point.name)
    except PluginError as error:
        problem = str(error)
    return Installed(
        name=point.name,
        origin=point.distribution,
        version=point.version,
        module=point.value,
        connector=connector,
        problem=problem,
    )


__all__ = [
    "Command",
    "Installed",
    "listed",
    "load",
    "load_command",
    "names",
]

"""The whole file: `syncline.toml` read into a configuration, or every fault of it at once."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from .. import plugins
from ..errors import ConfigError
from .checks import (
    job_faults,
    job_secret_faults,
    label_faults,
    named_faults,
    pairs_faults,
    secret_faults,
    service_secret_faults,
)
from .configuration import Config, documents_of
from .connections import Connection, Load, connection
from .faults import Fault, faults_of, nearest
from .jobs import Job, job
from .states import ConnectedState, StateAt, state_at, state_fault
from .structure import as_table
from .toml import MAX_SIZE, parse

if TYPE_CHECKING:
    # What listens is imported where a file says that something does.
    from ..rules.rule import Rule
    from .jobs.configuration import ConfigJob
    from .service import Service

T = TypeVar("T")


def read(path: FilePath, *, connectors: Load = plugins.load) -> Config:
    """Return the configuration in the file `path`.

    Raises:
        ConfigError: it cannot be read, or has faults: one line each, all of them.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        mode = path.stat().st_mode
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(
            [f"{path}: cannot be read: {reason}; `syncline init` writes one"]
        ) from None
    config = load(raw, file=str(path), folder=path.absolute().parent, connectors=connectors)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        warning = f"{path}: other users may write to it; run `chmod go-w {path}`"
        return attrs.evolve(config, warnings=(warning, *config.warnings))
    return config


def load(
    raw: bytes,
    *,
    file: str = "syncline.toml",
    folder: FilePath | None = None,
    connectors: Load = plugins.load,
) -> Config:
    """Return the configuration that a text writes; `file` is its name in messages.

    Raises:
        ConfigError: with every fault, each `file:line:column: path: what is wrong`.
    """
    table, text = parse(raw, file)
    reader = _Reader(table, folder or FilePath.cwd(), cache(connectors))
    config = reader.config()
    if reader.faults:
        raise ConfigError(_lines(reader.faults, file, text))
    return attrs.evolve(config, warnings=(*_service_warnings(config, file), *_unmerged(config)))


def _unmerged(config: Config) -> tuple[str, ...]:
    if not config.stream_jobs:
        return ()
    from .streams import doubled_mirrors, listener_warnings, unused_merges

    return (
        *unused_merges(config.jobs),
        *doubled_mirrors(config.jobs),
        *listener_warnings(config.jobs, config.connections),
    )


def _service_warnings(config: Config, file: str) -> tuple[str, ...]:
    if config._service is None:
        return ()
    from .service import service_warnings

    return tuple(service_warnings(config._service, file))


def _lines(faults: Iterable[Fault], file: str, text: str) -> list[str]:
    """Return one line for each fault, in the order of the file."""
    from .positions import Positions

    positions = Positions(text)
    in_order = sorted(faults, key=lambda fault: fault.place(positions))
    return list(dict.fromkeys(fault.line(file, positions) for fault in in_order))


class _Reader:
    """Reads the parts of one file, collecting what is wrong with each."""

    def __init__(self, table: dict[str, Any], folder: FilePath, load: Load) -> None:
        self._table = table
        self._folder = folder
        self._load = load
        self.faults: list[Fault] = []

    def config(self) -> Config:
        self._top_level()
        state = self._part(lambda: state_at(self._table.get("state"), self._folder), "state")
        connections = self._section(
            "connections", lambda n, t: connection(n, t, self._folder, self._load)
        )
        jobs = self._section("jobs", lambda _, table: job(table))
        self._between(state, connections, jobs)
        return Config(
            state=state or FilePath(),
            connections=connections,
            jobs=jobs,
            rules=self._rules(connections, jobs),
            service=self._service(connections) if "service" in self._table else None,
            folder=self._folder,
        )

    def _top_level(self) -> None:
        known = ("state", "connections", "jobs", "service")
        for key in self._table.keys() - set(known):
            message = f"unknown key; {nearest(key, known, 'keys')}"
            self.faults.append(Fault(path=(key,), message=message, at_key=True))
        for key in ("connections", "jobs"):
            if not self._table.get(key):
                example = "[jobs.<name>]" if key == "jobs" else "[connections.<name>]"
                self.faults.append(
                    Fault(path=(), message=f"there are no {key}; write one as {example}")
                )

    def _section(self, name: str, read: Callable[[str, object], T]) -> dict[str, T]:
        tables = self._part(lambda: as_table(self._table.get(name, {})), name) or {}
        good: dict[str, T] = {}
        for key, table in tables.items():
            made = self._part(partial(read, key, table), name, key)
            if made is not None:
                good[key] = made
        return good

    def _service(self, connections: dict[str, Connection]) -> Service | None:
        from .service import service

        found = self._part(lambda: service(self._table["service"], self._folder), "service")
        if found is not None:
            self.faults += service_secret_faults(found, connections, self._load)
        return found

    def _between(
        self, state: StateAt | None, connections: dict[str, Connection], jobs: dict[str, Job]
    ) -> None:
        named = self._table.get("connections")
        known = frozenset(named) if isinstance(named, dict) else frozenset()
        tables = self._table.get("jobs")
        for name, table in tables.items() if isinstance(tables, dict) else ():
            self.faults += job_faults(name, table, connections, known)
        if isinstance(state, ConnectedState) and (why := state_fault(state, connections, known)):
            self.faults.append(Fault(path=("state", "connection"), message=why))
        self.faults += named_faults(connections, known)
        documents = documents_of(jobs)
        if len(documents) > 1:
            from .overlaps import overlap_faults

            self.faults += overlap_faults(documents, connections)
        if documents and any(each.connector.folder for each in connections.values()):
            from .folders import folder_faults

            self.faults += folder_faults(documents, connections)
        self.faults += label_faults(documents, connections)
        self.faults += pairs_faults(documents, self._folder)
        self.faults += secret_faults(connections, self._load)
        if isinstance(tables, dict) and any(_is_stream(table) for table in tables.values()):
            from .streams import stream_faults

            self.faults += stream_faults(tables, connections, known, state)
            self.faults += job_secret_faults(jobs, connections, self._load)

    def _rules(
        self, connections: dict[str, Connection], jobs: dict[str, Job]
    ) -> dict[str, tuple[Rule, ...]]:
        tables = self._table.get("jobs")
        chosen: dict[str, ConfigJob | None] = {}
        for name, table in tables.items() if isinstance(tables, dict) else ():
            if isinstance(table, dict) and table.get("kind") == "config":
                job = jobs.get(name)
                chosen[name] = job if job is not None and job.kind == "config" else None
        if not chosen:
            return {}
        from .rule_types import resolved

        named = self._table.get("connections")
        known = frozenset(named) if isinstance(named, dict) else frozenset()
        rules, faults = resolved(chosen, tables or {}, connections, known)
        self.faults += faults
        return rules

    def _part(self, read: Callable[[], T], *path: str) -> T | None:
        try:
            return read()
        except ValueError as error:
            self.faults += faults_of(error, *path)
            return None


def _is_stream(table: object) -> bool:
    return isinstance(table, dict) and table.get("kind") in ("events", "merge")


__all__ = ["load", "read"]

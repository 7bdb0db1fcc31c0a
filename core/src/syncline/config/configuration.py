"""What a configuration says, once it has no faults: typed values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import attrs
from attrs import field, frozen

from ..errors import ConfigError
from ..reprs import Shown
from .connections import Connection
from .faults import nearest
from .jobs import DocumentsJob, Job, PassJob, StreamJob
from .states import StateAt

if TYPE_CHECKING:
    # What listens is imported where a file says that something does.
    from ..rules.rule import Rule
    from .jobs.configuration import ConfigJob
    from .jobs.events import EventsJob
    from .leaves import Path
    from .secrets import SecretRef
    from .service import Service


@frozen(kw_only=True, repr=False)
class Config(Shown):
    """A configuration that `check` accepts. Nothing has been opened, no secret looked up."""

    state: StateAt
    """The SQLite file, absolute; or what a connection opens."""
    connections: Mapping[str, Connection]
    jobs: Mapping[str, Job]
    rules: Mapping[str, tuple[Rule, ...]] = field(factory=dict)
    """Of each configuration job, by its name: its rules, with the types of all their fields."""
    _service: Service | None = field(default=None, alias="service")
    folder: FilePath = field(factory=FilePath.cwd)
    """Where the file is: relative paths in it begin here."""
    warnings: tuple[str, ...] = ()
    """What works and should be mended all the same, one line each."""

    @property
    def service(self) -> Service:
        """What `syncline run` offers over HTTP; its secrets have no values yet."""
        from .service import Service

        return self._service or Service()

    @property
    def service_secrets(self) -> tuple[tuple[Path, SecretRef], ...]:
        """Every secret that the service needs, with its path below `service`."""
        return self._service.secrets if self._service else ()

    def job(self, name: str) -> Job:
        """Return the job `name`.

        Raises:
            ConfigError: there is none; the line has the nearest.
        """
        if name not in self.jobs:
            hint = nearest(name, self.jobs, "jobs")
            raise ConfigError([f"there is no job {name!r} in the configuration; {hint}"])
        return self.jobs[name]

    @property
    def documents_jobs(self) -> Mapping[str, DocumentsJob]:
        """The jobs of kind `documents`, by name."""
        return documents_of(self.jobs)

    def documents_job(self, name: str) -> DocumentsJob:
        """Return the documents job `name`.

        Raises:
            ConfigError: there is none, or it is of another kind.
        """
        match self.job(name):
            case DocumentsJob() as found:
                return found
            case other:
                raise ConfigError([f"job {name!r} is of kind {other.kind!r}: it has no documents"])

    def config_job(self, name: str) -> ConfigJob:
        """Return the configuration job `name`.

        Raises:
            ConfigError: there is none, or it is of another kind.
        """
        job = self.job(name)
        if job.kind != "config":
            raise ConfigError([f"job {name!r} is of kind {job.kind!r}: it has no rules"])
        return job

    @property
    def pass_jobs(self) -> Mapping[str, PassJob]:
        """The jobs that work in passes, by name."""
        jobs = self.jobs.items()
        return {n: job for n, job in jobs if job.kind == "documents" or job.kind == "config"}

    def pass_job(self, name: str) -> PassJob:
        """Return the job `name`, which works in passes.

        Raises:
            ConfigError: there is none, or it is of another kind.
        """
        job = self.job(name)
        if job.kind == "events" or job.kind == "merge":
            raise ConfigError([no_passes(name, job)])
        return job

    @property
    def stream_jobs(self) -> Mapping[str, StreamJob]:
        """The jobs that work for as long as the service runs, by name."""
        jobs = self.jobs.items()
        return {n: job for n, job in jobs if job.kind == "events" or job.kind == "merge"}

    def events_job(self, name: str) -> EventsJob:
        """Return the events job `name`.

        Raises:
            ConfigError: there is none, or it is of another kind.
        """
        job = self.job(name)
        if job.kind != "events":
            raise ConfigError([f"job {name!r} is of kind {job.kind!r}: it mirrors no events"])
        return job

    def listening_as(self, listener: str) -> Config:
        """Return it with another name for the listener of every events job.

        Raises:
            ValueError: it is no such name.
        """
        jobs = {
            name: attrs.evolve(job, listener=listener) if job.kind == "events" else job
            for name, job in self.jobs.items()
        }
        return attrs.evolve(self, jobs=jobs)

    def connections_of(self, name: str) -> tuple[str, ...]:
        """Return the names of the connections that a job needs.

        Raises:
            ConfigError: there is no such job.
        """
        job = self.job(name)
        if job.kind != "merge":
            return job.connections
        mirror = self.events_job(job.of)
        return tuple(dict.fromkeys((mirror.sink, job.zombies.connection or mirror.source)))


def no_passes(name: str, job: StreamJob) -> str:
    """Return what to do instead of asking a job for a pass that makes none."""
    what = "mirrors what happens" if job.kind == "events" else "merges what listeners write"
    return (
        f"job {name!r} is of kind {job.kind!r}: it {what} for as long as the service runs, and"
        f" makes no passes; use `syncline run {name}`"
    )


def documents_of(jobs: Mapping[str, Job]) -> dict[str, DocumentsJob]:
    """Return the jobs of kind `documents`."""
    return {name: job for name, job in jobs.items() if isinstance(job, DocumentsJob)}


__all__ = ["Config", "documents_of", "no_passes"]

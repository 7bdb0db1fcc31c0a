"""Sessions for verbs: opened with their connections, or on the state alone."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NoReturn

from ..clock import SystemClock
from ..config import Config, DocumentsJob, read
from ..config.configuration import no_passes
from ..config.faults import nearest
from ..config.pairs import read_pairs
from ..config_items import Kind
from ..engine import Session
from ..engine.opening.jobs import AnySession, config_session, documents_session, open_job
from ..engine.opening.state import opened_state
from ..errors import ConfigError, StoreError
from ..model import FIELDS, Costs, Document, Ref
from ..ports import Capability
from ..state.port import StateStore
from .output import say
from .signals import at_work, run


def configuration(args: argparse.Namespace) -> Config:
    """Return the configuration that the command line names; its warnings go to stderr."""
    _log(args.verbose)
    config = read(Path(args.config))
    say(config.warnings, sys.stderr)
    return config


def _log(verbose: int) -> None:
    if not verbose:
        # Without a handler of ours, Python would print warnings itself, unredacted.
        logging.basicConfig(level=logging.INFO, handlers=[logging.NullHandler()])
        return
    from .. import logs  # only where there is something to log

    logs.configure("text", logging.DEBUG if verbose > 1 else logging.INFO)


def the_job(config: Config, name: str | None) -> str:
    """Return the job that a verb about passes is about: the named one, or the only one.

    Raises:
        ConfigError: it is not there or makes no passes, or there are several and none is named.
    """
    if name is not None:
        config.pass_job(name)
        return name
    if not config.pass_jobs:
        raise ConfigError([no_passes(*next(iter(config.stream_jobs.items())))])
    if len(config.pass_jobs) > 1:
        raise ConfigError([f"say which job: {', '.join(config.pass_jobs)}"])
    return next(iter(config.pass_jobs))


def the_documents_job(config: Config, name: str | None) -> str:
    """Return the job that a verb of articles is about: the named one, or the only one.

    Raises:
        ConfigError: it is not there, is a configuration job, or there are several and none is
            named.
    """
    if name is not None:
        config.documents_job(name)
        return name
    if not config.documents_jobs:
        raise ConfigError(["no job of the configuration is of kind 'documents'"])
    if len(config.documents_jobs) > 1:
        raise ConfigError([f"say which job: {', '.join(config.documents_jobs)}"])
    return next(iter(config.documents_jobs))


def jobs_of(config: Config, ref: Ref, only: str | None = None) -> list[str]:
    """Return the jobs that an item can belong to, by its connection.

    Raises:
        ConfigError: there is none.
    """
    names = [the_job(config, only)] if only else list(config.pass_jobs)
    found = [n for n in names if ref.connection in config.connections_of(n)]
    if not found:
        hint = nearest(ref.connection, config.connections, "connections")
        raise ConfigError([f"{ref}: no job has a connection {ref.connection!r}; {hint}"])
    return found


def sided(config: Config, job: str) -> bool:
    """Tell whether the items of a job have a left and a right side: articles have, fields not."""
    return isinstance(config.job(job), DocumentsJob)


def a_ref(text: str) -> Ref:
    """Return the reference that the command line gives.

    Raises:
        ConfigError: it is none.
    """
    try:
        return Ref.parse(text)
    except ValueError as error:
        raise ConfigError([str(error)]) from None


def _quiet(event: str, **fields: object) -> None:
    """Show no progress."""


@asynccontextmanager
async def online(
    config: Config, job: str, progress: Callable[..., None] = _quiet
) -> AsyncIterator[AnySession]:
    """Open a job with its connections; the pairs of its pair file are accepted."""
    async with open_job(config, job, progress=progress) as session:
        _tell(session, progress)
        settings = config.job(job)
        if isinstance(settings, DocumentsJob) and settings.pairs is not None:
            pairs = read_pairs(config.folder / settings.pairs.expanduser(), settings)
            documents_session(session, "pairs").accept(pairs)
        with at_work(session):
            yield session


def _tell(session: AnySession, progress: Callable[..., None]) -> None:
    """Tell a progress bar what it cannot learn from the events of a pass."""
    progress("known", pairs=session.status().pairs)
    for name, store in session.stores.items():
        if (pace := store.costs.calls_per_minute) is not None:
            progress("budget", connection=name, per_minute=pace)


@contextmanager
def offline(config: Config, job: str, *, writing: bool = False) -> Iterator[AnySession]:
    """Open what the state remembers of a job: no connection, no secret, no network.

    Looking creates no state file; with `writing` it is created.
    """
    settings = config.pass_job(job)
    state = opened_state(config, create=writing)
    try:
        if isinstance(settings, DocumentsJob):
            yield _of_documents(job, settings, state)
        else:
            closed = {name: ClosedConfig(name) for name in config.connections_of(job)}
            yield config_session(config, job, closed, state=state, clock=SystemClock())
    finally:
        state.close()


def _of_documents(job: str, settings: DocumentsJob, state: StateStore) -> Session:
    return Session(
        job=job,
        left=Closed(settings.left),
        right=Closed(settings.right),
        left_name=settings.left,
        right_name=settings.right,
        state=state,
        clock=SystemClock(),
        mapping=settings.lens(),
        policy=settings.policy(),
        limits=settings.limits(),
        retention=settings.retention,
    )


class _Shut:
    """A connection that was not opened: verbs that only look at the state never use it."""

    capabilities = Capability.READ
    costs = Costs()

    def __init__(self, connection: str) -> None:
        self._connection = connection

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise StoreError(f"{self._connection} is not open: this verb reads the state alone")

    changes = fetch_many = _refuse

    async def _refuse_later(self, *_: object, **__: object) -> NoReturn:
        self._refuse()

    update = _refuse_later

    async def aclose(self) -> None:
        """Do nothing."""


class Closed(_Shut):
    """A store of documents that was not opened."""

    fields = frozenset(FIELDS)
    heads = _Shut._refuse
    fetch = create = delete = find = asset = _Shut._refuse_later

    def project(self, value: Document) -> Document:
        """Return the document itself: what the store could hold is not known."""
        return value


class ClosedConfig(_Shut):
    """Configuration objects of a connection that was not opened."""

    kinds: Mapping[str, Kind] = MappingProxyType({})
    objection = _Shut._refuse


__all__ = [
    "Closed",
    "a_ref",
    "configuration",
    "jobs_of",
    "offline",
    "online",
    "run",
    "sided",
    "the_documents_job",
    "the_job",
]

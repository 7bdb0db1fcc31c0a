"""Where streams stand, as far as their folders and leases tell: no connection is opened."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from attrs import evolve, frozen

from ...config import Config
from ...events.spool_note import read_note
from ...state.port import StateStore
from ..opening.state import opened_state
from ..runs.holder import is_dead
from .folders import folder_of
from .health_record import load_health
from .opening import instance_of


@frozen(kw_only=True)
class StreamStatus:
    """One listener of an events job, or a merge job."""

    job: str
    kind: str
    listener: str | None = None
    """None for a merge job, which keeps nothing here."""
    instance: str | None = None
    """The process of a merge job that was asked for: `SYNCLINE_INSTANCE`; None for a listener."""
    worked_by: str | None = None
    """Who holds the lease; None where nobody does that shares this state.

    Of a merge job: the lease of this machine's name, as others have their own.
    """
    open: int = 0
    """Conversations that had begun and had not ended."""
    complete_until: datetime | None = None
    waiting_bytes: int = 0
    """Bytes on disk that wait for the sink."""
    dead_letters: int = 0
    dead_letter_file: str | None = None
    not_fit: str = ""
    """Why it does not do its work, as whoever works it said a moment ago."""
    degraded: tuple[str, ...] = ()
    error: str | None = None

    def lines(self) -> Iterator[str]:
        """Yield where it stands, for people; what is nothing is not said."""
        who = f"listener {self.listener}" if self.listener else f"instance {self.instance}"
        name = f"{self.job} ({who})"
        worked = f"worked by {self.worked_by}" if self.worked_by else "not worked here at present"
        yield f"{name}: {worked}"
        if self.not_fit:
            yield f"  not ready: {self.not_fit}"
        yield from (f"  degraded: {reason}" for reason in self.degraded)
        if self.error:
            yield f"  the reason: {self.error}"
        if self.complete_until is not None:
            until = f"{self.complete_until:%Y-%m-%d %H:%M:%S}"
            yield f"  complete until {until} UTC; {self.open:,} conversations were open then"
        if self.waiting_bytes:
            yield f"  {self.waiting_bytes:,} bytes wait on disk for the sink"
        if self.dead_letters:
            yield f"  {self.dead_letters:,} events were refused: {self.dead_letter_file}"


def stream_statuses(config: Config, name: str) -> list[StreamStatus]:
    """Return where a stream stands: a row for each listener that this machine knows of.

    Raises:
        StateError: the state cannot be used.
    """
    state = opened_state(config, create=False)
    try:
        return list(_statuses(config, name, state))
    finally:
        state.close()


def _statuses(config: Config, name: str, state: StateStore) -> Iterator[StreamStatus]:
    job = config.job(name)
    if job.kind != "events":
        # Others may merge, too, under names of their own; only their machines know them.
        instance = instance_of(config, name, os.environ)
        lease = f"{name}@{instance}"
        status = StreamStatus(
            job=name, kind=job.kind, instance=instance, worked_by=_alive(state, lease)
        )
        yield _with_health(status, state, lease)
        return
    folder = folder_of(config, name)
    known = {each.parent.name for each in folder.glob("*/known.db")}
    for listener in sorted(known | {job.listener}):
        lease = name if job.dedupe == "state" else f"{name}@{listener}"
        yield _with_health(_listener(name, folder / listener, _alive(state, lease)), state, lease)


def _with_health(status: StreamStatus, state: StateStore, lease: str) -> StreamStatus:
    """Add what whoever works it says; one that nobody works says nothing."""
    if status.worked_by is None:
        return status
    record = load_health(state, lease)
    return evolve(
        status, not_fit=record.health.unfit, degraded=record.health.degraded, error=record.error
    )


def _alive(state: StateStore, lease: str) -> str | None:
    holder = state.holder(f"runner/{lease}")
    return holder if holder is not None and not is_dead(holder) else None


def _listener(job: str, folder: Path, holder: str | None) -> StreamStatus:
    open_, until = _known(folder / "known.db")
    dead = folder / "dead-letters.jsonl"
    count = _lines(dead)
    return StreamStatus(
        job=job, kind="events", listener=folder.name, worked_by=holder, open=open_,
        complete_until=until, waiting_bytes=_waiting(folder / "spool"), dead_letters=count,
        dead_letter_file=str(dead) if count else None,
    )  # fmt: skip


def _known(path: Path) -> tuple[int, datetime | None]:
    if not path.exists():
        return 0, None
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
        ) as db:
            (count,) = db.execute("select count(*) from open").fetchone()
            found = db.execute("select value from facts where name = 'complete until'").fetchone()
    except sqlite3.Error:
        # Whoever works it is just making it; the next look tells.
        return 0, None
    return int(count), datetime.fromisoformat(found[0]) if found else None


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _waiting(spool: Path) -> int:
    """Return how much waits; what is delivered of a segment in use may count still."""
    number, at = read_note(spool)
    found = 0
    for path in spool.glob("*.events"):
        if path.stem.isdecimal() and int(path.stem) >= number:
            size = path.stat().st_size
            found += max(0, size - at) if int(path.stem) == number else size
    return found


__all__ = ["StreamStatus", "stream_statuses"]

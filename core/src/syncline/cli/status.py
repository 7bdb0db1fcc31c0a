"""`syncline status`, `history` and `explain`: looking, without changing anything."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from ..config import Config, DocumentsJob
from ..engine import JobStatus
from ..engine.status.explanation import where_and_why
from ..model import Ref
from ..state.records import Entry, Run
from .exit_codes import CONFLICTS, DONE
from .output import columns, counted, emit, say
from .sessions import a_ref, configuration, jobs_of, offline, online, run, the_job

if TYPE_CHECKING:
    from ..engine.mirroring.status import StreamStatus


def status(args: argparse.Namespace) -> int:
    """Print where each job stands. Exit status 3 while conflicts wait."""
    config = configuration(args)
    if args.job:
        config.job(args.job)
    names = [args.job] if args.job else list(config.jobs)
    found = [_status(config, name) for name in names if name in config.pass_jobs]
    streams = _streams(config, [name for name in names if name in config.stream_jobs])
    if args.json:
        emit([*(status_fields(job) for job in found), *streams])
    else:
        for job in found:
            paired = isinstance(config.job(job.job), DocumentsJob)
            say(status_lines(job, of="pair" if paired else "field"))
        for stream in streams:
            say(stream.lines())
    return CONFLICTS if any(job.conflicts for job in found) else DONE


def _streams(config: Config, names: Sequence[str]) -> list[StreamStatus]:
    if not names:
        return []
    from ..engine.mirroring.status import stream_statuses

    return [standing for name in names for standing in stream_statuses(config, name)]


def _status(config: Config, name: str) -> JobStatus:
    with offline(config, name) as session:
        return session.status()


def status_fields(job: JobStatus) -> dict[str, object]:
    """Return where a job stands, for programs."""
    fields = {a.name: getattr(job, a.name) for a in attrs.fields(JobStatus)}
    runs = {name: _run_fields(fields[name]) for name in ("last_run", "last_full")}
    return {**fields, **runs}


def _run_fields(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    fields = {a.name: getattr(run, a.name) for a in attrs.fields(Run)}
    return {**fields, "counts": json.loads(run.counts)}


def status_lines(job: JobStatus, *, of: str = "pair") -> Iterator[str]:
    """Yield where a job stands, for people; what is nothing is not said.

    Args:
        of: what the job keeps: pairs, or fields.
    """
    yield f"{job.job}: {counted(job.pairs, of)}; last pass {_run(job.last_run)}"
    if job.last_full is not None and job.last_full != job.last_run:
        yield f"  last full pass {_run(job.last_full)}"
    for count, what, rest in (
        (job.conflicts, "conflict", "to settle: `syncline conflicts`"),
        (job.reviews, "losing edit", "kept for review: `syncline conflicts`"),
        (job.proposals, "pair", "proposed: `syncline pair`"),
        (job.quarantined, "item", "that failed: `syncline quarantine`"),
        (job.withdrawn, "copy", "withdrawn while the original is restricted"),
        (job.held, of, "held after an undo: `syncline release REF`"),
        (_refused(job), "removal", "refused: `syncline plan` shows them and how to approve"),
    ):
        if count:
            yield f"  {counted(count, what, 'copies' if what == 'copy' else '')} {rest}"
    if job.token is not None:
        yield f"  removals are approved for the next pass ({job.token})"


def _refused(job: JobStatus) -> int:
    counts = json.loads(job.last_full.counts) if job.last_full else {}
    return int(counts.get("refused", 0))


def _run(last: Run | None) -> str:
    if last is None:
        return "never"
    ended = f"ended {last.ended_at:%Y-%m-%d %H:%M:%S}" if last.ended_at else "has not ended"
    return f"{last.id} ({last.kind}) {ended}"


def history(args: argparse.Namespace) -> int:
    """Print what was done, newest first."""
    config = configuration(args)
    ref = a_ref(args.ref) if args.ref else None
    if args.job is None and ref is not None:
        names = jobs_of(config, ref)
    else:
        names = [the_job(config, args.job)] if args.job else list(config.pass_jobs)
    entries = [e for name in names for e in _entries(config, name, args, ref)]
    entries.sort(key=lambda entry: (entry.at, entry.id), reverse=True)
    if args.json:
        emit(entries[: args.limit])
    else:
        say(history_lines(entries[: args.limit]))
        if not entries:
            say([_nothing(args)])
    return DONE


def _nothing(args: argparse.Namespace) -> str:
    asked = " and ".join(
        part for part in (args.run and f"in run {args.run}", args.ref and f"to {args.ref}") if part
    )
    return f"nothing was done {asked or 'yet'}"


def _entries(
    config: Config, name: str, args: argparse.Namespace, ref: Ref | None
) -> Sequence[Entry]:
    with offline(config, name) as session:
        return session.history(run=args.run, ref=ref, limit=args.limit)


def history_lines(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield history entries for people: when, run, event, where, what, why."""
    yield from columns([_row(entry) for entry in entries])


def _row(entry: Entry) -> tuple[str, ...]:
    where, why = where_and_why(entry)
    return (
        f"{entry.at:%Y-%m-%d %H:%M:%S}",
        entry.run,
        entry.event,
        where,
        " ".join(str(ref) for ref in (entry.left, entry.right) if ref),
        ": ".join([entry.title, *why]) if entry.title else ": ".join(why),
    )


def explain(args: argparse.Namespace) -> int:
    """Say what is known about one article, and read it once more."""
    config = configuration(args)
    ref = a_ref(args.ref)
    names = jobs_of(config, ref, args.job)
    found = {name: run(_explain(config, name, ref)) for name in names}
    if args.json:
        emit(found)
    else:
        for name, sentences in found.items():
            say([f"{name}:", *(f"  {sentence}" for sentence in sentences)])
    return DONE


async def _explain(config: Config, job: str, ref: Ref) -> list[str]:
    async with online(config, job) as session:
        return await session.explain(ref)


__all__ = ["explain", "history", "history_lines", "status", "status_lines"]

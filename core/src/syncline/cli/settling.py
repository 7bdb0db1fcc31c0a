"""`syncline conflicts`, `quarantine`, `undo`, `release` and `purge`: what people settle."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from .. import body
from ..config import Config
from ..engine import ConflictView, Report, Session
from ..errors import ConfigError, Refused
from ..model import FIELDS, Document, Ref
from ..state.records import Quarantined
from . import reports
from .exits import CONFLICTS, DONE
from .opened import a_ref, configuration, jobs_of, offline, online, run, the_job
from .output import columns, counted, emit, say

if TYPE_CHECKING:
    from ..state.records import ConflictRecord

MAX_BODY = 5 * 1024 * 1024
"""Bytes of an edited text."""


def conflicts(args: argparse.Namespace) -> int:
    """List, show or resolve conflicts."""
    config = configuration(args)
    match args.what:
        case "show":
            return _show(config, args)
        case "resolve":
            return _resolve(config, args)
        case _:
            return _list(config, args)


def _list(config: Config, args: argparse.Namespace) -> int:
    found: dict[str, Sequence[ConflictView]] = {}
    for name in [the_job(config, args.job)] if args.job else config.jobs:
        with offline(config, name) as session:
            found[name] = session.conflicts(open_only=not args.all)
    if args.json:
        emit([view for views in found.values() for view in views])
    else:
        say(conflict_lines([view.record for views in found.values() for view in views]))
    waiting = (v.record for views in found.values() for v in views)
    return CONFLICTS if any(not r.review and not r.resolution for r in waiting) else DONE


def conflict_lines(records: Sequence[ConflictRecord]) -> Iterator[str]:
    """Yield the list of conflicts for people."""
    rows = [
        (
            record.id,
            record.resolution or ("kept for review" if record.review else "waits"),
            " ".join(str(ref) for ref in (record.left, record.right) if ref),
            f"{record.title}: {record.reason.value}",
        )
        for record in records
    ]
    yield from columns(rows) or ["no conflicts wait"]
    if rows:
        yield "`syncline conflicts show ID` shows both sides"


def _show(config: Config, args: argparse.Namespace) -> int:
    job = _job_of(config, args.id)
    with offline(config, job) as session:
        view = session.conflict(args.id)
    if args.json:
        emit({**_fields(view), "choices": view.choices})
    else:
        say(view_lines(view))
    return DONE


def _fields(view: ConflictView) -> dict[str, object]:
    return {"record": view.record, **{n: getattr(view, n) for n in _VERSIONS}}


_VERSIONS = ("base", "left", "right", "proposed")


def view_lines(view: ConflictView) -> Iterator[str]:
    """Yield one conflict for people: what each side changed since they last agreed."""
    record = view.record
    yield f"{record.id}: {record.title}: {record.reason.value}"
    yield f"found {record.found_at:%Y-%m-%d %H:%M:%S}, job {record.job}"
    if record.actors:
        yield f"edited by {', '.join(record.actors)}"
    for name, ref, side in (("left", record.left, view.left), ("right", record.right, view.right)):
        yield ""
        yield f"{name} {ref or '(not there)'}{f' {side.url}' if side and side.url else ''}"
        yield from (f"    {line}" for line in _changes(view.base, side))
    if view.proposed is not None:
        yield ""
        yield "proposed merge"
        yield from (f"    {line}" for line in _changes(view.base, view.proposed))
    yield from (f"clash: {clash}" for clash in record.clashes)
    yield ""
    yield f"syncline conflicts resolve {record.id} --take {'|'.join(view.choices)}"


def _changes(base: Document | None, now: Document | None) -> Iterator[str]:
    if now is None:
        yield "nothing is known of it"
        return
    before = base or Document(title="")
    for name in FIELDS:
        was, is_ = getattr(before, name), getattr(now, name)
        if name != "body" and was != is_:
            yield f"{name}: {_short(was)} -> {_short(is_)}"
    if before.body != now.body:
        yield from body.diff_text(body.diff(before.body, now.body)).splitlines()
    elif base is not None and before == now:
        yield "unchanged"


def _short(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            return repr(value)
        case frozenset():
            return ", ".join(sorted(value)) or "none"
        case tuple():
            return "/".join(map(str, value)) or "none"
        case _:
            return str(value)


def _resolve(config: Config, args: argparse.Namespace) -> int:
    if (args.take == "edit") != (args.body is not None or args.title is not None):
        raise ConfigError(["--take edit needs --body FILE or --title; the others take neither"])
    job = _job_of(config, args.id)
    report, waiting = run(_settled(config, job, args))
    return _reported(report, waiting, args)


async def _settled(config: Config, job: str, args: argparse.Namespace) -> tuple[Report, int]:
    async with online(config, job) as session:
        edited = _edited(session.conflict(args.id), args) if args.take == "edit" else None
        report = await session.resolve(args.id, args.take, edited=edited)
        return report, session.status().conflicts


def _edited(view: ConflictView, args: argparse.Namespace) -> Document:
    """Return what the person wrote, over the proposed merge or the left side."""
    start = view.proposed or view.left or view.right
    if start is None:
        raise Refused(f"conflict {view.record.id}: neither side has a text to edit")
    title = args.title if args.title is not None else start.title
    text = start.body if args.body is None else body.from_html(_file(Path(args.body)))
    return evolve(start, title=title, body=text)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BODY + 1)
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    if len(raw) > MAX_BODY:
        raise ConfigError([f"{path}: an article has {MAX_BODY:,} bytes at most"])
    return raw


def _job_of(config: Config, conflict: str) -> str:
    """Return the job that a conflict belongs to.

    Raises:
        ConfigError: no job has it.
    """
    for name in config.jobs:
        with offline(config, name) as session:
            record = session.state.conflict(conflict)
            if record is not None and record.job == name:
                return name
    raise ConfigError([f"there is no conflict {conflict!r}; `syncline conflicts` lists them"])


def quarantine(args: argparse.Namespace) -> int:
    """List the items that failed, or decide about one."""
    config = configuration(args)
    if args.what in ("retry", "skip"):
        return _decide(config, args)
    found: list[Quarantined] = []
    for name in [the_job(config, args.job)] if args.job else config.jobs:
        with offline(config, name) as session:
            found += session.quarantine()
    if args.json:
        emit(found)
    else:
        say(quarantine_lines(found))
    return DONE


def quarantine_lines(found: Sequence[Quarantined]) -> Iterator[str]:
    """Yield the items in quarantine for people."""
    rows = [
        (
            str(item.ref),
            "skipped" if item.skipped else f"next try {item.next_at:%Y-%m-%d %H:%M:%S}",
            counted(item.failures, "failure"),
            f"{item.title}: {item.reason}" if item.title else item.reason,
        )
        for item in found
    ]
    yield from columns(rows) or ["no item failed"]


def _decide(config: Config, args: argparse.Namespace) -> int:
    def act(session: Session, ref: Ref) -> str:
        if args.what == "retry":
            session.retry(ref)
            return f"{ref} is tried again in the next pass"
        session.skip(ref)
        return f"{ref} is left alone until it changes"

    return _on_item(config, args, act)


def release(args: argparse.Namespace) -> int:
    """End the hold that an undo put on a pair."""

    def act(session: Session, ref: Ref) -> str:
        session.release(ref)
        return f"{ref} syncs again with the next pass"

    return _on_item(configuration(args), args, act)


def purge(args: argparse.Namespace) -> int:
    """Forget bodies, history and conflicts of an item; the pair stays in step."""

    def act(session: Session, ref: Ref) -> str:
        session.purge(ref)
        return f"{ref}: bodies, history and conflicts are forgotten"

    return _on_item(configuration(args), args, act)


def _on_item(config: Config, args: argparse.Namespace, act: Callable[[Session, Ref], str]) -> int:
    ref = a_ref(args.ref)
    said: list[str] = []
    for name in jobs_of(config, ref, args.job):
        with offline(config, name, writing=True) as session:
            said.append(act(session, ref))
    if args.json:
        emit({"ref": ref, "done": said})
    else:
        say(dict.fromkeys(said))
    return DONE


def undo(args: argparse.Namespace) -> int:
    """Put back what a run wrote and nobody has touched since."""
    config = configuration(args)
    job = _job_of_run(config, args)
    report, waiting = run(_undo(config, job, args))
    return _reported(report, waiting, args)


async def _undo(config: Config, job: str, args: argparse.Namespace) -> tuple[Report, int]:
    async with online(config, job) as session:
        report = await session.undo(args.run, approve=args.approve)
        return report, session.status().conflicts


def _job_of_run(config: Config, args: argparse.Namespace) -> str:
    for name in [the_job(config, args.job)] if args.job else config.jobs:
        with offline(config, name) as session:
            if session.history(run=args.run, limit=1):
                return name
    raise ConfigError([f"no job has a run {args.run!r} that wrote; `syncline history` lists them"])


def _reported(report: Report, waiting: int, args: argparse.Namespace) -> int:
    if args.json:
        emit(report)
    else:
        say(reports.lines(report))
    return reports.code(report, waiting)


__all__ = [
    "conflict_lines",
    "conflicts",
    "purge",
    "quarantine",
    "quarantine_lines",
    "release",
    "undo",
    "view_lines",
]

"""`syncline conflicts`: both sides, the proposed merge, and the choice of a person."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve

from .. import body
from ..config import Config
from ..engine import ConfigSession, ConflictView, FieldConflict, Report, Session
from ..engine.configuration.wording import value_text
from ..engine.status.comparison import editable
from ..errors import ConfigError, Refused
from ..model import FIELDS, JSON, Document
from ..state.records import ConflictRecord
from . import reports
from .exit_codes import CONFLICTS, DONE
from .output import columns, emit, say
from .sessions import configuration, offline, online, run, sided, the_job

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
    found: dict[str, Sequence[ConflictView | FieldConflict]] = {}
    for name in [the_job(config, args.job)] if args.job else config.pass_jobs:
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
        say(field_lines(view) if isinstance(view, FieldConflict) else view_lines(view))
    return DONE


def _fields(view: ConflictView | FieldConflict) -> dict[str, object]:
    if isinstance(view, FieldConflict):
        return {n: getattr(view, n) for n in ("record", "base", "said", "held")}
    return {"record": view.record, **{n: getattr(view, n) for n in _VERSIONS}}


_VERSIONS = ("base", "left", "right", "proposed")


def view_lines(view: ConflictView) -> Iterator[str]:
    """Yield one conflict for people: what each side changed since they last agreed."""
    record = view.record
    yield f"{record.id}: {record.title}: {record.reason.value}"
    yield f"found {record.found_at:%Y-%m-%d %H:%M:%S}, job {record.job}"
    if record.actors:
        yield f"edited by {', '.join(record.actors)}"
    for name, ref, base, side in (
        ("left", record.left, view.base, view.left),
        ("right", record.right, view.right_base or view.base, view.right),
    ):
        yield ""
        yield f"{name} {ref or '(not there)'}{f' {side.url}' if side and side.url else ''}"
        yield from (f"    {line}" for line in _changes(base, side))
    if view.proposed is not None:
        yield ""
        yield "proposed merge"
        yield from (f"    {line}" for line in _changes(view.base, view.proposed))
    yield from (f"clash: {clash}" for clash in record.clashes)
    yield ""
    if record.resolution:
        yield f"settled already: {record.resolution}"
    else:
        yield f"syncline conflicts resolve {record.id} --take {'|'.join(view.choices)}"


def field_lines(view: FieldConflict) -> Iterator[str]:
    """Yield a conflict about one field for people: what the rule says, and what the field holds."""
    record = view.record
    yield f"{record.id}: {record.title}: {record.reason.value}"
    yield f"found {record.found_at:%Y-%m-%d %H:%M:%S}, job {record.job}"
    if record.actors:
        yield f"changed by {', '.join(record.actors)}"
    yield from columns(
        [
            ("from", str(record.left), f"says {value_text(view.said)}"),
            ("to", str(record.right), f"holds {value_text(view.held)}"),
            ("before", "", f"was {value_text(view.base)}"),
        ]
    )
    if record.resolution:
        yield f"settled already: {record.resolution}"
    else:
        yield f"syncline conflicts resolve {record.id} --take {'|'.join(view.choices)}"


def _changes(base: Document | None, now: Document | None) -> Iterator[str]:
    if now is None:
        yield "nothing is known of it"
        return
    before = base or Document(title="")
    for name in FIELDS:
        was, is_ = getattr(before, name), getattr(now, name)
        # Absent is not empty: what one of the two systems cannot hold is no change.
        absent = is_ is None or (was is None and base is not None)
        if name != "body" and was != is_ and not absent:
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
    given = (args.body, args.title, args.value)
    if (args.take == "edit") != any(part is not None for part in given):
        raise ConfigError(
            ["--take edit needs --body FILE or --title, or --value of a field; others take none"]
        )
    job = _job_of(config, args.id)
    report, waiting = run(_settled(config, job, args))
    return reports.reported(report, waiting, json=args.json, sides=sided(config, job))


async def _settled(config: Config, job: str, args: argparse.Namespace) -> tuple[Report, int]:
    async with online(config, job) as session:
        match session:
            case ConfigSession():
                value = None if args.value is None else _value(args.value)
                report = await session.resolve(args.id, args.take, edited=value)
            case _:
                edited = _edited(session, args) if args.take == "edit" else None
                report = await session.resolve(args.id, args.take, edited=edited)
        return report, session.status().conflicts


def _value(text: str) -> JSON:
    """Return what a person wants a field to hold: JSON, or else the text itself."""
    try:
        value: JSON = json.loads(text)
    except ValueError:
        return text
    return value


def _edited(session: Session, args: argparse.Namespace) -> Document:
    """Return what the person wrote, over the proposed merge or else a side."""
    view = session.conflict(args.id)
    # In the words that both sides share: what only the left says is not the person's to drop.
    starts = (editable(session, view, name) for name in ("proposed", "left", "right"))
    start = next((value for value in starts if value is not None), None)
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
    for name in config.pass_jobs:
        with offline(config, name) as session:
            record = session.state.conflict(conflict)
            if record is not None and record.job == name:
                return name
    raise ConfigError([f"there is no conflict {conflict!r}; `syncline conflicts` lists them"])


__all__ = ["conflict_lines", "conflicts", "field_lines", "view_lines"]

"""`syncline quarantine`, `undo`, `release` and `purge`: what people settle."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..config import Config
from ..engine import Report
from ..engine.opening.jobs import AnySession
from ..errors import ConfigError
from ..model import Ref
from ..state.records import Quarantined
from . import reports
from .exit_codes import DONE
from .output import columns, counted, emit, say
from .sessions import a_ref, configuration, jobs_of, offline, online, run, sided, the_job

if TYPE_CHECKING:
    pass


def quarantine(args: argparse.Namespace) -> int:
    """List the items that failed, or decide about one."""
    config = configuration(args)
    if args.what in ("retry", "skip"):
        return _decide(config, args)
    found: list[Quarantined] = []
    for name in [the_job(config, args.job)] if args.job else config.pass_jobs:
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
    def act(session: AnySession, ref: Ref) -> str:
        if args.what == "retry":
            session.retry(ref)
            return f"{ref} is tried again in the next pass"
        session.skip(ref)
        return f"{ref} is left alone until it changes"

    return _on_item(config, args, act)


def release(args: argparse.Namespace) -> int:
    """End the hold that an undo put on a pair."""

    def act(session: AnySession, ref: Ref) -> str:
        session.release(ref)
        return f"{ref} syncs again with the next pass"

    return _on_item(configuration(args), args, act)


def purge(args: argparse.Namespace) -> int:
    """Forget bodies, history and conflicts of an item; the pair stays in step."""

    def act(session: AnySession, ref: Ref) -> str:
        session.purge(ref)
        return f"{ref}: its history, conflicts and earlier texts are forgotten"

    return _on_item(configuration(args), args, act)


def _on_item(
    config: Config, args: argparse.Namespace, act: Callable[[AnySession, Ref], str]
) -> int:
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
    return reports.reported(
        report, waiting, json=args.json, sides=sided(config, job), again=f"undo {args.run}"
    )


async def _undo(config: Config, job: str, args: argparse.Namespace) -> tuple[Report, int]:
    async with online(config, job) as session:
        report = await session.undo(args.run, approve=args.approve)
        return report, session.status().conflicts


def _job_of_run(config: Config, args: argparse.Namespace) -> str:
    for name in [the_job(config, args.job)] if args.job else config.pass_jobs:
        with offline(config, name) as session:
            if session.history(run=args.run, limit=1):
                return name
    raise ConfigError([f"no job has a run {args.run!r} that wrote; `syncline history` lists them"])


__all__ = ["purge", "quarantine", "quarantine_lines", "release", "undo"]

"""`syncline sync` and `syncline approve`."""

from __future__ import annotations

import argparse

from ..config import Config
from ..engine import JobStatus, Plan, Report
from . import plan, reports
from .exit_codes import DONE, code_of, worst
from .output import emit, say
from .progress import shown
from .sessions import configuration, offline, online, run, sided, the_job


def sync(args: argparse.Namespace) -> int:
    """Make a pass of each job, one after the other; one that fails does not stop the next."""
    config = configuration(args)
    names = [the_job(config, name) for name in args.jobs] or _passing(config)
    if len(names) == 1:
        return _one(config, names[0], args)
    return worst([_isolated(config, name, args) for name in names])


def _passing(config: Config) -> list[str]:
    """Return the jobs that make passes; the others say by themselves what to do instead."""
    return list(config.pass_jobs) or [the_job(config, None)]


def _isolated(config: Config, name: str, args: argparse.Namespace) -> int:
    try:
        return _one(config, name, args)
    except Exception as error:  # the loop's edge: the next job has its turn
        return code_of(error, debug=args.verbose > 1)


def _one(config: Config, name: str, args: argparse.Namespace) -> int:
    done, status = run(_pass(config, name, args))
    if isinstance(done, Plan):
        return plan.show(done, args)
    return reports.reported(
        done,
        status.conflicts,
        json=args.json,
        sides=sided(config, name),
        failing=status.failing,
        proposals=status.proposals,
    )


async def _pass(
    config: Config, name: str, args: argparse.Namespace
) -> tuple[Report | Plan, JobStatus]:
    with shown(args) as progress:
        async with online(config, name, progress) as session:
            if args.dry_run:
                return await session.plan(), session.status()
            if args.changes:
                report = await session.poll()
                if session.full_pass_due:
                    report.alarms.append(f"what changed before is not told: `syncline sync {name}`")
            else:
                report = await session.sync(approve=args.approve)
            return report, session.status()


def approve(args: argparse.Namespace) -> int:
    """Remember an approval; the next pass spends it on exactly those removals."""
    config = configuration(args)
    with offline(config, the_job(config, args.job), writing=True) as session:
        session.approve(args.token)
    if args.json:
        emit({"job": args.job, "token": args.token})
    else:
        say([f"the next pass of {args.job} makes the removals of {args.token}, if still the same"])
    return DONE


__all__ = ["approve", "sync"]

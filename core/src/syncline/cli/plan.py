"""`syncline plan` and `syncline apply`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ..config import Config
from ..engine import Plan, Report
from ..errors import ConfigError
from . import reports
from .output import emit, say
from .progress import shown
from .sessions import configuration, online, run, sided, the_job

MAX_PLAN = 512 * 1024 * 1024
"""Bytes of a plan file."""


def plan(args: argparse.Namespace) -> int:
    """Show what a pass would do; with --out, save it for `apply`."""
    config = configuration(args)
    if args.job in config.stream_jobs and config.job(args.job).kind == "events":
        from . import streams

        return streams.plan(config, args.job, args)
    made = run(_plan(config, the_job(config, args.job), args))
    if args.out is not None:
        save(made, Path(args.out))
    return show(made, args)


def show(made: Plan, args: argparse.Namespace) -> int:
    """Print a plan and return its exit status."""
    if args.json:
        emit(made)
    else:
        say(reports.plan_lines(made))
    return reports.plan_code(made)


async def _plan(config: Config, job: str, args: argparse.Namespace) -> Plan:
    with shown(args) as progress:
        async with online(config, job, progress) as session:
            return await session.plan()


def save(made: Plan, path: Path) -> None:
    """Write a plan that only its owner can read: it holds the texts of what would change.

    Raises:
        ConfigError: it cannot be written there.
    """
    try:
        _write(made, path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise ConfigError([f"{path}: the plan cannot be written: {why}"]) from None


def _write(made: Plan, path: Path) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(made.to_json())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def opened(path: Path) -> Plan:
    """Return the plan in a file.

    Raises:
        ConfigError: it cannot be read, or is no plan of this version.
    """
    try:
        if path.stat().st_size > MAX_PLAN:
            raise ConfigError(["too large for a plan"])
        return Plan.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else error
        raise ConfigError([f"{path}: cannot be read: {why}"]) from None
    except ConfigError as error:
        raise ConfigError([f"{path}: {problem}" for problem in error.problems]) from None


def apply(args: argparse.Namespace) -> int:
    """Do exactly what a plan says; items that moved since are left, as stale."""
    config = configuration(args)
    made = opened(Path(args.plan))
    report, waiting = run(_apply(config, made, args))
    return reports.reported(report, waiting, json=args.json, sides=sided(config, made.job))


async def _apply(config: Config, made: Plan, args: argparse.Namespace) -> tuple[Report, int]:
    with shown(args, total=len(made.items)) as progress:
        async with online(config, the_job(config, made.job), progress) as session:
            report = await session.apply(made, approve=args.approve)
            return report, session.status().conflicts


__all__ = ["apply", "opened", "plan", "save", "show"]

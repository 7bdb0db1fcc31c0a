"""`syncline check` and `syncline schema`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from .. import config as configuration
from ..config import Config, Connection, DocumentsJob
from ..config.checks import BUILT_IN
from ..config.faults import dotted
from ..config.leaves import Path as ConfigPath
from ..config.scalars import written
from ..config.secrets import SecretRef, from_environment, from_file, open_to_others
from ..connector import Finding
from ..errors import ConfigError
from ..reprs import Shown
from ..secret import Secret
from .exit_codes import DONE, FAILED, USAGE, worst
from .output import columns, counted, emit, say


@frozen(kw_only=True, repr=False)
class SecretState(Shown):
    """Whether one secret can be looked up; never its value."""

    path: str
    reference: str
    resolves: bool | None
    """None where only a provider could tell."""
    remark: str = ""


def check(args: argparse.Namespace) -> int:
    """Check the file, and with --online the systems it names. Exit status 2 on a fault."""
    try:
        config = configuration.read(Path(args.config))
    except ConfigError as error:
        if not args.json:
            raise
        emit({"ok": False, "problems": error.problems})
        return USAGE
    if args.create and not args.online:
        raise ConfigError(["--create makes what is missing at the sinks; say --online, too"])
    if config.stream_jobs:
        from .streams import listening_as

        config = listening_as(config, None)
    secrets = list(secret_states(config))
    answers = _online(config) if args.online else {}
    found = _findings(config, args) if args.online and config.stream_jobs else {}
    if args.json:
        emit({**report(config, secrets, answers), **({"sinks": found} if found else {})})
    else:
        say(text(args.config, config, secrets, answers))
        say(_finding_lines(found))
        say(config.warnings, sys.stderr)
    wrong = [not finding.fine for each in found.values() for finding in each]
    return worst(FAILED if problem else DONE for problem in (*answers.values(), *wrong))


def secret_states(config: Config) -> Iterator[SecretState]:
    """Yield every secret of the file, and whether it resolves here and now."""
    for path, reference in _references(config):
        resolves, remark = _looked_up(path, reference, config.folder)
        yield SecretState(
            path=dotted(path), reference=str(reference), resolves=resolves, remark=remark
        )


def _references(config: Config) -> Iterator[tuple[ConfigPath, SecretRef]]:
    for connection in config.connections.values():
        for path, reference in connection.all_secrets:
            yield ("connections", connection.name, *path), reference
    for name, job in config.jobs.items():
        if job.kind == "events":
            for path, reference in job.secrets:
                yield ("jobs", name, *path), reference
    for path, reference in config.service_secrets:
        yield ("service", *path), reference


def _looked_up(path: ConfigPath, reference: SecretRef, folder: Path) -> tuple[bool | None, str]:
    if reference.provider not in BUILT_IN:
        return None, "asked with --online"
    in_file = reference.provider != "env"
    try:
        found = from_file(reference.name, folder) if in_file else from_environment(reference.name)
    except ConfigError as error:
        return False, error.problems[0]
    if path[-2:] == ("privacy", "key") and (why := _guessable(found)):
        return True, why
    at = folder / Path(reference.name).expanduser()
    open_file = in_file and open_to_others(at)
    return True, f"others can read {at}; run `chmod 600`" if open_file else ""


def _guessable(key: Secret) -> str | None:
    # Late: files without mirrors are checked without anything of theirs.
    from ..events.privacy import weakness

    return weakness(key)


def _findings(config: Config, args: argparse.Namespace) -> Mapping[str, Sequence[Finding]]:
    from .streams import findings

    return findings(config, create=args.create)


def _finding_lines(found: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    if found:
        from .streams import finding_lines

        yield from finding_lines(found)


def _online(config: Config) -> Mapping[str, str | None]:
    from .online_check import answers

    return answers(config)


def report(
    config: Config, secrets: list[SecretState], answers: Mapping[str, str | None]
) -> dict[str, Any]:
    """Return what `check --json` prints."""
    return {
        "ok": not any(answers.values()),
        "problems": [],
        "warnings": config.warnings,
        "state": str(config.state),
        "connections": {name: c.connector.name for name, c in config.connections.items()},
        "jobs": {name: job.kind for name, job in config.jobs.items()},
        "secrets": secrets,
        "online": {name: problem or "answers" for name, problem in answers.items()},
    }


def text(
    file: str, config: Config, secrets: list[SecretState], answers: Mapping[str, str | None]
) -> Iterator[str]:
    """Yield what `check` prints for people."""
    found = counted(len(config.connections), "connection")
    yield f"{file}: {found}, {counted(len(config.jobs), 'job')}: no faults"
    rows = [[name, *_job_row(config, name)] for name in config.jobs]
    yield from (f"  {line}" for line in columns(rows))
    if secrets:
        yield "secrets:"
        yield from (f"  {line}" for line in columns([_secret_row(state) for state in secrets]))
    for name, problem in answers.items():
        yield f"{name}: {problem or 'answers'}"


def _job_row(config: Config, name: str) -> list[str]:
    job = config.jobs[name]
    sides = [_side(config.connections[each]) for each in config.connections_of(name)]
    if job.kind == "events":
        source, sink = (_side(config.connections[each]) for each in (job.source, job.sink))
        topics = f"{counted(len(job.topics), 'topic')} as listener {job.listener}"
        return [source, "=>", sink, f"{topics}, repeats dropped by {_DROPPED_BY[job.dedupe]}"]
    if job.kind == "merge":
        return [f"listeners of {job.of}", "=>", sides[0], f"asks {sides[-1]} what has ended"]
    full = f"full passes at '{job.schedule}'"
    polls = f"polls every {written(job.poll)}" if job.poll else "no polls"
    match job:
        case DocumentsJob():
            arrow = {"two-way": "<->", "left-to-right": "->", "right-to-left": "<-"}
            left, right = sides
            return [left, arrow[job.direction.value], right, f"{full}, {polls}"]
        case _:
            rules = counted(len(job.rules), "rule")
            return [rules, "over", ", ".join(sides), f"{full}, {polls}"]


_DROPPED_BY = {"state": "this job", "consumer": "those who read", "merge": "a merge job"}


def _side(connection: Connection) -> str:
    return f"{connection.name} ({connection.connector.name})"


def _secret_row(state: SecretState) -> list[str]:
    word = {True: "resolves", False: "does not resolve", None: "not looked up"}[state.resolves]
    return [state.path, state.reference, f"{word}: {state.remark}" if state.remark else word]


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of the file; connectors that cannot be loaded are left out, aloud."""
    from .. import plugins
    from ..config.schema import schema as of

    installed = plugins.listed()
    emit(of([p.connector for p in installed if p.connector is not None]))
    say((p.problem for p in installed if p.problem), sys.stderr)
    return DONE


__all__ = ["SecretState", "check", "report", "schema", "secret_states", "text"]

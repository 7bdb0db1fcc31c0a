"""`syncline-check canary`: no secret in anything that is written, whatever goes wrong (R11).

The real command runs at `-vv` against both simulators under every kind of fault, with the right
credentials and with wrong ones; so does the service, asked for every page, for its metrics and with
webhooks of all kinds, while it sends traces. Then every byte that was written or answered (output,
logs, the state with its write-ahead log and its free pages, plans, pages, metrics, traces) is
searched for every form of every secret: those of the configuration, alone and as they are composed
for the login.

A mirror to Kafka has settings of its own, with callers whose numbers, names, attributes and notes
are looked for as secrets are: also in its spool, among its dead letters, and in Kafka's topics.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from syncline_simulators.running import Running

from . import overheard, visiting
from .flaky import PROFILE
from .shell import Shell
from .spellings import Hit, found_when_planted, hits
from .strings import canary
from .worlds import two_systems

WRONG = "wrong credentials"
ECHO = "a server that repeats the credentials"
SETTINGS = (*PROFILE, WRONG, ECHO, *overheard.KINDS)
COMMANDS: Sequence[Sequence[str]] = (
    ("sync", "-vv"),
    ("check", "--online", "-vv"),
    ("plan", "--out", "plan.json", "-vv"),
    ("status", "-vv"),
)


@attrs.frozen(kw_only=True)
class Findings:
    """What was searched and what was found."""

    kind: str
    ended: tuple[int | None, ...]
    files: int
    size: int
    hits: tuple[Hit, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline-check canary`."""
    parser.add_argument("--kinds", nargs="*", default=SETTINGS, metavar="KIND", choices=SETTINGS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4, help="settings side by side")


def run(args: argparse.Namespace) -> int:
    """Print what was searched; 1 when a secret was found, or when the search is blind."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        missed = found_when_planted(Path(folder), canary())
    if missed:
        print(f"the search does not find a planted secret as: {', '.join(missed)}")
        return 1
    print("the search finds a planted secret in every form")
    with ThreadPoolExecutor(args.at_once) as pool:
        findings = list(pool.map(lambda kind: _searched(kind, args.seed), args.kinds))
    for one in findings:
        print(f"{one.kind:<40}exits {one.ended}, {one.files} files, {one.size} bytes")
        for hit in one.hits:
            print(f"  {hit.secret} ({hit.form}) in {hit.file} at {hit.offset}", file=sys.stderr)
    found = sum(len(one.hits) for one in findings)
    size = sum(one.size for one in findings)
    spent = time.monotonic() - started
    print(f"{len(findings)} settings, {size} bytes, {found} hits, {spent:.0f} s")
    return 1 if found else 0


def _searched(kind: str, seed: int) -> Findings:
    return mirrored(kind, seed) if kind in overheard.KINDS else searched(kind, seed)


def mirrored(kind: str, seed: int, folder: Path | None = None) -> Findings:
    """Let a mirror work under one kind of trouble; search what it left behind, Kafka included."""
    with (
        tempfile.TemporaryDirectory() as name,
        two_systems(seed=seed) as (wiki, kb),
    ):
        folder, told = folder or Path(name), overheard.planted()
        ended = overheard.overheard(folder, wiki, kb, kind, told)
        known = {**configured(wiki), **configured(kb)}
        return _findings(kind, ended, folder, {**told.all, **known, **_sent(wiki, kb, known)})


def _findings(
    kind: str, ended: Sequence[int | None], folder: Path, secrets: Mapping[str, str]
) -> Findings:
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    return Findings(
        kind=kind, ended=tuple(ended), files=len(sizes), size=sum(sizes),
        hits=tuple(hits(folder, secrets)),
    )  # fmt: skip


def searched(
    kind: str, seed: int, commands: Sequence[Sequence[str]] = COMMANDS, *, service: bool = True
) -> Findings:
    """Run the command, then the service, under one kind of fault; search what they left behind."""
    with (
        tempfile.TemporaryDirectory() as name,
        two_systems(seed=seed) as (wiki, kb),
    ):
        folder = Path(name)
        for n in range(3):
            wiki.act({"do": "create", "title": f"Page {n}", "body": f"<p>text {n}</p>"})
        known = {**configured(wiki), **configured(kb)}
        wrong = {variable: canary() for variable in known} if kind == WRONG else {}
        own = visiting.secrets()
        shell = Shell(folder, wiki, kb, {**wrong, **own})
        for system in (wiki, kb):
            _trouble(system, kind, seed)
        ended = tuple(shell(*words) for words in commands)
        if service:
            ended = (*ended, visiting.visit(shell, own))
        used = {**known, **wrong, **own}
        sent = _sent(wiki, kb, {**known, **wrong})
        return _findings(kind, ended, folder, {**used, **sent})


def configured(system: Running) -> dict[str, str]:
    """Return the secrets that the connection uses, by their variables."""
    named = (value["env"] for value in system.connection.values() if isinstance(value, dict))
    return {variable: system.env[variable] for variable in named}


def _trouble(system: Running, kind: str, seed: int) -> None:
    if kind == WRONG:
        return
    if kind == ECHO:
        told = " ".join(configured(system).values())
        said = {"message": f"bad credentials {told}", "status": 400}
        plan = {"kind": "status", "status": 400, "body": said, "probability": 0.3, "seed": seed}
    else:
        plan = {"kind": "random", "kinds": [kind], "probability": 0.25, "seed": seed}
    system.faults([plan])


def _sent(wiki: Running, kb: Running, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the composed credentials that went over the wire, as secrets of their own."""
    token, secret = (secrets[next(iter(configured(system)))] for system in (wiki, kb))
    return {
        "login of the wiki": f"{wiki.connection['user']}:{token}",
        "login of the knowledge base": f"{kb.connection['client_id']}:{secret}",
    }

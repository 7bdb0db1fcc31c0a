"""The verbs of the command line: names, help, arguments; the code behind each is loaded late.

This module and `parser` are all that `syncline --help` needs, so they import next to nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple

Arguments = Callable[[argparse.ArgumentParser], None]


class Verb(NamedTuple):
    """One verb. `run` is `module:function` in this package; the function returns the exit code."""

    name: str
    help: str
    run: str
    arguments: Arguments = lambda parser: None
    group: str = "other"
    json: bool = True


def _job(parser: argparse.ArgumentParser, *, nargs: str | None = "?") -> None:
    parser.add_argument(
        "job", metavar="JOB", nargs=nargs, help="the job; may be left out when there is only one"
    )


def _refs(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("ref", metavar="REF", help=f"{what}, as CONNECTION:ID, such as wiki:98312")
    parser.add_argument("--job", help="only in this job")


def _init(parser: argparse.ArgumentParser) -> None:
    kinds = ("knowledge", "files", "config", "mirror")
    parser.add_argument(
        "kind", metavar="KIND", nargs="?", choices=kinds, default=kinds[0],
        help="what the file is for: knowledge (Confluence and Genesys), files (two folders),"
        " config (Genesys and AWS) or mirror (Genesys and Kafka)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--online", action="store_true", help="also look up secrets and open every connection"
    )
    parser.add_argument(
        "--create", action="store_true",
        help="with --online: make the topics that events need and that are missing",
    )  # fmt: skip


def _connectors(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="what", metavar="describe NAME")
    describe = sub.add_parser("describe", help="the settings of one connector")
    describe.add_argument("name", metavar="NAME", help="the connector")
    _common(describe, json=True)


def _pair(parser: argparse.ArgumentParser) -> None:
    _job(parser)
    parser.add_argument(
        "--accept", nargs=2, action="append", default=[], metavar=("LEFT", "RIGHT"),
        help="these two are one article",
    )  # fmt: skip
    parser.add_argument(
        "--reject", nargs=2, action="append", default=[], metavar=("LEFT", "RIGHT"),
        help="these two are two articles",
    )  # fmt: skip
    parser.add_argument(
        "--accept-all", action="store_true", help="accept every proposal that is alike enough"
    )
    parser.add_argument(
        "--min-score", type=_share, default=1.0, metavar="SCORE",
        help="how alike is enough for --accept-all, 0 to 1 (default: 1, equal content)",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="file", metavar="FILE", help="accept the pairs of a CSV file"
    )


def _plan(parser: argparse.ArgumentParser) -> None:
    _job(parser)
    parser.add_argument("--out", metavar="FILE", help="save the plan for `syncline apply` (0600)")


def _apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="the file that `syncline plan --out` wrote")
    parser.add_argument("--approve", metavar="TOKEN", help="let the refused removals go")


def _sync(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="the jobs (default: all)")
    parser.add_argument("--approve", metavar="TOKEN", help="let the refused removals go")
    parser.add_argument("--dry-run", action="store_true", help="show the plan; write nothing")
    parser.add_argument(
        "--changes", action="store_true", help="only what the change feeds report; no full listing"
    )
    parser.add_argument("--no-progress", action="store_true", help="no progress bar")


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("jobs", metavar="JOB", nargs="*", help="the jobs (default: all)")
    parser.add_argument(
        "--listener", metavar="NAME",
        help="the listener of events jobs that this process is, instead of the configured one",
    )  # fmt: skip
    for name, what in (("pages", "the pages"), ("webhooks", "the receiver of webhooks")):
        parser.add_argument(
            f"--{name}", metavar="HOST:PORT",
            help=f"address of {what}, instead of the configured one; empty for none",
        )  # fmt: skip


def _approve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="the job whose removals were refused")
    parser.add_argument("token", metavar="TOKEN", help="the token that the refusal printed")


def _conflicts(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="what", metavar="list|show|resolve")
    listing = sub.add_parser("list", help="the conflicts that wait (the default)")
    listing.add_argument("--all", action="store_true", help="settled ones, too")
    listing.add_argument("--job", help="only in this job")
    show = sub.add_parser("show", help="base, both sides and the proposed merge of one")
    show.add_argument("id", metavar="ID")
    resolve = sub.add_parser("resolve", help="settle one")
    resolve.add_argument("id", metavar="ID")
    resolve.add_argument(
        "--take", required=True, choices=("left", "right", "merge", "edit", "both", "from", "to"),
        help="one side, the proposed merge, your own text, or two articles; of a field: what its"
        " rule says (from), what it holds (to), or another value (edit)",
    )  # fmt: skip
    resolve.add_argument("--body", metavar="FILE", help="with --take edit: the text, as HTML")
    resolve.add_argument("--title", help="with --take edit: the title (default: the left's)")
    resolve.add_argument("--value", help="with --take edit, of a field: the value, as JSON")
    for parser_ in (listing, show, resolve):
        _common(parser_, json=True)
    parser.set_defaults(all=False, job=None)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _share(text: str) -> float:
    try:
        if 0 <= (share := float(text)) <= 1:
            return share
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")


def _history(parser: argparse.ArgumentParser) -> None:
    _job(parser)
    parser.add_argument("--run", help="only of this run")
    parser.add_argument("--ref", help="only of this item, as CONNECTION:ID")
    parser.add_argument("--limit", type=_count, default=100, help="lines at most (default: 100)")


def _undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="the run, as `syncline history` shows it")
    parser.add_argument("--job", help="the job it belongs to")
    parser.add_argument("--approve", metavar="TOKEN", help="let the refused removals go")


def _quarantine(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="what", metavar="list|retry|skip")
    listing = sub.add_parser("list", help="the items that failed (the default)")
    listing.add_argument("--job", help="only in this job")
    _common(listing, json=True)
    for name, help_ in (
        ("retry", "try an item again in the next pass"),
        ("skip", "leave an item alone until it changes"),
    ):
        act = sub.add_parser(name, help=help_)
        _refs(act, "the item")
        _common(act, json=True)
    parser.set_defaults(job=None)


VERBS: tuple[Verb, ...] = (
    Verb("init", "write a commented syncline.toml", "init:init", _init, "set up", False),
    Verb("check", "find every fault of the configuration", "check:check", _check, "set up"),
    Verb("schema", "print the JSON Schema of the configuration", "check:schema", group="set up"),
    Verb("connectors", "list or describe the installed connectors", "connectors:connectors",
         _connectors, "set up"),
    Verb("losses", "show what each article would lose on the other side", "pairing:losses", _job,
         "before the first sync"),
    Verb("pair", "show, accept or reject pairs of existing articles", "pairing:pair", _pair,
         "before the first sync"),
    Verb("plan", "show what a pass would do; write nothing", "plan:plan", _plan, "sync"),
    Verb("apply", "do exactly what a saved plan says", "plan:apply", _apply, "sync"),
    Verb("sync", "make one full pass", "sync:sync", _sync, "sync"),
    Verb("run", "work the jobs as they come and when they are due, until stopped", "run:run",
         _run, "sync", False),
    Verb("approve", "let refused removals go in the next pass", "sync:approve", _approve,
         "sync"),
    Verb("status", "show where each job stands", "status:status", _job, "look"),
    Verb("history", "show what was done, newest first", "status:history", _history, "look"),
    Verb("explain", "say why an article is, or is not, there", "status:explain",
         lambda parser: _refs(parser, "the article"), "look"),
    Verb("conflicts", "list, show and resolve conflicts", "conflicts:conflicts", _conflicts,
         "settle"),
    Verb("quarantine", "list, retry or skip items that failed", "operations:quarantine",
         _quarantine, "settle"),
    Verb("undo", "put back what a run wrote", "operations:undo", _undo, "settle"),
    Verb("release", "let an undone pair sync again", "operations:release",
         lambda parser: _refs(parser, "either article of the pair"), "settle"),
    Verb("purge", "forget bodies and history of an article", "operations:purge",
         lambda parser: _refs(parser, "the article"), "settle"),
)  # fmt: skip


def _common(parser: argparse.ArgumentParser, *, json: bool) -> None:
    """Add what every verb takes; suppressed defaults keep what stood before the verb."""
    parser.add_argument(
        "--config", metavar="FILE", default=argparse.SUPPRESS,
        help="the configuration (default: syncline.toml)",
    )  # fmt: skip
    parser.add_argument(
        "-v", "--verbose", action="count", default=argparse.SUPPRESS, help="log more; twice for all"
    )
    if json:
        parser.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print JSON"
        )


def add_verb(parser: argparse.ArgumentParser, verb: Verb) -> None:
    """Give the parser of one verb its arguments."""
    verb.arguments(parser)
    _common(parser, json=verb.json)


__all__ = ["VERBS", "Verb", "add_verb"]

"""The argument parser, built only as far as the command line at hand needs it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence

from .verbs import VERBS, add_verb

_EPILOG = """\
exit status: 0 done, 1 some items failed, now or before, or cannot be written as
things are, 2 wrong usage or configuration, 3 conflicts wait, 4 refused by a guard,
130 interrupted
"""
_GROUPS = ("set up", "before the first sync", "sync", "look", "settle")


def verb_of(argv: Sequence[str]) -> str | None:
    """Return the first word that is no option: the verb, if there is one."""
    words = iter(argv)
    for word in words:
        if word in ("--config",):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def parser_for(verb: str) -> argparse.ArgumentParser:
    """Return a parser that knows `verb` alone."""
    parser = argparse.ArgumentParser(
        prog="syncline",
        description="Keeps systems in agreement.",
        usage="syncline [--config FILE] VERB …",
        epilog=_EPILOG,
        formatter_class=_raw,
        allow_abbrev=False,
    )
    parser.add_argument("--config", metavar="FILE", default="syncline.toml", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-v", "--verbose", action="count", default=0, help=argparse.SUPPRESS)
    subparsers = parser.add_subparsers(
        dest="verb", metavar="VERB", help=argparse.SUPPRESS, prog="syncline"
    )
    for known in VERBS:
        if verb == known.name:
            add_verb(
                subparsers.add_parser(
                    known.name, description=_sentence(known.help), formatter_class=_filled
                ),
                known,
            )
    return parser


def _raw(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, width=_columns())


def _filled(prog: str) -> argparse.HelpFormatter:
    return argparse.HelpFormatter(prog, width=_columns())


def _columns() -> int:
    """Return how wide help may be: as argparse finds it, without importing shutil for it.

    argparse makes a formatter for every argument; shutil would be a twentieth of a check.
    """
    wanted = os.environ.get("COLUMNS", "")
    return (int(wanted if wanted.isdecimal() else 0) or _terminal() or 80) - 2


def _terminal() -> int:
    try:
        return os.get_terminal_size(1).columns
    except OSError:
        return 0


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def overview(plugins: Iterable[str]) -> str:
    """Return what `syncline --help` prints: every verb in its group, plugins' verbs by name."""
    lines = ["usage: syncline [--config FILE] VERB …", "", "Keeps systems in agreement.", ""]
    for group in _GROUPS:
        lines.append(f"{group}:")
        lines += [f"  {v.name:<12} {v.help}" for v in VERBS if v.group == group]
        lines.append("")
    if names := [name for name in plugins if name not in {v.name for v in VERBS}]:
        lines += ["from plugins:", f"  {', '.join(names)}", ""]
    lines += [
        "`syncline VERB --help` has the rest. Every verb that prints takes --json.",
        _EPILOG,
    ]
    return "\n".join(lines)


__all__ = ["overview", "parser_for", "verb_of"]

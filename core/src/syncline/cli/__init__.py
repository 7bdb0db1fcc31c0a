"""The `syncline` command."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import import_module

from .. import __version__
from .exit_codes import DONE, INTERRUPTED, USAGE, code_of

__all__ = ["main", "program"]

_GARBAGE = 50_000
"""Objects that may pile up before Python looks for cycles among them."""


def program() -> int:
    """Run the command line as a process of its own, and return its exit status.

    What imports make stays. Python's own 700 objects mean looking through all of it dozens of times
    on the way up, and once more at the end: an eighth of `syncline check`.
    """
    gc.set_threshold(_GARBAGE)
    code = main()
    gc.freeze()
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Faults of the user and of the systems are one line on stderr, never a stack.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("interrupted; the next pass goes on from here", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        return _silenced()
    except Exception as error:
        return code_of(error, debug="-vv" in arguments)
    finally:
        _flush()


def _run(arguments: Sequence[str]) -> int:
    from .parser import parser_for, verb_of
    from .verbs import VERBS

    verb = verb_of(arguments)
    if verb is None and "--version" in arguments:
        print(f"syncline {__version__}")
        return DONE
    if verb is None:
        return _overview(asked={"-h", "--help"} & set(arguments))
    if any(known.name == verb for known in VERBS):
        return _own(parser_for(verb).parse_args(arguments))
    return _plugin(verb, arguments)


def _overview(*, asked: object) -> int:
    from .parser import overview

    print(overview(_plugin_verbs()), file=sys.stdout if asked else sys.stderr, end="")
    return DONE if asked else USAGE


def _own(args: argparse.Namespace) -> int:
    from .verbs import VERBS

    module, _, function = next(v.run for v in VERBS if v.name == args.verb).partition(":")
    code: int = getattr(import_module(f".{module}", __name__), function)(args)
    return code


def _plugin_verbs() -> list[str]:
    from ..entrypoints import entry_points

    return list(dict.fromkeys(point.name for point in entry_points("syncline.commands")))


def _plugin(verb: str, arguments: Sequence[str]) -> int:
    if verb not in (names := _plugin_verbs()):
        return _unknown(verb, names)
    from ..plugins import load_command

    command = load_command(verb)
    parser = argparse.ArgumentParser(prog=f"syncline {verb}", allow_abbrev=False)
    command.add_arguments(parser)
    position = list(arguments).index(verb)
    return command.run(parser.parse_args(arguments[position + 1 :]))


def _unknown(verb: str, plugins: Sequence[str]) -> int:
    from difflib import get_close_matches

    from .verbs import VERBS

    near = get_close_matches(verb, [*(known.name for known in VERBS), *plugins], n=1)
    hint = f"did you mean {near[0]!r}?" if near else "`syncline --help` lists them"
    print(f"there is no verb {verb!r}; {hint}", file=sys.stderr)
    return USAGE


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            _silenced()


def _silenced() -> int:
    """Point stdout at nothing: the reader is gone, and Python would complain at exit."""
    import os

    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141

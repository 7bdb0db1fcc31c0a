"""`syncline-check`: one subcommand for each promise, loaded when it is asked for."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence

COMMANDS = {
    "faults": "every kind of fault of both simulators, over many seeds (R3, R4)",
    "ratelimits": "pauses that servers ask for, and a storm of 429s (R12)",
    "histories": "random histories with crashes, lost answers and two workers (R1)",
    "crash": "a crash at every point of a pass (R2)",
    "echo": "one's own writes coming back as events (R5)",
    "intake": "webhooks at a rate, into a service that is killed (R6)",
    "stream": "a mirror to Kafka through every kind of accident (R7)",
    "canary": "no secret in anything that is written (R11)",
    "hostile-size": "what the largest and oddest inputs cost each parser (R9)",
    "fuzz": "mutated inputs for every parser of foreign content (R13)",
    "markup": "what a real browser does with hostile markup once it is a body (R8)",
}
"""Name, also that of its module, and what it measures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a check: 0 when the promise was kept, 1 when not, 2 when it cannot be measured here."""
    args = _parser(arguments).parse_args(arguments)
    code: int = args.run(args)
    return code


def _parser(arguments: Sequence[str] | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="syncline-check", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="CHECK")
    for name, help_ in COMMANDS.items():
        module = importlib.import_module(f".{name.replace('-', '_')}", __package__)
        command = commands.add_parser(name, help=help_, description=module.__doc__)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser

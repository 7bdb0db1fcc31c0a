"""`syncline simulate <system>`: serve a simulator until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import genesys_arguments as genesys
from .kafka import arguments as kafka
from .systems import systems

HELP = "Serve a local stand-in of a vendor's system."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.description = f"{HELP} Prints one JSON line when ready and stops on SIGTERM."
    parser.add_argument("system", choices=systems(), help="the system to simulate")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: free one)")
    parser.add_argument("--load", type=Path, metavar="DIR|FILE", help="content to start with")
    parser.add_argument("--latency", metavar="50ms", help="delay of every request")
    parser.add_argument("--rate-limit", metavar="300/min", help="limit of each credential")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="JSON list of faults")
    parser.add_argument("--seed", type=int, default=0, help="makes ids and chance repeatable")
    kafka.add_arguments(parser)
    genesys.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C; 0 then, 2 when the options cannot be used."""
    try:
        if strange := [*kafka.refused(args), *genesys.refused(args)]:
            raise ValueError(f"{', '.join(strange)}: not with this system")
        _serve_kafka(args) if args.system == "kafka" else _serve(args)
    except (ValueError, OSError) as error:
        print(f"simulate {args.system}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


# The command line of Syncline may load this module for its help: what serves comes late.


def _serve(args: argparse.Namespace) -> None:
    from .kernel.service import Setup
    from .serving import serve

    serve(
        Setup(
            system=args.system,
            port=args.port,
            load=args.load,
            latency=args.latency,
            rate_limit=args.rate_limit,
            faults=args.faults,
            seed=args.seed,
            own=genesys.given(args),
        )
    )


def _serve_kafka(args: argparse.Namespace) -> None:
    try:
        from .kafka.serving import serve

        serve(args)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"{error.name} is not installed: pip install 'syncline-simulators[kafka]'"
        ) from error

"""Options of the command that only the simulator of Genesys Cloud has. Light: help loads it."""

from __future__ import annotations

import argparse
from typing import Any


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare them; each is absent unless it is given."""
    own = parser.add_argument_group("genesys", "what goes on in the organisation")
    for name, kind, metavar, told in _NUMBERS:
        option = f"--{name.replace('_', '-')}"
        own.add_argument(option, type=kind, metavar=metavar, default=None, help=told)
    own.add_argument(
        "--flat-out", action="store_true", default=None, help="as fast as readers take it"
    )


def given(args: argparse.Namespace) -> dict[str, Any]:
    """Those that are given, by the names that actions have for them."""
    values = ((name, getattr(args, name, None)) for name in _NAMES)
    return {name: value for name, value in values if value is not None}


def refused(args: argparse.Namespace) -> list[str]:
    """Return the options that were given and mean nothing for this system."""
    found = () if args.system == "genesys" else given(args)
    return [f"--{name.replace('_', '-')}" for name in found]


_NUMBERS = (
    ("conversations_per_second", float, "N", "conversations that begin"),
    ("users", int, "N", "agents that there are at least"),
    ("queues", int, "N", "queues that there are at least"),
    ("pace", float, "X", "conversations go on X times faster than real ones"),
    ("changes", int, "N", "no conversation begins after N changes"),
    ("truth", str, "FILE", "keep what happened in this file, a line for each fact"),
    ("replay", str, "FILE", "recorded events to send: one frame a line"),
)
_NAMES = (*(name for name, *_ in _NUMBERS), "flat_out")

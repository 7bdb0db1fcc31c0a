"""`syncline demo`: two systems come into agreement while people edit both."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from syncline.config import read
from syncline.engine.opening.session import open_session
from syncline.errors import ConfigError

from . import serving
from .systems import System, started
from .tables import connections
from .tale import Tale

HANDBOOK = Path(__file__).parent / "handbook"
PACE = ("--rate-limit", "100/s")

_CONFIG = """state = "state.db"

{connections}
[jobs.handbook]
kind = "documents"
left = "wiki"
right = "kb"
otherwise = "queue"

[[jobs.handbook.mapping.rules]]
ancestor = ["Products"]
category = ["Products"]
one_way = true
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `syncline demo`."""
    parser.description = (
        "Start two simulated systems, and keep them in agreement while both change: a handbook in"
        " Confluence and Genesys Cloud, or the configuration of Genesys Cloud and AWS; or mirror a"
        " contact centre's interactions into Kafka through accidents."
    )
    parser.add_argument(
        "job", nargs="?", choices=("handbook", "config", "mirror"), default="handbook",
        help="what is synced",
    )  # fmt: skip
    parser.add_argument("--keep", type=Path, help="folder for the configuration and the state")
    handbook = parser.add_argument_group("handbook")
    handbook.add_argument(
        "--serve",
        action="store_true",
        help="go on afterwards: the service with its web page, and both systems, until Ctrl-C",
    )
    handbook.add_argument(
        "--port", type=int, default=8080, help="port of the web page with --serve (default: 8080)"
    )
    mirror = parser.add_argument_group("mirror")
    mirror.add_argument("--seconds", type=float, help="how long conversations begin (default: 20)")
    mirror.add_argument("--rate", type=float, help="changes a second (default: 100)")
    mirror.add_argument("--mock", action="store_true", help="librdkafka's imitation of Kafka")


def run(args: argparse.Namespace) -> int:
    """Tell the tale; 1 when the two systems do not agree at the end."""
    _refuse_foreign(args)
    if args.job == "config":
        return _capacity(args)
    if args.job == "mirror":
        return _mirror(args)
    if args.serve:
        serving.refuse_taken(args.port)
    with ExitStack() as stack:
        folder = args.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        wiki = stack.enter_context(started("confluence", [*PACE, "--load", str(HANDBOOK)]))
        kb = stack.enter_context(started("genesys", list(PACE)))
        config = configure(folder, wiki, kb)
        told = asyncio.run(_tell(config, wiki, kb))
        if args.serve:
            serving.configure(config, args.port)
            asyncio.run(serving.serve(config, wiki, kb, say=partial(print, flush=True)))
        return told


def _refuse_foreign(args: argparse.Namespace) -> None:
    """Find out whether an option belongs to another demonstration.

    Raises:
        ConfigError: one does.
    """
    if args.serve and args.job != "handbook":
        raise ConfigError(["--serve shows the handbook: run `syncline demo --serve`"])
    of_mirror = args.seconds is not None or args.rate is not None or args.mock
    if of_mirror and args.job != "mirror":
        raise ConfigError(["--seconds, --rate and --mock belong to `syncline demo mirror`"])
    for name in ("seconds", "rate"):
        if (value := getattr(args, name)) is not None and value <= 0:
            raise ConfigError([f"--{name} is a number beyond 0, not {value:g}"])


def _mirror(args: argparse.Namespace) -> int:
    from .mirror.command import Wishes
    from .mirror.command import run as run_mirror

    default = Wishes()
    return run_mirror(
        Wishes(
            keep=args.keep,
            seconds=args.seconds or default.seconds,
            rate=args.rate or default.rate,
            mock=args.mock,
        )
    )


def _capacity(args: argparse.Namespace) -> int:
    from .capacity.command import run as run_capacity

    return run_capacity(args.keep)


def configure(folder: Path, wiki: System, kb: System) -> Path:
    """Write the configuration of the job between both, and set the variables it refers to."""
    os.environ.update(wiki.env)
    os.environ.update(kb.env)
    tables = {
        "wiki": {**wiki.connection, "requests_per_second": 98.0},
        "kb": {**kb.connection, "requests_per_minute": 5900},
    }
    path = folder / "syncline.toml"
    path.write_text(_CONFIG.format(connections=connections(tables)), encoding="utf-8")
    return path


async def _tell(path: Path, wiki: System, kb: System) -> int:
    async with open_session(read(path), "handbook") as session:
        tale = Tale(session=session, wiki=wiki, kb=kb, out=sys.stdout)
        return 0 if await tale.tell() else 1

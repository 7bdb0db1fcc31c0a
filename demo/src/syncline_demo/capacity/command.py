"""Starts both systems, writes the configuration, and tells the tale."""

from __future__ import annotations

import asyncio
import math
import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TextIO

from syncline.config import read
from syncline.engine.configuration import ConfigSession
from syncline.engine.opening.jobs import open_job

from ..systems import System, started
from ..tables import connections
from .clock import MovedClock, SharedTime
from .tale import Tale
from .world import build

JOB = "capacity"
_RULES = """state = "state.db"

{connections}
[jobs.capacity]
kind = "config"
drift = "repair"
cooldown = "5m"
debounce = "2s"

[[jobs.capacity.rules]]
name = "chats-per-agent"
from = {{ ivr = "cloud:autoscaling-group/ivr" }}
to = "cx:utilization/organization#chat.maximumCapacity"
expression = "ivr.in_service >= 4 ? 6 : 4"

[[jobs.capacity.rules]]
name = "places-in-the-flow"
from = {{ ivr = "cloud:autoscaling-group/ivr" }}
to = {{ item = "cx:data-table-row/Limits/ivr", field = "maximum", type = "int" }}
expression = "ivr.in_service * 100"
maximum = 2000

[[jobs.capacity.rules]]
name = "reads-per-conversation"
from = {{ q = "cx:queue-observation/Support" }}
to = "cloud:dynamodb-table/contacts#read_capacity"
expression = "min(4000, max(5, q.oInteracting * 10))"
hysteresis = 10
unit = "reads a second"

[[jobs.capacity.rules]]
name = "warm-functions"
from = {{ q = "cx:queue-observation/Support" }}
to = "cloud:lambda-alias/screen-pop:live#provisioned_concurrency"
expression = "max(1, q.oInteracting / 5)"

[[jobs.capacity.rules]]
name = "writes-of-the-log"
from = {{ q = "cx:queue-observation/Support" }}
to = "cloud:dynamodb-table/call-log#write_capacity"
expression = "max(5, q.oInteracting)"

[[jobs.capacity.rules]]
name = "opening-hours"
from = {{ hours = "cx:schedule/Support hours#rrule" }}
to = "cloud:ssm-parameter//contact-centre/hours#value"
inverse = "to"
"""


def run(keep: Path | None) -> int:
    """Tell the tale; 1 when something is not as the rules say at the end.

    Args:
        keep: folder for the configuration and the state; None for one that is removed.
    """
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        centre = stack.enter_context(started("genesys", ["--rate-limit", "6000/min"]))
        cloud = stack.enter_context(started("aws", []))
        build(centre, cloud)
        return asyncio.run(_tell(_configure(folder, centre, cloud), centre, cloud))


def _configure(folder: Path, centre: System, cloud: System) -> Path:
    os.environ.update(centre.env)
    os.environ.update(cloud.env)
    tables = {
        "cx": {**centre.connection, "requests_per_minute": 5900},
        "cloud": cloud.connection,
    }
    path = folder / "syncline.toml"
    path.write_text(_RULES.format(connections=connections(tables)), encoding="utf-8")
    return path


async def _tell(path: Path, centre: System, cloud: System) -> int:
    clock = MovedClock()
    time = SharedTime(clock, (centre, cloud))
    heard = partial(_pass_pauses, time, sys.stdout)
    async with open_job(read(path), JOB, clock=clock, progress=heard) as session:
        if not isinstance(session, ConfigSession):
            raise TypeError(f"{JOB} is no configuration job")
        tale = Tale(session=session, centre=centre, cloud=cloud, time=time, out=sys.stdout)
        return 0 if await tale.tell() else 1


def _pass_pauses(time: SharedTime, out: TextIO, event: str, **fields: object) -> None:
    """Say how long a system is left alone after it refused, and let that time pass."""
    seconds = fields.get("seconds")
    if event == "http.pause" and isinstance(seconds, int | float):
        whole = math.ceil(seconds)
        print(f"  refused: nothing is sent to {fields.get('connection')} for {whole} s", file=out)
        time.advance(whole)

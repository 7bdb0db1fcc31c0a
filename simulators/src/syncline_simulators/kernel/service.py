"""A simulator, its public address and its admin address, started and stopped together."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..systems import systems
from .admin import Admin
from .clock import SimClock
from .duration import duration, rate
from .faults import FaultBook
from .ids import Ids
from .rates import RateLimiter
from .simulator import Backed, Options, Simulator
from .site import Site

PACKAGE = __name__.partition(".")[0]
OWN_OPTIONS = frozenset({"genesys"})
"""Systems with options that others do not have."""


@attrs.frozen(kw_only=True)
class Setup:
    """How a simulator is to run, as the command line says it."""

    system: str
    port: int = 0
    load: Path | None = None
    latency: str | None = None
    rate_limit: str | None = None
    faults: Path | list[Any] | None = None
    seed: int = 0
    own: Mapping[str, Any] = attrs.field(factory=dict)
    """Options that this system alone has."""


def build(system: str, options: Options) -> Simulator:
    """The simulator of this system.

    Raises:
        ValueError: there is none; the text says which there are.
    """
    if system not in systems():
        raise ValueError(f"there is no simulator {system!r}; there are: {', '.join(systems())}")
    module = importlib.import_module(f"{PACKAGE}.{system}")
    if options.own and system not in OWN_OPTIONS:
        raise ValueError(f"{system} has no option {sorted(options.own)[0]!r}")
    simulator: Simulator = module.build(options)
    return simulator


class Service:
    """One running simulator.

    Raises:
        ValueError: the set-up cannot be used; the text says why.
        OSError: a file cannot be read.
    """

    def __init__(self, setup: Setup) -> None:
        clock = SimClock()
        limit = rate(setup.rate_limit) if setup.rate_limit else None
        options = Options(
            clock=clock,
            ids=Ids(setup.seed),
            seed=setup.seed,
            rate=limit,
            own=setup.own,
            spawn=lambda work: self.site.front.spawn(work),
        )
        self.simulator = build(setup.system, options)
        self._port = setup.port
        try:
            self.refused = self.simulator.load(setup.load) if setup.load is not None else []
            self.site = Site(
                self.simulator,
                clock=clock,
                limiter=RateLimiter(limit, clock),
                faults=_faults(setup, clock),
                latency=duration(setup.latency).total_seconds() if setup.latency else 0.0,
            )
        except BaseException:
            self._end()
            raise
        self.admin = Admin(self.site)

    async def start(self) -> None:
        """Listen on both addresses.

        Raises:
            OSError: the port is taken.
        """
        try:
            await self.site.front.start(self._port)
            await self.site.side.start()
            await self.admin.front.start()
            if isinstance(self.simulator, Backed):
                await self.simulator.begin()
        except BaseException:
            self._end()
            raise

    async def stop(self) -> None:
        """End both addresses with everything under way."""
        await self.admin.front.stop()
        await self.site.side.stop()
        await self.site.front.stop()
        self._end()

    def _end(self) -> None:
        if isinstance(self.simulator, Backed):
            self.simulator.end()

    def ready(self) -> dict[str, Any]:
        """The line that tells how to reach it."""
        line: dict[str, Any] = {
            "system": self.simulator.system,
            "url": self.site.front.url,
            "admin_url": self.admin.front.url,
            "connection": self.simulator.connection(self.site.front.url),
            "env": self.simulator.env(),
        }
        return line | ({"refused": self.refused} if self.refused else {})


def _faults(setup: Setup, clock: SimClock) -> FaultBook:
    book = FaultBook(clock, setup.seed)
    match setup.faults:
        case None:
            pass
        case Path() as path:
            book.add(json.loads(path.read_text(encoding="utf-8")))
        case list() as raws:
            book.add(raws)
    return book

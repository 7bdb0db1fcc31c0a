"""`/metrics`, `/healthz` and `/readyz` of a runner.

`routes(runner)` is what an application mounts. None of them asks who is there, and none tells a
secret, a title or a body; listen where only your monitoring reaches.
"""

from __future__ import annotations

import weakref

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from syncline.config import Config

from .health import Readiness, Verdict
from .instruments import Instruments
from .recorder import Recorder
from .standing import Standing
from .streaming import Streaming
from .watched import Watched

_NEVER_KEPT = {"Cache-Control": "no-store"}


class Observation:
    """What is counted of one runner, from when it was made until `close`."""

    def __init__(self, runner: Watched) -> None:
        # The runner keeps its listener; nothing here keeps the runner.
        runner = weakref.proxy(runner)
        instruments = Instruments()
        self.registry: CollectorRegistry = instruments.registry
        self.registry.register(Standing(runner))
        self.registry.register(Streaming(lambda: runner.streams))
        recorder = Recorder(
            instruments,
            connections=lambda: runner.config.connections,
            jobs=lambda: runner.config.jobs,
            senders=lambda: _senders(runner.config),
        )
        self._readiness = Readiness(runner, recorder.failures)
        self.close = runner.subscribe(recorder)

    def metrics(self) -> bytes:
        """Return all metrics in Prometheus' text form."""
        return generate_latest(self.registry)

    def readiness(self) -> Verdict:
        """Say whether the runner is fit to work, and why not."""
        return self._readiness.verdict()


def _senders(config: Config) -> list[str]:
    return [name for name, one in config.connections.items() if one.webhook is not None]


_known: weakref.WeakKeyDictionary[Watched, Observation] = weakref.WeakKeyDictionary()


def observe(runner: Watched) -> Observation:
    """Return the observation of a runner; the same one, however often it is asked for."""
    if runner not in _known:
        _known[runner] = Observation(runner)
    return _known[runner]


def routes(runner: Watched) -> list[Route]:
    """Return the routes `/healthz`, `/readyz` and `/metrics`; counting begins now.

    They need no log-in: whoever mounts them decides who may reach them.
    """
    observation = observe(runner)

    async def healthz(request: Request) -> Response:
        # That it is answered says it all: the event loop runs.
        return PlainTextResponse("ok\n", headers=_NEVER_KEPT)

    async def readyz(request: Request) -> Response:
        verdict = observation.readiness()
        status = 200 if verdict.ready else 503
        return JSONResponse(verdict.as_json(), status_code=status, headers=_NEVER_KEPT)

    async def metrics(request: Request) -> Response:
        text = observation.metrics()
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers=_NEVER_KEPT)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


__all__ = ["Observation", "observe", "routes"]

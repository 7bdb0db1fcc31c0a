"""The floor of the receiver: a Starlette application that reads a body and answers 202.

`python -m benchmarks.web.bare` prints its port and serves until it is ended.
"""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncline_checks.receiving import served


async def take(request: Request) -> Response:
    """Read the body, and nothing else."""
    await request.body()
    return Response(status_code=202)


def main() -> None:
    """Serve on a free port of this machine."""
    app = Starlette(routes=[Route("/webhooks/{connection}", take, methods=["POST"])])
    asyncio.run(served(app))


if __name__ == "__main__":
    main()

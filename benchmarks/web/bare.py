"""The floor of the receiver: a Starlette application that reads a body and answers 202.

`python -m benchmarks.web.bare` prints its port and serves until it is ended.
"""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from syncline_checks.receiving import BACKLOG, options


async def take(request: Request) -> Response:
    """Read the body, and nothing else."""
    await request.body()
    return Response(status_code=202)


def main() -> None:
    """Serve on a free port of this machine."""
    app = Starlette(routes=[Route("/webhooks/{connection}", take, methods=["POST"])])
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(options(app)).run(sockets=[listener])


if __name__ == "__main__":
    main()

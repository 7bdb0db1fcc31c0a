"""A process that receives webhooks and does nothing else: what `intake` and its benchmark load.

`python -m syncline_checks.receiving <syncline.toml>` prints its port and serves until it is ended.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from syncline.config import read
from syncline.state import SqliteState
from syncline_web.intake import Intake, StateDesk

BACKLOG = 2048


def main() -> int:
    """Serve the webhooks of a configuration on a free port of this machine."""
    config = read(Path(sys.argv[1]))
    state = SqliteState.open(config.state)
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    app = Intake(StateDesk(config=config, state=state))
    server = uvicorn.Server(options(app))
    print(listener.getsockname()[1], flush=True)
    server.run(sockets=[listener])
    state.close()
    return 0


def options(app: object) -> uvicorn.Config:
    """Return how uvicorn serves it: as the service does, and without its own log."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI application
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        backlog=BACKLOG,
    )


if __name__ == "__main__":
    sys.exit(main())

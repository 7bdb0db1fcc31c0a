"""A process that receives webhooks and does nothing else: what `intake`'s benchmark loads.

`python -m syncline_checks.receiving <syncline.toml>` prints its port and serves until it is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from pathlib import Path

from starlette.types import ASGIApp

from syncline.config import read
from syncline.engine.opening.state import opened_state
from syncline_web.intake import Intake, StateDesk
from syncline_web.listening.servers import serving

BACKLOG = 2048


def main() -> int:
    """Serve the webhooks of a configuration on a free port of this machine."""
    config = read(Path(sys.argv[1]))
    with contextlib.closing(opened_state(config)) as state:
        asyncio.run(served(Intake(StateDesk(config=config, state=state))))
    return 0


async def served(app: ASGIApp) -> None:
    """Serve an application as the service does; print the port; go on until cancelled."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    async with serving(app, listener):
        print(listener.getsockname()[1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    sys.exit(main())

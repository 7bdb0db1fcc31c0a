"""The process that moto runs in: prints its port and ends when its standard input does.

The parent holds the other end of that pipe: whatever becomes of it, nothing is left behind.
"""

from __future__ import annotations

import logging
import os
import sys

from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from . import counting, transactions


def main() -> None:
    """Serve until standard input ends."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    transactions.quicken()
    counting.quicken()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)  # noqa: T201 - what the parent waits for
    sys.stdin.buffer.read()
    # Requests may be waiting for messages for 20 seconds: nobody is there to read the answer.
    os._exit(0)


if __name__ == "__main__":
    main()

"""moto's DynamoDB as a process: prints its port, ends with its standard input.

Two things are changed, because several processes and thousands of transactions are tested on it:

* requests are served one after the other: moto's transactions are not safe between its threads,
  and those of DynamoDB are;
* before a transaction moto copies the whole table deeply, once for each action in it. Our
  transactions replace and delete items and never change one in place, so the index of the items is
  all that a roll-back needs.
"""

from __future__ import annotations

import copy
import os
import sys
import threading
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server


def _copied(thing: Any) -> Any:
    if not isinstance(thing, Table):
        return copy.deepcopy(thing)
    twin = copy.copy(thing)
    twin.items = copy.copy(thing.items)
    for hash_key, found in thing.items.items():
        twin.items[hash_key] = copy.copy(found)
    return twin


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""


def _in_turn(app: Any) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    lock = threading.Lock()

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with lock:
            return [b"".join(app(environ, start_response))]

    return serve


def main() -> None:
    """Serve until standard input ends."""
    vars(models)["copy"] = SimpleNamespace(deepcopy=_copied)
    app = _in_turn(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()

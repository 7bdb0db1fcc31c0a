"""`syncline simulate kafka`: a broker until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import json
import secrets
import signal
import threading
from contextlib import ExitStack
from typing import Any

from .arguments import USER, options, protocol
from .broker import Broker
from .mock import MockCluster

TOPIC = "interactions"
"""What the printed connection writes to."""


def serve(args: argparse.Namespace) -> None:
    """Print the ready line, and wait until it is told to stop.

    Raises:
        ValueError: the options cannot be used.
        Unobtainable, BrokerFailed, NoMock: it does not start.
        OSError: a folder cannot be used.
    """
    # Not blocked and waited for: Java would inherit that, and be deaf to our own SIGTERM.
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with ExitStack() as stack:
        line = _mock(stack) if args.mock else _broker(args, stack)
        print(json.dumps(line), flush=True)  # noqa: T201
        told.wait()


def _mock(stack: ExitStack) -> dict[str, Any]:
    cluster = stack.enter_context(MockCluster())
    return _line(cluster.bootstrap, {}, {})


def _broker(args: argparse.Namespace, stack: ExitStack) -> dict[str, Any]:
    password = secrets.token_urlsafe(18)
    broker = stack.enter_context(Broker(options(args, password), data=args.data))
    security: dict[str, Any] = {"protocol": protocol(args).lower()}
    if args.sasl:
        security |= {"mechanism": args.sasl, "username": USER}
        security["password"] = {"env": "KAFKA_PASSWORD"}
    if args.tls:
        security["ca_file"] = str(broker.ca_file)
    env = {"KAFKA_PASSWORD": password} if args.sasl else {}
    secured = {"security": security} if args.sasl or args.tls else {}
    return _line(broker.address(protocol(args)), secured, env) | {"pid": broker.pid}


def _line(address: str, secured: dict[str, Any], env: dict[str, str]) -> dict[str, Any]:
    place = {"bootstrap_servers": [address], "topic": TOPIC}
    connection = {"connector": "kafka", **place, **secured}
    return {"system": "kafka", "bootstrap": address, "connection": connection, "env": env}


__all__ = ["TOPIC", "serve"]

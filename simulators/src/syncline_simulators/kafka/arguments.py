"""The options of `syncline simulate kafka`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from .options import MECHANISMS, SASL, SASL_TLS, BrokerOptions

_OTHERS: Mapping[str, object] = {"load": None, "latency": None, "rate_limit": None, "faults": None}
_OWN: Mapping[str, object] = {
    "data": None, "partitions": None, "sasl": None, "tls": False, "heap": None, "mock": False
}  # fmt: skip
USER = "syncline"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that only Kafka has."""
    group = parser.add_argument_group("kafka", "a real Apache Kafka; Maven fetches it once")
    group.add_argument("--data", type=Path, metavar="DIR", help="keep its topics there")
    group.add_argument("--partitions", type=int, metavar="N", help="of new topics (default: 12)")
    group.add_argument("--sasl", choices=MECHANISMS, help="listeners that ask for a password")
    group.add_argument("--tls", action="store_true", help="listeners with TLS")
    group.add_argument("--heap", type=int, metavar="MB", help="of Java (default: 256)")
    group.add_argument("--mock", action="store_true", help="librdkafka's imitation instead")


def refused(args: argparse.Namespace) -> list[str]:
    """Return the options that were given and mean nothing for this system."""
    others = dict(_OTHERS if args.system == "kafka" else _OWN)
    if args.system == "kafka" and args.mock:
        others |= {name: none for name, none in _OWN.items() if name != "mock"} | {"port": 0}
    return [
        f"--{name.replace('_', '-')}"
        for name, none in others.items()
        if getattr(args, name, none) != none
    ]


def options(args: argparse.Namespace, password: str) -> BrokerOptions:
    """Return how the broker is to be.

    Raises:
        ValueError: it cannot be.
    """
    default = BrokerOptions()
    return BrokerOptions(
        port=args.port,
        partitions=args.partitions if args.partitions is not None else default.partitions,
        users={USER: password} if args.sasl else {},
        tls=args.tls,
        heap=args.heap if args.heap is not None else default.heap,
    )


def protocol(args: argparse.Namespace) -> str:
    """Return the security protocol of the listener that the connection uses."""
    if args.sasl:
        return SASL_TLS if args.tls else SASL
    return "SSL" if args.tls else "PLAINTEXT"


__all__ = ["USER", "add_arguments", "options", "protocol", "refused"]

"""A real Apache Kafka on this machine, and librdkafka's imitation of one.

Kafka is no HTTP service: nothing here is served by the kernel of the other simulators.
`syncline simulate kafka` starts it; programs use `broker.Broker` and `mock.MockCluster`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from ..kernel.simulator import Options

__all__ = ["build"]


def build(options: Options) -> NoReturn:
    """Say where it is instead.

    Raises:
        ValueError: always.
    """
    raise ValueError(
        "Kafka is not served like the other systems: run `syncline simulate kafka`, or use "
        "syncline_simulators.kafka.broker.Broker in a program"
    )

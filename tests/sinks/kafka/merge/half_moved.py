"""A member that dies as soon as it is told to hand partitions over, for tests of what follows.

`half_moved.py INSTANCE BOOTSTRAP TOPIC` prints how many partitions it was given, each time.
"""

from __future__ import annotations

import os
import sys

from confluent_kafka import Consumer, TopicPartition

from syncline_kafka import Settings
from syncline_kafka.merge import clients


def _given(consumer: Consumer, places: list[TopicPartition]) -> None:
    consumer.incremental_assign(places)
    sys.stdout.write(f"{len(places)}\n")
    sys.stdout.flush()


def _taken(consumer: Consumer, places: list[TopicPartition]) -> None:
    os._exit(9)


def main(instance: str, bootstrap: str, topic: str) -> None:
    """Be a member of the group that merges."""
    settings = Settings(bootstrap_servers=(bootstrap,), topic=topic)
    consumer = Consumer(clients.reader(settings, instance, instance))
    consumer.subscribe([settings.raw], on_assign=_given, on_revoke=_taken)
    while True:
        consumer.consume(100, 0.1)


if __name__ == "__main__":
    main(*sys.argv[1:])

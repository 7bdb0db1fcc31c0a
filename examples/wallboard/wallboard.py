"""A wallboard in a terminal: reads the clean topic of a mirror and shows each queue as it is now.

python examples/wallboard/wallboard.py kafka-1:9092 interactions
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from board import COLUMNS, Board
from confluent_kafka import Consumer, KafkaError, KafkaException
from rich.console import Console
from rich.live import Live
from rich.table import Table

from syncline_kafka.consumer import Deduplicated

DEAF = frozenset({KafkaError._ALL_BROKERS_DOWN, KafkaError._AUTHENTICATION, KafkaError._RESOLVE})
"""What librdkafka says while nothing can be read at all."""
quiet = logging.getLogger("wallboard.librdkafka")
quiet.addHandler(logging.NullHandler())
quiet.propagate = False  # its lines, several a second in an outage, would tear the table


class Trouble:
    """What is wrong with Kafka at present, in a sentence; empty while records come."""

    def __init__(self) -> None:
        self.text = ""

    def told(self, error: KafkaError) -> None:
        """Keep what librdkafka complains of, where nothing can be read meanwhile."""
        if error.code() in DEAF or error.fatal():
            self.text = f"{error.name()}: {error.str()}; check the address, and --properties"


def follow(
    consumer: Consumer, topic: str, board: Board, trouble: Trouble, stop: Callable[[], bool]
) -> None:
    """Feed the board until told to stop.

    What two listeners of `dedupe = "consumer"` both wrote comes once; on the clean topic of a merge
    job nothing comes twice, and this costs next to nothing.
    """
    told_once = Deduplicated(consumer, stop=stop)
    consumer.subscribe([topic], on_assign=told_once.assigned, on_revoke=told_once.revoked)
    for record in told_once:
        trouble.text = ""
        value = record.value()
        if value is not None:
            board.add(json.loads(value))


def read(
    consumer: Consumer, topic: str, board: Board, trouble: Trouble, stop: Callable[[], bool]
) -> None:
    """Feed the board; what ends that is kept as the trouble."""
    try:
        follow(consumer, topic, board, trouble, stop)
    except KafkaException as error:
        trouble.text = f"topic {topic!r}: {error.args[0].str()}"
    finally:
        consumer.close()


def table(board: Board, trouble: Trouble) -> Table:
    """Return the board for people."""
    found = Table("queue", *COLUMNS, title="queues", caption=trouble.text or None)
    for queue, counts in sorted(board.counts().items()):
        found.add_row(queue, *(str(counts[column] or "") for column in COLUMNS))
    return found


def properties(path: str | None) -> dict[str, str]:
    """Return what a file says of login and TLS: `name=value` lines, as Kafka's own tools read."""
    lines = Path(path).read_text(encoding="utf-8").splitlines() if path else []
    pairs = (line.partition("=") for line in lines if line.strip() and line[:1] != "#")
    return {name.strip(): value.strip() for name, _, value in pairs}


def consumer(servers: str, own: Mapping[str, str], trouble: Trouble) -> Consumer:
    """Return a reader that begins anew with each start: the board is in memory alone."""
    return Consumer(
        {
            **own,
            "bootstrap.servers": servers,
            "group.id": f"wallboard-{time.time_ns()}",  # every wallboard reads all partitions
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",  # of a merge job: what was committed, and no more
            "error_cb": trouble.told,
        },
        logger=quiet,
    )


def main() -> int:
    """Show it until Ctrl-C; the exit status is 1 where Kafka could not be read at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", help="such as kafka-1:9092")
    parser.add_argument("topic", nargs="?", default="interactions")
    parser.add_argument("--properties", metavar="FILE", help="login and TLS: librdkafka's names")
    parser.add_argument("--seconds", type=float, help="show it once after so long, and end")
    args = parser.parse_args()
    board, trouble, over = Board(), Trouble(), threading.Event()
    reader = consumer(args.servers, properties(args.properties), trouble)
    thread = threading.Thread(target=read, args=(reader, args.topic, board, trouble, over.is_set))
    thread.start()
    try:
        if args.seconds is not None:
            thread.join(args.seconds)
        else:
            _show(board, trouble, thread)
    except KeyboardInterrupt:
        pass
    finally:
        over.set()
        thread.join()
    if args.seconds is not None:
        Console().print(table(board, trouble))
    if trouble.text:
        print(f"wallboard: {trouble.text}", file=sys.stderr)
    return 1 if trouble.text else 0


def _show(board: Board, trouble: Trouble, thread: threading.Thread) -> None:
    with Live(table(board, trouble), auto_refresh=False) as live:
        while thread.is_alive():
            live.update(table(board, trouble), refresh=True)
            time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())

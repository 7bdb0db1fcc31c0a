"""A wallboard in a terminal: reads the clean topic of a mirror and shows each queue as it is now.

python examples/wallboard/wallboard.py kafka-1:9092 interactions
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Callable

from board import COLUMNS, Board
from confluent_kafka import Consumer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from syncline_kafka.consumer import Deduplicated


def follow(consumer: Consumer, topic: str, board: Board, stop: Callable[[], bool]) -> None:
    """Feed the board until told to stop.

    What two listeners of `dedupe = "consumer"` both wrote comes once; on the clean topic of a merge
    job nothing comes twice, and this costs next to nothing.
    """
    told_once = Deduplicated(consumer, stop=stop)
    consumer.subscribe([topic], on_assign=told_once.assigned, on_revoke=told_once.revoked)
    for record in told_once:
        value = record.value()
        if value is not None:
            board.add(json.loads(value))


def table(board: Board) -> Table:
    """Return the board for people."""
    found = Table("queue", *COLUMNS, title="queues")
    for queue, counts in sorted(board.counts().items()):
        found.add_row(queue, *(str(counts[column] or "") for column in COLUMNS))
    return found


def consumer(servers: str) -> Consumer:
    """Return a reader that begins anew with each start: the board is in memory alone."""
    return Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": f"wallboard-{time.time_ns()}",  # every wallboard reads all partitions
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "isolation.level": "read_committed",  # of a merge job: what was committed, and no more
        }
    )


def main() -> None:
    """Show it until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("servers", help="such as kafka-1:9092")
    parser.add_argument("topic", nargs="?", default="interactions")
    parser.add_argument("--seconds", type=float, help="show it once after so long, and end")
    args = parser.parse_args()
    board, over = Board(), threading.Event()
    reader = consumer(args.servers)
    thread = threading.Thread(target=follow, args=(reader, args.topic, board, over.is_set))
    thread.start()
    try:
        if args.seconds is not None:
            time.sleep(args.seconds)
        else:
            _show(board, thread)
    except KeyboardInterrupt:
        pass
    finally:
        over.set()
        thread.join()
        reader.close()
    if args.seconds is not None:
        Console().print(table(board))


def _show(board: Board, thread: threading.Thread) -> None:
    with Live(table(board), auto_refresh=False) as live:
        while thread.is_alive():
            live.update(table(board), refresh=True)
            time.sleep(0.5)


if __name__ == "__main__":
    main()

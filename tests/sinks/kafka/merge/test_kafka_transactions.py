"""A transaction that gets no answer is given up: who takes over can do what its producer cannot."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from syncline_kafka.merge.failures import Lost
from syncline_kafka.merge.transaction import Transactions


class Unheard:
    """What librdkafka's producer is like when it has lost its coordinator: each try times out."""

    def __init__(self, answers_after: int = 10**9) -> None:
        self.answers_after = answers_after
        self.tries = 0

    def begin_transaction(self) -> None:
        pass

    def produce(self, *_: object, **__: object) -> None:
        pass

    def poll(self, _: float) -> int:
        return 0

    def _ask(self, *_: object) -> None:
        self.tries += 1
        if self.tries < self.answers_after:
            time.sleep(0.01)
            raise KafkaException(
                KafkaError(KafkaError._TIMED_OUT, "no coordinator", retriable=True)
            )

    init_transactions = send_offsets_to_transaction = _ask
    commit_transaction = abort_transaction = _ask


def transactions(producer: Unheard, stopping: Callable[[], bool] = lambda: False) -> Transactions:
    return Transactions(cast("Producer", producer), stopping, lambda: None, patience=0.3)


def test_what_cannot_be_committed_is_given_up() -> None:
    with pytest.raises(Lost, match=r"committing how far was read: _TIMED_OUT: .* no answer"):
        transactions(Unheard()).commit([], None)


def test_what_cannot_be_undone_is_given_up() -> None:
    made = transactions(Unheard())
    made.write("clean", 0, b"c1", b"{}")
    with pytest.raises(Lost, match=r"undoing: _TIMED_OUT: .* no answer"):
        made.abort()


def test_a_moment_without_an_answer_is_waited_for() -> None:
    producer = Unheard(answers_after=3)
    transactions(producer).commit([], None)
    assert producer.tries >= 3


def test_who_takes_over_waits_as_long_as_it_takes() -> None:
    producer = Unheard(answers_after=15)
    transactions(producer).prepare()
    assert producer.tries == 15


def test_who_takes_over_ends_when_told_to() -> None:
    producer = Unheard()
    with pytest.raises(Lost):
        transactions(producer, lambda: producer.tries > 5).prepare()

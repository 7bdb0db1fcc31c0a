"""What librdkafka says for every try to connect is heard once a minute."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from syncline_kafka.log_throttle import EVERY, RepetitionFilter

REFUSED = "FAIL [syncline#producer-1] [thrd:kafka-1:9092/bootstrap]: Connection refused"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("tests.kafka.repetition")
    found.setLevel(logging.INFO)
    yield found
    found.setLevel(logging.NOTSET)


def _said(text: str, at: float, level: int = logging.ERROR) -> logging.LogRecord:
    record = logging.LogRecord("tests.kafka.repetition", level, "", 0, text, (), None)
    record.created = at
    return record


def test_the_same_complaint_is_heard_once_a_minute(logger: logging.Logger) -> None:
    repetition = RepetitionFilter()
    tries = [_said(f"{REFUSED} (after {n}ms in state CONNECT)", n / 5) for n in range(650)]
    heard = [record.created for record in tries if repetition.filter(record)]
    assert heard == [0.0, EVERY, 2 * EVERY]


def test_another_complaint_is_heard_at_once(logger: logging.Logger) -> None:
    repetition = RepetitionFilter()
    texts = [REFUSED, REFUSED.replace("kafka-1", "kafka-2"), "SASL authentication error"]
    assert all(repetition.filter(_said(text, 0)) for text in texts)


def test_a_client_that_was_begun_anew_says_nothing_new(logger: logging.Logger) -> None:
    repetition = RepetitionFilter()
    texts = [REFUSED.replace("producer-1", f"producer-{n}") for n in range(5)]
    assert [repetition.filter(_said(text, 0)) for text in texts] == [True, *[False] * 4]


def test_whoever_debugs_hears_all_of_it(logger: logging.Logger) -> None:
    logger.setLevel(logging.DEBUG)
    repetition = RepetitionFilter()
    first, second = _said(REFUSED, 0), _said(REFUSED, 1)
    assert repetition.filter(first)
    assert repetition.filter(second)
    assert (first.levelname, second.levelname) == ("ERROR", "DEBUG")


def test_what_it_remembers_has_a_bound(logger: logging.Logger) -> None:
    repetition = RepetitionFilter()
    assert all(repetition.filter(_said(f"broker {n}", 0)) for n in range(2000))
    assert not repetition.filter(_said("broker 1999", 0))

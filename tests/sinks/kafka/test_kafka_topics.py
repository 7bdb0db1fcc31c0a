"""How topics should be, and what differs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from syncline_kafka.topics import Standing, Topic, differences, wished

EVENTS = Topic(name="t", holds="events", partitions=12, replication=3, retention=timedelta(days=7))
STATE = Topic(name="t.state", holds="state", partitions=12, replication=3)
GOOD = {
    "cleanup.policy": "delete",
    "retention.ms": str(8 * 86_400_000),
    "message.timestamp.type": "CreateTime",
    "min.insync.replicas": "2",
}


def _of(topic: Topic, partitions: int = 12, replicas: int = 3, **config: str) -> list[str]:
    changed = {name.replace("_", "."): value for name, value in config.items()}
    standing = Standing(partitions=partitions, replicas=replicas, config=GOOD | changed)
    return list(differences(topic, standing))


def test_a_topic_as_it_is_created_is_fine() -> None:
    for topic in (EVENTS, STATE):
        standing = Standing(partitions=12, replicas=3, config=topic.config())
        assert list(differences(topic, standing)) == []


def test_a_topic_that_keeps_longer_is_fine() -> None:
    assert _of(EVENTS) == []
    assert _of(EVENTS, retention_ms="-1") == []


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        ({"partitions": 6}, "has 6 partitions and should have 12"),
        ({"partitions": 24}, "has 24 partitions and should have 12"),
        ({"cleanup_policy": "compact"}, "only the last event of a key stays"),
        ({"retention_ms": "3600000"}, "keeps 1.0 hours and should keep 168.0"),
        ({"message_timestamp_type": "LogAppendTime"}, "late events look new"),
        ({"min_insync_replicas": "1"}, "set 2"),
        ({"min_insync_replicas": "3"}, "one broker less"),
        ({"replicas": 1}, "nothing can be written"),
    ],
)
def test_what_differs_is_said(standing: dict[str, Any], said: str) -> None:
    [found] = _of(EVENTS, **standing)
    assert said in found


def test_a_state_that_is_not_compacted_is_said() -> None:
    [found] = _of(STATE)
    assert "'compact'" in found


def test_the_topics_of_a_connection(make_settings: Any) -> None:
    settings = make_settings("h:1", topic="a", dead_letter_topic="a.dead", partitions=6)
    topics = {topic.name: topic for topic in wished(settings, merged=True)}
    assert set(topics) == {"a", "a.raw", "a.state", "a.dead"}
    assert {t.partitions for name, t in topics.items() if name != "a.dead"} == {6}


def test_a_connection_that_nobody_merges_needs_no_topics_for_it(make_settings: Any) -> None:
    [only] = wished(make_settings("h:1", topic="a"), merged=False)
    assert only.name == "a"

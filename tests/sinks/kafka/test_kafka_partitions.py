"""A key goes to the partition that Java's clients choose."""

from __future__ import annotations

import uuid
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.testing.sink_contract import event
from syncline_kafka.sink import KafkaSink
from syncline_simulators.kafka.mock import MockCluster

# Of Kafka's own tests: UtilsTest.testMurmur2.
KNOWN = {
    b"21": -973932308,
    b"foobar": -790332482,
    b"a-little-bit-long-string": -985981536,
    b"a-little-bit-longer-string": -1486304829,
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    b"abc": 479470107,
}


def murmur2(data: bytes) -> int:
    """MurmurHash2 with Kafka's seed, as a signed number of 32 bits."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if rest := data[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    h ^= h >> 15
    return h - (1 << 32) if h >> 31 else h


def partition(key: bytes, count: int) -> int:
    """The partition that Java's default partitioner chooses."""
    return (murmur2(key) & 0x7FFFFFFF) % count


def test_the_hash_is_kafkas() -> None:
    assert {data: murmur2(data) for data in KNOWN} == KNOWN


@settings(max_examples=50)
@given(st.binary())
def test_a_partition_is_one_of_them(key: bytes) -> None:
    assert 0 <= partition(key, 12) < 12


async def test_keys_go_where_java_sends_them(
    kafka_mock: MockCluster, make_settings: Any, context: Context, topic: str, read_messages: Any
) -> None:
    kafka_mock.create(topic, 12)
    sink = KafkaSink(make_settings(kafka_mock.bootstrap), context, topic=topic)
    keys = [data.decode() for data in KNOWN] + [str(uuid.UUID(int=n**9)) for n in range(300)]
    await sink.send([event(n, key=key) for n, key in enumerate(keys)])
    await sink.aclose()
    found = await read_messages(kafka_mock.bootstrap, topic, len(keys))
    assert len(found) == len(keys)
    assert {m.key(): m.partition() for m in found} == {
        key.encode(): partition(key.encode(), 12) for key in keys
    }

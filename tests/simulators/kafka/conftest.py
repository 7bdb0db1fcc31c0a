"""The broker and the mock cluster."""

from __future__ import annotations

from syncline_simulators.kafka.testing import kafka_broker, kafka_mock

__all__ = ["kafka_broker", "kafka_mock"]

"""Frames: the JSON of messages, and their bytes on a WebSocket."""

from __future__ import annotations

from typing import Any

import orjson

_TEXT = 0x81


def framed(*parts: bytes) -> bytes:
    """One unmasked text frame of RFC 6455 with these bytes."""
    size = sum(map(len, parts))
    if size < 126:
        head = bytes((_TEXT, size))
    elif size < 65_536:
        head = bytes((_TEXT, 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((_TEXT, 127)) + size.to_bytes(8, "big")
    return b"".join((head, *parts))


def event(topic: str, body: bytes, metadata: bytes) -> bytes:
    """The frame of an event; `metadata` is shared by all frames of one publishing."""
    return framed(
        b'{"topicName":"', topic.encode(), b'","version":"2","eventBody":', body, metadata
    )


def metadata(correlation: str) -> bytes:
    """The end of an event's frame."""
    return b',"metadata":{"CorrelationId":"' + correlation.encode() + b'"}}'


def message(value: dict[str, Any]) -> bytes:
    """The frame of any other message."""
    return framed(orjson.dumps(value))


def channel_message(text: str) -> bytes:
    """A message about the channel itself."""
    return message({"topicName": "channel.metadata", "eventBody": {"message": text}})


HEARTBEAT = channel_message("WebSocket Heartbeat")
PONG = channel_message("pong")

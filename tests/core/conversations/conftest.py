"""Events of conversations, as listeners tell them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from syncline.events import Event
from syncline.model import JSON

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)
MakeEvent = Callable[..., Event]


@pytest.fixture(scope="session")
def event() -> MakeEvent:
    """Makes an event of a type, so many seconds after nine."""

    def make(kind: str, second: float = 0, *, key: str = "c1", **data: JSON) -> Event:
        at = AT + timedelta(seconds=second)
        given: dict[str, JSON] = {"media_type": "voice", "conversation_id": key, **data}
        return Event(
            id=f"{key} {kind} {second}", key=key, type=kind, source="genesys/cx", occurred_at=at,
            observed_at=at + timedelta(milliseconds=80), data=given,
            synthetic=bool(given.get("synthetic")),
        )  # fmt: skip

    return make

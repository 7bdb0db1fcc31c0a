"""Events that are made without a look at their times."""

from __future__ import annotations

from datetime import datetime, timezone

import attrs

from syncline.events import Event
from syncline.events.event import unchecked

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=timezone.utc)


def test_an_unchecked_event_is_like_any_other() -> None:
    fields = {
        "id": "i", "key": "k", "type": "t", "source": "s", "occurred_at": NOW, "observed_at": NOW,
        "data": {"a": 1}, "synthetic": True,
    }  # fmt: skip
    made = unchecked(**fields)  # type: ignore[arg-type]  # of several types
    assert made == Event(**fields)  # type: ignore[arg-type]  # of several types
    assert attrs.asdict(made, recurse=False) == fields
    assert list(fields) == [field.name for field in attrs.fields(Event)]
    assert attrs.evolve(made, synthetic=False) == unchecked(**{**fields, "synthetic": False})  # type: ignore[arg-type]  # of several types

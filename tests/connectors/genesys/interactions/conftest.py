"""What tests of interaction events share."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from jsonschema import Draft202012Validator

from syncline.events import Event
from syncline.events.interaction import FIELDS, json_schema

Check: TypeAlias = Callable[[Iterable[Event]], None]


@pytest.fixture(scope="session")
def valid() -> Check:
    """Fails where an event is not as its schema says, or its fields are not in their order."""
    schema = Draft202012Validator(json_schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    order = [field.name for field in FIELDS]

    def check(events: Iterable[Event]) -> None:
        for event in events:
            schema.validate(json.loads(json.dumps(dict(event.data))))
            assert list(event.data) == sorted(event.data, key=order.index)
            assert event.data["event_id"] == event.id
            assert event.data["event_type"] == event.type

    return check


@pytest.fixture(scope="session")
def samples(shared: Path) -> list[dict[str, Any]]:
    """The frames that the vendor's fact sheet shows, whole."""
    text = (shared / "vendors" / "genesys.md").read_text(encoding="utf-8")
    part = text[text.index("### 6.5") : text.index("### 6.6")]
    return [json.loads(line) for line in re.findall(r"^\{.*\}$", part, re.MULTILINE)]

"""Rules and times for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import attrs
import pytest

from syncline.config_items import FieldType
from syncline.model import Ref
from syncline.rules import Input, Rule, Target

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=timezone.utc)
CAPACITY = Rule(
    name="capacity",
    inputs=(
        Input(name="asg", ref=Ref("cloud", "group/ivr"), fields={"in_service": FieldType.INT}),
    ),
    target=Target(ref=Ref("cx", "limits/ivr"), path="call.maximum", type=FieldType.INT),
    expression="asg.in_service * 100",
)


@pytest.fixture
def rule() -> Callable[..., Rule]:
    """Make a rule: 100 calls for each machine in service, but for what is given."""

    def made(**changes: Any) -> Rule:
        return attrs.evolve(CAPACITY, **changes)

    return made


@pytest.fixture
def noon() -> datetime:
    """A moment."""
    return NOON

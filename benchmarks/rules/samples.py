"""Rules by the thousand: as a file writes them, as the engine has them, and what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from syncline.config import load
from syncline.config_items import ConfigRecord, FieldSpec, FieldType, Kind
from syncline.connector import Connector
from syncline.model import Ref, Version
from syncline.rules import Rule

MOST = 40
"""Machines of a group."""

KINDS: Mapping[str, Kind] = {
    "group": Kind(
        name="group",
        summary="Machines.",
        fields={"in_service": FieldSpec(type=FieldType.INT)},
    ),
    "limits": Kind(
        name="limits",
        summary="Capacity.",
        fields={
            "call.maximum": FieldSpec(type=FieldType.INT, writable=True, minimum=1, maximum=25_000)
        },
    ),
}


@attrs.frozen(kw_only=True)
class Nothing:
    """No settings."""


BOARD = Connector(
    name="board",
    summary="Objects.",
    settings=Nothing,
    config=lambda settings, context: _no_store(),
    kinds=lambda: KINDS,
)


def _no_store() -> Any:
    raise RuntimeError("a check opens nothing")


def text(count: int) -> bytes:
    """Return a file with so many rules: capacity by machines in service, bounded and steady."""
    return "".join(_lines(count)).encode()


def _lines(count: int) -> Iterator[str]:
    yield '[connections.cx]\nconnector = "board"\n[connections.cloud]\nconnector = "board"\n'
    yield '[jobs.capacity]\nkind = "config"\n'
    for number in range(count):
        yield (
            "[[jobs.capacity.rules]]\n"
            f'from = {{ asg = "cloud:group/g{number}" }}\n'
            f'to = "cx:limits/l{number}#call.maximum"\n'
            'expression = "min(4000, max(5, asg.in_service * 100))"\n'
            'minimum = 5\nmaximum = 4000\nstep = 5\nhysteresis = 10\ncooldown = "5m"\n'
        )


def rules(count: int) -> tuple[Rule, ...]:
    """Return these rules, checked."""
    return load(text(count), connectors=lambda name: BOARD).rules["capacity"]


def machines(number: int) -> int:
    """Return how many machines the group of a rule has in service."""
    return number % MOST + 1


def applied(number: int) -> int:
    """Return what that rule says, and its target holds."""
    return max(5, min(4_000, machines(number) * 100))


def records(count: int) -> dict[Ref, ConfigRecord]:
    """Return what the groups hold, among other fields."""
    held = (
        (Ref("cloud", f"group/g{n}"), {"in_service": machines(n), "tags": {"owner": "us"}})
        for n in range(count)
    )
    return {ref: ConfigRecord(ref=ref, version=Version("1"), values=values) for ref, values in held}

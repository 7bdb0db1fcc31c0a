"""What both systems hold when the demonstration begins, much of it nobody's business but theirs."""

from __future__ import annotations

from typing import Any

from ..systems import System

WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"

_CENTRE: list[dict[str, Any]] = [
    {"do": "create", "kind": "queue", "name": "Support", "description": "Calls and chats"},
    {"do": "create", "kind": "queue", "name": "Billing"},
    {
        "do": "create",
        "kind": "schedule",
        "name": "Support hours",
        "start": "2026-01-05T09:00:00.000",
        "end": "2026-01-05T17:00:00.000",
        "rrule": WEEKDAYS,
    },
    {
        "do": "create",
        "kind": "data-table",
        "name": "Limits",
        "columns": {"maximum": "integer", "greeting": "string"},
    },
    {
        "do": "create",
        "kind": "data-table-row",
        "table": "Limits",
        "key": "ivr",
        "set": {"maximum": 100, "greeting": "Welcome"},
    },
    {
        "do": "create",
        "kind": "data-table-row",
        "table": "Limits",
        "key": "fax",
        "set": {"maximum": 1, "greeting": "Beep"},
    },
]
_CLOUD: list[dict[str, Any]] = [
    {
        "do": "settings",
        "update_lasts": "0s",
        "launch_lasts": "0s",
        "terminate_lasts": "0s",
        "provision_lasts": "0s",
    },
    {
        "do": "create",
        "kind": "autoscaling-group",
        "name": "ivr",
        "desired": 2,
        "min": 1,
        "max": 30,
        "tags": {"team": "voice"},
    },
    {"do": "create", "kind": "autoscaling-group", "name": "web", "desired": 1, "min": 1, "max": 2},
    {
        "do": "create",
        "kind": "dynamodb-table",
        "name": "contacts",
        "read": 5,
        "write": 7,
        "tags": {"team": "crm"},
    },
    {"do": "create", "kind": "dynamodb-table", "name": "call-log", "on_demand": True},
    {"do": "create", "kind": "lambda-function", "name": "screen-pop", "aliases": ["live"]},
    {
        "do": "create",
        "kind": "ssm-parameter",
        "name": "/contact-centre/hours",
        "value": WEEKDAYS,
    },
    {"do": "create", "kind": "ssm-parameter", "name": "/contact-centre/motto", "value": "Gladly"},
]


def build(centre: System, cloud: System) -> None:
    """Make the contact centre and its machines."""
    for action in _CENTRE:
        centre.act(**action)
    for action in _CLOUD:
        cloud.act(**action)
    busy(centre, 1)


def busy(centre: System, conversations: int) -> None:
    """Let so many conversations be going on in the queue."""
    centre.act(
        do="edit",
        kind="queue-observation",
        name="Support",
        mediaType="voice",
        set={"oInteracting": conversations},
    )


def machines(cloud: System, count: int) -> None:
    """Let so many machines answer calls."""
    cloud.act(do="edit", id="autoscaling-group/ivr", desired=count)

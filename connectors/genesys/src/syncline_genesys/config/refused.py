"""What people look for in a Genesys Cloud configuration and no rule can drive, and why.

By kind, or by kind and field; `syncline check` shows the reason to whoever names one of these.
"""

from __future__ import annotations

from collections.abc import Mapping

_FLOW = (
    "the API has no way to edit a flow: people lock it in Architect, and whole flows are published;"
    " let the flow look up a row, and write that row: data-table-row/<table>/<key>"
)
_TELEPHONY = (
    "the API has no number of a trunk that follows load, and a wrong setting drops calls that are"
    " going on; limit what a flow lets in by a row that it reads: data-table-row/<table>/<key>"
)
_AVAILABILITY = (
    "a routing status or presence is the agent's own, and Genesys changes it with every"
    " conversation; read user-status-count, and say who works for a queue by"
    " user/<id>#queues.<queue>.joined"
)
_HOURS = (
    "business hours are schedules and the group that names them: write schedule/<name>#rrule,"
    " and read schedule-group/<name>#open"
)
_SKILL = "a skill has a name and nothing to set; how well a user has it is user/<id>#skills.<skill>"
_SETTINGS = (
    "one PUT replaces the settings of the organisation, and none of them follows load; what agents"
    " can do at a time is utilization/organization"
)

REFUSED: Mapping[str, str] = {
    "flow": _FLOW,
    "flow-variable": _FLOW,
    "trunk": _TELEPHONY,
    "edge": _TELEPHONY,
    "presence": _AVAILABILITY,
    "agent-availability": _AVAILABILITY,
    "user#routingStatus": _AVAILABILITY,
    "user#presence": _AVAILABILITY,
    "business-hours": _HOURS,
    "skill": _SKILL,
    "organization": _SETTINGS,
    "organization-settings": _SETTINGS,
    "data-table": (
        "the columns of a table are its schema, to which the API can only add;"
        " write rows: data-table-row/<table>/<key>"
    ),
    "utilization-label": (
        "a label has a name and nothing else; its capacity is"
        " utilization/organization#labelUtilizations.<label>.maximumCapacity"
    ),
    "queue#capacity": (
        "a queue has no capacity: how much an agent takes is utilization/organization, and how much"
        " a flow lets in is a row that it reads: data-table-row/<table>/<key>"
    ),
    "queue#skills": (
        "a queue has no skills: users have them, user/<id>#skills.<skill>, and a flow asks for them"
    ),
    "queue#members": (
        "members are no part of a queue in the API; write user/<id>#queues.<queue>.member"
        " or user/<id>#queues.<queue>.joined"
    ),
    "queue#etag": (
        "a queue has no ETag and no version, and nothing guards a PUT; Syncline compares what was"
        " read by itself"
    ),
    "user#state": "who works for the company is decided by people or the directory, not by a rule",
}
"""Reasons by `<kind>` or `<kind>#<field>`; what is said of a field holds below it."""


def refused() -> Mapping[str, str]:
    """Return all of them; nothing is opened for it."""
    return REFUSED


__all__ = ["REFUSED", "refused"]

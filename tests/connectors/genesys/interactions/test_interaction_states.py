"""States that have no time of their own never go back."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from syncline.events import Privacy
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
START = "2026-03-02T09:15:02.114Z"


def _snapshot(state: str) -> bytes:
    call = {"id": "s", "state": state, "initialState": "dialing"}
    who = {"id": "p", "connectedTime": START, "calls": [call]}
    return json.dumps({"id": "c", "participants": [who]}).encode()


@pytest.mark.parametrize("later", ["contacting", "alerting"])
def test_dialing_that_another_topic_tells_late_is_not_told_again(later: str) -> None:
    one = Normaliser("genesys/cx", "a", Privacy())
    one.frame("v2.users.u.conversations", _snapshot("dialing"), NOW)
    one.frame("v2.users.u.conversations", _snapshot(later), NOW)
    again = one.frame("v2.users.v.conversations", _snapshot("dialing"), NOW)
    assert again == []


def test_dialing_is_told_once_by_whoever_hears_what_came_after_it_first() -> None:
    one = Normaliser("genesys/cx", "a", Privacy())
    first = one.frame("v2.users.u.conversations", _snapshot("contacting"), NOW)
    second = one.frame("v2.users.v.conversations", _snapshot("dialing"), NOW)
    changed = [event for event in [*first, *second] if event.type == words.CHANGED]
    assert [event.data["state"] for event in changed].count("dialing") <= 1
    assert [event.data["state"] for event in changed].count("contacting") == 1

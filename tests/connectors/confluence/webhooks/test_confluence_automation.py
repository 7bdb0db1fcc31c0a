"""Automation rules: a secret in a header."""

from __future__ import annotations

import pytest

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.model import Change, Ref
from syncline.ports import Hints, Secret, Webhook
from syncline.testing.deliveries import arrived, hints_of
from syncline_confluence import connector
from syncline_confluence.webhooks.settings import AutomationSettings

KEY = "the-shared-secret-of-one-installation"
LOOK = (Change(ref=Ref("wiki", "98312")),)
LOOK_BELOW = (Change(ref=Ref("wiki", "98312"), subtree=True),)


@pytest.fixture
def automation(context: Context) -> Webhook:
    return connector.webhooks["automation"].open(AutomationSettings(secret=Secret(KEY)), context)


def test_a_rule_with_the_secret_is_accepted(automation: Webhook) -> None:
    headers = {"X-Syncline-Secret": KEY}
    for body in ({"id": 98312, "event": "page_updated"}, {"id": "98312", "event": "published"}):
        assert hints_of(automation, arrived(body, headers)) == Hints(changes=LOOK)
    assert hints_of(automation, arrived({"id": 98312}, headers)).changes == LOOK_BELOW


@pytest.mark.parametrize("value", ["", KEY[:-1], KEY + " ", KEY.upper(), "Bearer " + KEY])
def test_a_rule_without_the_secret_is_refused(automation: Webhook, value: str) -> None:
    with pytest.raises(Forbidden):
        automation.receive(arrived({"id": 98312}, {"X-Syncline-Secret": value}))
    with pytest.raises(Forbidden):
        automation.receive(arrived({"id": 98312}, {"X-Secret": KEY}))

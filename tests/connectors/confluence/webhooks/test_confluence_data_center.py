"""Data Center's webhooks: a body that is signed with a secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.errors import Forbidden
from syncline.model import Change, Ref
from syncline.ports import Hints, Secret, Webhook, WebhookRequest
from syncline.testing.deliveries import NOW, arrived, hints_of
from syncline_confluence import connector
from syncline_confluence.webhooks.settings import DataCenterSettings

KEY = "the-shared-secret-of-one-installation"
PAGE = {"id": 98312, "idAsString": "98312", "spaceKey": "KB", "contentType": "page"}
EDITED = {"timestamp": int(NOW.timestamp() * 1000), "updateTrigger": "edit_page", "page": PAGE}
LOOK = (Change(ref=Ref("wiki", "98312")),)
LOOK_BELOW = (Change(ref=Ref("wiki", "98312"), subtree=True),)


@pytest.fixture
def data_center(context: Context) -> Webhook:
    return connector.webhooks["data-center"].open(DataCenterSettings(secret=Secret(KEY)), context)


def hub(body: Any, key: str = KEY, **more: Any) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    return arrived(raw, {"X-Hub-Signature": f"sha256={digest}"}, **more)


def test_a_signed_body_names_its_page(data_center: Webhook) -> None:
    said = hints_of(data_center, hub({**EDITED, "event": "page_updated"}))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(minutes=5)


def test_the_same_body_is_the_same_delivery_and_another_is_not(data_center: Webhook) -> None:
    first = hints_of(data_center, hub({**EDITED, "event": "page_updated"}))
    again = hints_of(data_center, hub({**EDITED, "event": "page_updated"}))
    later = {**EDITED, "event": "page_updated", "timestamp": EDITED["timestamp"] + 1}  # type: ignore[operator]  # a number
    assert first.delivery == again.delivery
    assert first.delivery != hints_of(data_center, hub(later)).delivery


@pytest.mark.parametrize("minutes", [-6, 2])
def test_an_old_or_future_event_is_refused(data_center: Webhook, minutes: int) -> None:
    at = int((NOW + timedelta(minutes=minutes)).timestamp() * 1000)
    with pytest.raises(Forbidden, match="signed"):
        data_center.receive(hub({**EDITED, "timestamp": at, "event": "page_updated"}))


def test_a_body_without_a_time_is_looked_at_each_time(data_center: Webhook) -> None:
    body = {"event": "page_updated", "page": PAGE}
    assert hints_of(data_center, hub(body)) == Hints(changes=LOOK)


def test_the_test_of_a_connection_is_accepted(data_center: Webhook) -> None:
    assert hints_of(data_center, hub({"test": True})).changes == ()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature": ""},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"Authorization": f"Bearer {KEY}"},
        {"X-Syncline-Secret": KEY},
    ],
)
def test_what_is_not_signed_with_the_secret_is_refused(
    data_center: Webhook, headers: dict[str, str]
) -> None:
    with pytest.raises(Forbidden):
        data_center.receive(arrived({**EDITED, "event": "page_updated"}, headers))


def test_a_signature_of_another_secret_or_encoding_is_refused(data_center: Webhook) -> None:
    body = json.dumps({**EDITED, "event": "page_updated"}).encode()
    digest = hmac.new(KEY.encode(), body, hashlib.sha256)
    with pytest.raises(Forbidden):
        data_center.receive(hub(body, key="the-secret-of-some-other-site"))
    for text in (digest.hexdigest(), digest.hexdigest().upper()):
        with pytest.raises(Forbidden):
            data_center.receive(arrived(body, {"X-Hub-Signature": f"SHA256={text}"}))
    encoded = base64.b64encode(digest.digest()).decode()
    with pytest.raises(Forbidden):
        data_center.receive(arrived(body, {"X-Hub-Signature": f"sha256={encoded}"}))


@given(at=st.integers(0, 400), byte=st.integers(0, 255))
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_changed_byte_of_the_body_passes(data_center: Webhook, at: int, byte: int) -> None:
    good = hub({**EDITED, "event": "page_updated"})
    at %= len(good.body)
    changed = good.body[:at] + bytes([byte]) + good.body[at + 1 :]
    if changed != good.body:
        with pytest.raises(Forbidden):
            data_center.receive(attrs.evolve(good, body=changed))


def test_events_of_other_spaces_are_left_alone_but_not_what_moved_there(context: Context) -> None:
    chosen = DataCenterSettings(secret=Secret(KEY), spaces=frozenset({"HELP"}))
    webhook = connector.webhooks["data-center"].open(chosen, context)
    body = {"page": PAGE}
    assert hints_of(webhook, hub({**body, "event": "page_updated"})).changes == ()
    assert hints_of(webhook, hub({**body, "event": "page_moved"})).changes == LOOK_BELOW

"""Webhooks of Connect apps: a token for one request, made by PyJWT and by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden
from syncline.model import Change, Ref
from syncline.ports import Secret, Webhook, WebhookRequest
from syncline.testing.deliveries import NOW, arrived, hints_of
from syncline_confluence import connector
from syncline_confluence.webhooks.settings import ConnectSettings

ByHand: TypeAlias = Callable[..., str]
KEY = "the-shared-secret-of-one-installation"
PATH = "/webhooks/wiki"
PAGE = {"id": 98312, "idAsString": "98312", "spaceKey": "KB", "contentType": "page"}
EDITED = {"timestamp": int(NOW.timestamp() * 1000), "updateTrigger": "edit_page", "page": PAGE}
LOOK = (Change(ref=Ref("wiki", "98312")),)
LOOK_BELOW = (Change(ref=Ref("wiki", "98312"), subtree=True),)


@pytest.fixture
def connect(context: Context) -> Webhook:
    chosen = ConnectSettings(client_key="site-1", secret=Secret(KEY))
    return connector.webhooks["connect"].open(chosen, context)


def canonical(query: str = "", path: str = PATH, method: str = "POST") -> str:
    return hashlib.sha256(f"{method}&{path}&{query}".encode()).hexdigest()


def connect_claims(**more: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {"iss": "site-1", "iat": now, "exp": now + 180, "qsh": canonical(), **more}


def authorized(token: str, body: Any = EDITED, **more: Any) -> WebhookRequest:
    return arrived(body, {"Authorization": f"JWT {token}"}, **more)


def token_of(claims: Mapping[str, Any], key: Any = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm)


def test_a_token_for_this_request_is_accepted(by_hand: ByHand, connect: Webhook) -> None:
    said = hints_of(connect, authorized(token_of(connect_claims())))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(seconds=180, minutes=1)
    made = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"}, KEY)
    assert hints_of(connect, authorized(made)).changes == LOOK


def test_the_address_says_which_event_it_is(connect: Webhook) -> None:
    body = {"page": PAGE}
    token = token_of(connect_claims(qsh=canonical("event=page_trashed")))
    said = hints_of(connect, authorized(token, body, query="event=page_trashed"))
    assert said.changes == LOOK_BELOW
    with pytest.raises(Forbidden):
        connect.receive(authorized(token, body, query="event=page_updated"))


def test_a_token_for_another_address_or_method_is_refused(connect: Webhook) -> None:
    token = token_of(connect_claims())
    for more in ({"query": "a=1"}, {"path": "/webhooks/kb"}, {"method": "PUT"}):
        with pytest.raises(Forbidden, match="qsh"):
            connect.receive(authorized(token, **more))


@pytest.mark.parametrize("qsh", [None, "", "context-qsh", 7])
def test_a_token_that_is_bound_to_no_request_is_refused(connect: Webhook, qsh: object) -> None:
    with pytest.raises(Forbidden, match="qsh"):
        connect.receive(authorized(token_of(connect_claims(qsh=qsh))))


def test_the_path_of_the_apps_base_url_can_be_said(context: Context) -> None:
    chosen = ConnectSettings(client_key="site-1", secret=Secret(KEY), path="/hooks")
    webhook = connector.webhooks["connect"].open(chosen, context)
    token = token_of(connect_claims(qsh=canonical(path="/hooks")))
    assert hints_of(webhook, authorized(token)).changes == LOOK


def test_a_body_is_not_covered_by_the_token_and_only_makes_us_look(connect: Webhook) -> None:
    token = token_of(connect_claims())
    other = {**EDITED, "page": {**PAGE, "id": 1, "idAsString": "1"}}
    first, second = (
        hints_of(connect, authorized(token)),
        hints_of(connect, authorized(token, other)),
    )
    assert second.changes == (Change(ref=Ref("wiki", "1")),)
    assert first.delivery != second.delivery
    assert first.delivery == hints_of(connect, authorized(token)).delivery


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": int(NOW.timestamp()) + 90_000},
        {"exp": None},
        {"exp": "soon"},
        {"exp": True},
        {"exp": float("1e300")},
        {"iat": int(NOW.timestamp()) + 61},
        {"nbf": int(NOW.timestamp()) + 61},
        {"iss": "site-2"},
        {"iss": None},
    ],
    ids=str,
)
def test_a_stale_early_or_foreign_token_is_refused(
    by_hand: ByHand, connect: Webhook, claims: dict[str, Any]
) -> None:
    made = {k: v for k, v in connect_claims(**claims).items() if v is not None}
    with pytest.raises(Forbidden):
        connect.receive(authorized(by_hand(made, {"alg": "HS256"}, KEY)))


def test_other_algorithms_are_refused_even_with_the_right_secret(
    by_hand: ByHand, connect: Webhook
) -> None:
    claims = connect_claims()
    for algorithm in ("HS384", "HS512"):
        with pytest.raises(Forbidden):
            connect.receive(authorized(token_of(claims, KEY * 3, algorithm)))
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (unsigned, unsigned + "x", by_hand(claims, {"alg": "none"}, KEY)):
        with pytest.raises(Forbidden):
            connect.receive(authorized(token))
    for alg in ("hs256", "RS256", None, 7, ["HS256"]):
        with pytest.raises(Forbidden):
            connect.receive(authorized(by_hand(claims, {"alg": alg}, KEY)))


@pytest.mark.parametrize(
    "value", ["", "JWT", "JWT ", "jwt {}", "Bearer {}", "JWT  {}", "JWT {}=", " {}"]
)
def test_a_token_in_another_dress_is_refused(connect: Webhook, value: str) -> None:
    text = value.format(token_of(connect_claims()))
    with pytest.raises(Forbidden):
        connect.receive(arrived(EDITED, {"Authorization": text}))


@given(data=st.data())
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_changed_byte_of_a_token_passes(
    by_hand: ByHand, connect: Webhook, data: st.DataObject
) -> None:
    token = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"}, KEY)
    at = data.draw(st.integers(0, len(token) - 1))
    other = chr(data.draw(st.integers(32, 126)))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(Forbidden):
            connect.receive(authorized(changed))


def test_the_spare_bits_of_base64_make_no_second_token(by_hand: ByHand, connect: Webhook) -> None:
    token = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"}, KEY)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = alphabet[alphabet.index(token[-1]) // 4 * 4 :][:4]
    for last in twins:
        if last != token[-1]:
            with pytest.raises(Forbidden, match="canonical"):
                connect.receive(authorized(token[:-1] + last))


def test_a_shared_secret_that_can_be_guessed_is_refused(context: Context) -> None:
    chosen = ConnectSettings(client_key="site-1", secret=Secret("sixteen-letters!"))
    with pytest.raises(ConfigError, match="32 bytes"):
        connector.webhooks["connect"].open(chosen, context)

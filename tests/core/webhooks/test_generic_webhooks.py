"""The generic form: its three schemes, and everything that a forger could change."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden, Rejected
from syncline.model import Change, Ref
from syncline.ports import Secret, WebhookRequest
from syncline.webhooks import GenericSettings
from syncline.webhooks.generic import GenericWebhook, open_generic

BODY = json.dumps({"changes": [{"id": "7"}, {"id": 8, "subtree": True}]}).encode()
THE_TWO = (
    Change(ref=Ref("wiki", "7")),
    Change(ref=Ref("wiki", "8"), subtree=True),
)

Arrive = Callable[..., WebhookRequest]
Sign = Callable[..., Any]
SHARED = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def standard(key: Secret, context: Context) -> GenericWebhook:
    return open_generic(GenericSettings(secret=key), context)


@pytest.fixture
def signed(key: Secret, context: Context) -> GenericWebhook:
    return open_generic(GenericSettings(secret=key, scheme="hmac"), context)


@pytest.fixture
def with_secret(key: Secret, context: Context) -> GenericWebhook:
    chosen = GenericSettings(secret=key, scheme="secret", header="X-Key")
    return open_generic(chosen, context)


def test_a_signed_delivery_names_its_items_and_itself(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, now: Any
) -> None:
    hints = standard.receive(arrive(BODY, standard_headers(BODY)))
    assert hints.changes == THE_TWO
    assert hints.delivery == "msg_1"
    assert hints.until == now + timedelta(minutes=5)


def test_a_secret_in_base64_is_decoded(
    context: Context, arrive: Arrive, standard_headers: Sign
) -> None:
    raw = bytes(range(24))
    secret = Secret("whsec_" + base64.b64encode(raw).decode())
    opened = open_generic(GenericSettings(secret=secret), context)
    assert opened.receive(arrive(BODY, standard_headers(BODY, key=raw))).changes == THE_TWO


def test_while_secrets_change_both_count(
    context: Context, arrive: Arrive, standard_headers: Sign
) -> None:
    old, new = "the-secret-of-last-year", "the-secret-of-this-year"
    both = GenericSettings(secret=Secret(new), previous_secret=Secret(old))
    opened = open_generic(both, context)
    for key in (old, new):
        headers = standard_headers(BODY, key=key.encode())
        assert opened.receive(arrive(BODY, headers)).changes == THE_TWO
    with pytest.raises(Forbidden):
        opened.receive(arrive(BODY, standard_headers(BODY, key=b"the-secret-of-no-year")))


def test_one_of_several_signatures_is_enough(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign
) -> None:
    headers = standard_headers(BODY)
    other = standard_headers(BODY, key=b"what the sender signs with next")
    headers["webhook-signature"] = f"{other['webhook-signature']} {headers['webhook-signature']}"
    assert standard.receive(arrive(BODY, headers)).changes == THE_TWO


@pytest.mark.parametrize("age", [-301, -3600, 61, 3600])
def test_a_stale_or_future_delivery_is_refused(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, now: Any, age: int
) -> None:
    headers = standard_headers(BODY, at=now + timedelta(seconds=age))
    with pytest.raises(Forbidden, match="signed"):
        standard.receive(arrive(BODY, headers))


@pytest.mark.parametrize("age", [-300, -60, 0, 60])
def test_the_edges_of_the_window_are_inside(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, now: Any, age: int
) -> None:
    headers = standard_headers(BODY, at=now + timedelta(seconds=age))
    assert standard.receive(arrive(BODY, headers)).changes == THE_TWO


def test_the_service_says_how_old_a_delivery_may_be(
    key: Secret, context: Context, arrive: Arrive, standard_headers: Sign, now: Any
) -> None:
    patient = attrs.evolve(context, age=timedelta(hours=2))
    opened = open_generic(GenericSettings(secret=key), patient)
    headers = standard_headers(BODY, at=now - timedelta(hours=1))
    assert opened.receive(arrive(BODY, headers)).until == now + timedelta(hours=1)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_missing_or_doubled_proves_nothing(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, name: str
) -> None:
    headers = standard_headers(BODY)
    request = arrive(BODY, headers)
    doubled = attrs.evolve(request, headers=(*request.headers, (name, headers[name])))
    missing = arrive(BODY, {k: v for k, v in headers.items() if k != name})
    for other in (doubled, missing):
        with pytest.raises(Forbidden):
            standard.receive(other)


@pytest.mark.parametrize(
    "how",
    [
        lambda text: text.removeprefix("v1,"),
        lambda text: text.replace("v1,", "v1a,"),
        lambda text: "v1," + base64.b64decode(text[3:]).hex(),
        lambda text: text.rstrip("="),
        lambda text: text.replace("v1,", "v1, "),
        lambda text: "v1,",
        lambda text: "",
        lambda text: "v1," + "é" * 44,
    ],
)
def test_a_signature_in_another_encoding_is_refused(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, how: Callable[[str], str]
) -> None:
    headers = standard_headers(BODY)
    headers["webhook-signature"] = how(headers["webhook-signature"])
    with pytest.raises(Forbidden):
        standard.receive(arrive(BODY, headers))


def test_what_other_systems_sign_is_refused(
    standard: GenericWebhook, arrive: Arrive, hex_hmac: Sign, key: Secret
) -> None:
    others = [
        {"X-Hub-Signature": f"sha256={hex_hmac(BODY)}"},
        {"X-Signature": hex_hmac(BODY)},
        {"X-Syncline-Secret": key.reveal()},
        {"Authorization": f"Bearer {key.reveal()}"},
    ]
    for headers in others:
        with pytest.raises(Forbidden):
            standard.receive(arrive(BODY, headers))


@given(data=st.data())
@SHARED
def test_no_change_of_a_byte_passes_the_standard_scheme(
    standard: GenericWebhook, arrive: Arrive, standard_headers: Sign, data: st.DataObject
) -> None:
    headers = standard_headers(BODY)
    parts = {"body": BODY, **{name: value.encode() for name, value in headers.items()}}
    name = data.draw(st.sampled_from(sorted(parts)))
    changed = _mutated(data, parts[name])
    if changed == parts[name]:
        return
    if name == "body":
        request = arrive(changed, headers)
    else:
        request = arrive(BODY, {**headers, name: changed.decode("latin-1")})
    with pytest.raises(Forbidden):
        standard.receive(request)


def _mutated(data: st.DataObject, raw: bytes) -> bytes:
    """Return `raw` with a byte changed, taken out or put in."""
    at = data.draw(st.integers(0, len(raw) - 1))
    byte = bytes([data.draw(st.integers(0, 255))])
    match data.draw(st.sampled_from(["change", "take", "put"])):
        case "change":
            return raw[:at] + byte + raw[at + 1 :]
        case "take":
            return raw[:at] + raw[at + 1 :]
        case _:
            # A space at the end of a list of signatures separates nothing.
            return raw[:at] + (b"x" if byte == b" " else byte) + raw[at:]


@given(data=st.data())
@SHARED
def test_no_change_of_a_byte_passes_an_hmac(
    signed: GenericWebhook, arrive: Arrive, hex_hmac: Sign, data: st.DataObject
) -> None:
    signature = f"sha256={hex_hmac(BODY)}".encode()
    body = data.draw(st.booleans())
    changed = _mutated(data, BODY if body else signature)
    if changed in (BODY, signature):
        return
    header = signature if body else changed
    request = arrive(changed if body else BODY, {"X-Signature": header.decode("latin-1")})
    with pytest.raises(Forbidden):
        signed.receive(request)


def test_an_hmac_proves_the_body_and_no_more(
    signed: GenericWebhook, arrive: Arrive, hex_hmac: Sign
) -> None:
    hints = signed.receive(arrive(BODY, {"X-Signature": f"sha256={hex_hmac(BODY)}"}))
    assert hints.changes == THE_TWO
    assert hints.delivery == ""


@pytest.mark.parametrize("value", ["", "sha256=", "sha1=abc", "SHA256={}", "sha256={}\x00"])
def test_an_hmac_in_another_encoding_is_refused(
    signed: GenericWebhook, arrive: Arrive, hex_hmac: Sign, value: str
) -> None:
    with pytest.raises(Forbidden):
        signed.receive(arrive(BODY, {"X-Signature": value.format(hex_hmac(BODY))}))
    with pytest.raises(Forbidden):
        signed.receive(arrive(BODY, {"X-Signature": f"sha256={hex_hmac(BODY).upper()}"}))


def test_a_secret_in_a_header_is_compared_whole(
    with_secret: GenericWebhook, arrive: Arrive, key: Secret
) -> None:
    right = key.reveal()
    assert with_secret.receive(arrive(BODY, {"X-Key": right})).changes == THE_TWO
    for wrong in ("", right[:-1], right + "x", right.upper(), f"Bearer {right}", "ü"):
        with pytest.raises(Forbidden):
            with_secret.receive(arrive(BODY, {"X-Key": wrong}))


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"id": "7"}, ["7"]),
        ({"id": 7}, ["7"]),
        ({"type": "page.updated", "data": {"id": "7"}}, ["7"]),
        ({"changes": []}, []),
    ],
)
def test_the_documented_bodies_are_read(
    with_secret: GenericWebhook, arrive: Arrive, key: Secret, body: Any, ids: list[str]
) -> None:
    hints = with_secret.receive(arrive(body, {"X-Key": key.reveal()}))
    assert [change.ref.id for change in hints.changes] == ids


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe{}",
        b"[]",
        b"null",
        b"{}",
        b'{"id": "7", "id": "8"}',
        b'{"id": NaN}',
        b'{"id": true}',
        b'{"id": ""}',
        b'{"id": "a\\nb"}',
        b'{"id": "%s"}' % (b"x" * 513),
        b'{"changes": [{"id": "7", "subtree": "yes"}, {}]}',
        b'{"id":' * 100_000,
        b'{"changes": [%s]}' % b",".join([b'{"id": 1}'] * 1001),
        '{"id": "7"}'.encode("utf-16"),
        b'{"id": %s}' % (b"9" * 5000),
    ],
    ids=lambda body: str(body[:24]),
)
def test_a_genuine_body_that_makes_no_sense_is_rejected_with_a_reason(
    with_secret: GenericWebhook, arrive: Arrive, key: Secret, body: bytes
) -> None:
    with pytest.raises(Rejected) as caught:
        with_secret.receive(arrive(body, {"X-Key": key.reveal()}))
    assert str(caught.value)


def test_the_setting_says_where_ids_are(context: Context, arrive: Arrive, key: Secret) -> None:
    chosen = GenericSettings(secret=key, scheme="secret", header="X-Key", id="items.page.key")
    opened = open_generic(chosen, context)
    body = {"items": [{"page": {"key": "A-1"}}, {"page": {"key": "A-2"}}]}
    hints = opened.receive(arrive(body, {"X-Key": key.reveal()}))
    assert [change.ref.id for change in hints.changes] == ["A-1", "A-2"]
    with pytest.raises(Rejected, match="setting id"):
        opened.receive(arrive({"items": [{"page": 1}]}, {"X-Key": key.reveal()}))


@pytest.mark.parametrize("secret", ["short", "whsec_c2hvcnQ=", "whsec_not base64 at all"])
def test_a_secret_that_can_be_guessed_is_refused_at_the_start(
    context: Context, secret: str
) -> None:
    with pytest.raises(ConfigError, match=r"connections\.wiki\.webhook") as caught:
        open_generic(GenericSettings(secret=Secret(secret)), context)
    assert secret not in str(caught.value)

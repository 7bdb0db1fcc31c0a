"""Webhooks of Confluence: each form with valid, tampered, stale, replayed and foreign deliveries.

Tokens are made by PyJWT and by hand; the simulator's own senders are read at the end.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncline.connector import Context
from syncline.errors import ConfigError, Forbidden, Rejected, Unavailable
from syncline.model import Change, Ref
from syncline.ports import Hints, Secret, Webhook, WebhookRequest
from syncline.testing import FakeClock, MemoryCache
from syncline_confluence import connector
from syncline_confluence.webhooks import events
from syncline_confluence.webhooks.settings import (
    AutomationSettings,
    ConnectSettings,
    DataCenterSettings,
    ForgeSettings,
)
from syncline_simulators.running import Running, running

NOW = datetime(2026, 11, 21, 5, 0, tzinfo=timezone.utc)
KEY = "the-shared-secret-of-one-installation"
PATH = "/webhooks/wiki"
APP = "ari:cloud:ecosystem::app/8db3"
SHARED = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PAGE = {"id": 98312, "idAsString": "98312", "spaceKey": "KB", "contentType": "page"}
EDITED = {"timestamp": int(NOW.timestamp() * 1000), "updateTrigger": "edit_page", "page": PAGE}
LOOK = (Change(ref=Ref("wiki", "98312")),)
LOOK_BELOW = (Change(ref=Ref("wiki", "98312"), subtree=True),)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def context(clock: FakeClock) -> Context:
    return Context(connection="wiki", clock=clock, cache=MemoryCache())


def opened(form: str, settings: Any, context: Context) -> Webhook:
    return connector.webhooks[form].open(settings, context)


def request(
    body: Any, headers: Mapping[str, str] = {}, *, query: str = "", **more: Any
) -> WebhookRequest:
    made = WebhookRequest(
        method="POST",
        path=PATH,
        query=query,
        headers=tuple((key.lower(), value) for key, value in headers.items()),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        received_at=NOW,
    )
    return attrs.evolve(made, **more)


def hints(webhook: Webhook, one: WebhookRequest) -> Hints:
    said = webhook.receive(one)
    assert isinstance(said, Hints)
    return said


# -- Data Center ---------------------------------------------------------------------------------


@pytest.fixture
def data_center(context: Context) -> Webhook:
    return opened("data-center", DataCenterSettings(secret=Secret(KEY)), context)


def hub(body: Any, key: str = KEY, **more: Any) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
    return request(raw, {"X-Hub-Signature": f"sha256={digest}"}, **more)


def test_a_signed_body_names_its_page(data_center: Webhook) -> None:
    said = hints(data_center, hub({**EDITED, "event": "page_updated"}))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(minutes=5)


def test_the_same_body_is_the_same_delivery_and_another_is_not(data_center: Webhook) -> None:
    first = hints(data_center, hub({**EDITED, "event": "page_updated"}))
    again = hints(data_center, hub({**EDITED, "event": "page_updated"}))
    later = {**EDITED, "event": "page_updated", "timestamp": EDITED["timestamp"] + 1}  # type: ignore[operator]  # a number
    assert first.delivery == again.delivery
    assert first.delivery != hints(data_center, hub(later)).delivery


@pytest.mark.parametrize("minutes", [-6, 2])
def test_an_old_or_future_event_is_refused(data_center: Webhook, minutes: int) -> None:
    at = int((NOW + timedelta(minutes=minutes)).timestamp() * 1000)
    with pytest.raises(Forbidden, match="signed"):
        data_center.receive(hub({**EDITED, "timestamp": at, "event": "page_updated"}))


def test_a_body_without_a_time_is_looked_at_each_time(data_center: Webhook) -> None:
    body = {"event": "page_updated", "page": PAGE}
    assert hints(data_center, hub(body)) == Hints(changes=LOOK)


def test_the_test_of_a_connection_is_accepted(data_center: Webhook) -> None:
    assert hints(data_center, hub({"test": True})).changes == ()


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
        data_center.receive(request({**EDITED, "event": "page_updated"}, headers))


def test_a_signature_of_another_secret_or_encoding_is_refused(data_center: Webhook) -> None:
    body = json.dumps({**EDITED, "event": "page_updated"}).encode()
    digest = hmac.new(KEY.encode(), body, hashlib.sha256)
    with pytest.raises(Forbidden):
        data_center.receive(hub(body, key="the-secret-of-some-other-site"))
    for text in (digest.hexdigest(), digest.hexdigest().upper()):
        with pytest.raises(Forbidden):
            data_center.receive(request(body, {"X-Hub-Signature": f"SHA256={text}"}))
    encoded = base64.b64encode(digest.digest()).decode()
    with pytest.raises(Forbidden):
        data_center.receive(request(body, {"X-Hub-Signature": f"sha256={encoded}"}))


@given(at=st.integers(0, 400), byte=st.integers(0, 255))
@SHARED
def test_no_changed_byte_of_the_body_passes(data_center: Webhook, at: int, byte: int) -> None:
    good = hub({**EDITED, "event": "page_updated"})
    at %= len(good.body)
    changed = good.body[:at] + bytes([byte]) + good.body[at + 1 :]
    if changed != good.body:
        with pytest.raises(Forbidden):
            data_center.receive(attrs.evolve(good, body=changed))


# -- Connect -------------------------------------------------------------------------------------


@pytest.fixture
def connect(context: Context) -> Webhook:
    chosen = ConnectSettings(client_key="site-1", secret=Secret(KEY))
    return opened("connect", chosen, context)


def canonical(query: str = "", path: str = PATH, method: str = "POST") -> str:
    return hashlib.sha256(f"{method}&{path}&{query}".encode()).hexdigest()


def connect_claims(**more: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    return {"iss": "site-1", "iat": now, "exp": now + 180, "qsh": canonical(), **more}


def authorized(token: str, body: Any = EDITED, **more: Any) -> WebhookRequest:
    return request(body, {"Authorization": f"JWT {token}"}, **more)


def token_of(claims: Mapping[str, Any], key: Any = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(dict(claims), key, algorithm=algorithm)


def by_hand(claims: Mapping[str, Any], head: Mapping[str, Any], key: str = KEY) -> str:
    """Return a token that was made with hashlib alone."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in (head, claims)
    ]
    digest = hmac.new(key.encode(), ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, base64.urlsafe_b64encode(digest).decode().rstrip("=")])


def test_a_token_for_this_request_is_accepted(connect: Webhook) -> None:
    said = hints(connect, authorized(token_of(connect_claims())))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(seconds=180, minutes=1)
    made = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"})
    assert hints(connect, authorized(made)).changes == LOOK


def test_the_address_says_which_event_it_is(connect: Webhook) -> None:
    body = {"page": PAGE}
    token = token_of(connect_claims(qsh=canonical("event=page_trashed")))
    said = hints(connect, authorized(token, body, query="event=page_trashed"))
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
    webhook = opened("connect", chosen, context)
    token = token_of(connect_claims(qsh=canonical(path="/hooks")))
    assert hints(webhook, authorized(token)).changes == LOOK


def test_a_body_is_not_covered_by_the_token_and_only_makes_us_look(connect: Webhook) -> None:
    token = token_of(connect_claims())
    other = {**EDITED, "page": {**PAGE, "id": 1, "idAsString": "1"}}
    first, second = hints(connect, authorized(token)), hints(connect, authorized(token, other))
    assert second.changes == (Change(ref=Ref("wiki", "1")),)
    assert first.delivery != second.delivery
    assert first.delivery == hints(connect, authorized(token)).delivery


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
    connect: Webhook, claims: dict[str, Any]
) -> None:
    made = {k: v for k, v in connect_claims(**claims).items() if v is not None}
    with pytest.raises(Forbidden):
        connect.receive(authorized(by_hand(made, {"alg": "HS256"})))


def test_other_algorithms_are_refused_even_with_the_right_secret(connect: Webhook) -> None:
    claims = connect_claims()
    for algorithm in ("HS384", "HS512"):
        with pytest.raises(Forbidden):
            connect.receive(authorized(token_of(claims, KEY * 3, algorithm)))
    unsigned = jwt.encode(claims, "", algorithm="none")
    for token in (unsigned, unsigned + "x", by_hand(claims, {"alg": "none"})):
        with pytest.raises(Forbidden):
            connect.receive(authorized(token))
    for alg in ("hs256", "RS256", None, 7, ["HS256"]):
        with pytest.raises(Forbidden):
            connect.receive(authorized(by_hand(claims, {"alg": alg})))


@pytest.mark.parametrize(
    "value", ["", "JWT", "JWT ", "jwt {}", "Bearer {}", "JWT  {}", "JWT {}=", " {}"]
)
def test_a_token_in_another_dress_is_refused(connect: Webhook, value: str) -> None:
    text = value.format(token_of(connect_claims()))
    with pytest.raises(Forbidden):
        connect.receive(request(EDITED, {"Authorization": text}))


@given(data=st.data())
@SHARED
def test_no_changed_byte_of_a_token_passes(connect: Webhook, data: st.DataObject) -> None:
    token = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"})
    at = data.draw(st.integers(0, len(token) - 1))
    other = chr(data.draw(st.integers(32, 126)))
    changed = token[:at] + other + token[at + 1 :]
    if changed != token:
        with pytest.raises(Forbidden):
            connect.receive(authorized(changed))


def test_the_spare_bits_of_base64_make_no_second_token(connect: Webhook) -> None:
    token = by_hand(connect_claims(), {"typ": "JWT", "alg": "HS256"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twins = alphabet[alphabet.index(token[-1]) // 4 * 4 :][:4]
    for last in twins:
        if last != token[-1]:
            with pytest.raises(Forbidden, match="canonical"):
                connect.receive(authorized(token[:-1] + last))


def test_a_shared_secret_that_can_be_guessed_is_refused(context: Context) -> None:
    chosen = ConnectSettings(client_key="site-1", secret=Secret("sixteen-letters!"))
    with pytest.raises(ConfigError, match="32 bytes"):
        opened("connect", chosen, context)


# -- Forge ---------------------------------------------------------------------------------------


@attrs.frozen
class Issuer:
    """Atlassian's side of Forge Remote: keys in a file, tokens by the private one."""

    key: rsa.RSAPrivateKey
    file: Path

    def publish(self, *names: str) -> None:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        keys = [{**public, "kid": name, "use": "sig", "alg": "RS256"} for name in names]
        others = [
            {"kty": "EC", "kid": "e", "crv": "P-256", "x": "", "y": ""},
            {"kty": "RSA", "kid": names[0], "use": "enc", "n": "AA", "e": "AQAB"},
            {"kty": "RSA", "kid": "broken", "n": "!", "e": []},
            {"kty": "oct"},
            None,
        ]
        self.file.write_text(json.dumps({"keys": [*others, *keys]}))

    def token(self, *, kid: str = "k1", **more: Any) -> str:
        now = int(NOW.timestamp())
        claims = {"iss": "forge/invocation-token", "aud": APP, "iat": now, "exp": now + 120, **more}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": kid})


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def issuer(private: rsa.RSAPrivateKey, tmp_path: Path) -> Issuer:
    made = Issuer(private, tmp_path / "keys.json")
    made.publish("k1")
    return made


@pytest.fixture
async def forge(context: Context, issuer: Issuer) -> Any:
    webhook: Any = opened("forge", ForgeSettings(app=APP, keys_file=issuer.file), context)
    await webhook.refresh()
    return webhook


def forged(token: str, kind: str = "updated:page", **content: Any) -> WebhookRequest:
    told = {"id": "98312", "type": "page", "space": {"key": "KB"}, **content}
    body = {"eventType": f"avi:confluence:{kind}", "content": told}
    return request(body, {"Authorization": f"Bearer {token}"})


async def test_a_token_of_this_app_is_accepted(forge: Webhook, issuer: Issuer) -> None:
    said = hints(forge, forged(issuer.token()))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(minutes=3)
    assert hints(forge, forged(issuer.token(aud=["x", APP]), "trashed:page")).changes == LOOK_BELOW


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "ari:cloud:ecosystem::app/other"},
        {"aud": None},
        {"aud": [["a"], {}]},
        {"iss": "forge/other"},
        {"exp": int(NOW.timestamp()) - 61},
        {"nbf": int(NOW.timestamp()) + 120},
    ],
    ids=str,
)
async def test_a_token_for_others_or_another_time_is_refused(
    forge: Webhook, issuer: Issuer, claims: dict[str, Any]
) -> None:
    with pytest.raises(Forbidden):
        forge.receive(forged(issuer.token(**claims)))


async def test_no_changed_byte_of_atlassians_token_passes(
    forge: Webhook, issuer: Issuer, clock: FakeClock
) -> None:
    token = issuer.token()
    clock.advance(61)  # from now on an unknown key is worth a look, and still no acceptance
    for at in range(len(token)):
        other = "A" if token[at] != "A" else "B"
        with pytest.raises((Forbidden, Unavailable)):
            forge.receive(forged(token[:at] + other + token[at + 1 :]))
    assert hints(forge, forged(token)).changes == LOOK


async def test_a_token_signed_by_another_key_is_refused(forge: Webhook, issuer: Issuer) -> None:
    stranger = attrs.evolve(issuer, key=rsa.generate_private_key(65537, 2048))
    with pytest.raises(Forbidden):
        forge.receive(forged(stranger.token()))


async def test_the_public_key_is_no_secret_to_sign_with(forge: Webhook, issuer: Issuer) -> None:
    """The classic confusion of algorithms: HS256 with the text of the public key."""
    public = issuer.file.read_text()
    head = {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    now = int(NOW.timestamp())
    claims = {"iss": "forge/invocation-token", "aud": APP, "iat": now, "exp": now + 60}
    with pytest.raises(Forbidden):
        forge.receive(forged(by_hand(claims, head, key=public)))


async def test_new_keys_are_read_when_a_token_names_one_and_not_all_the_time(
    forge: Any, issuer: Issuer, clock: FakeClock
) -> None:
    with pytest.raises(Forbidden, match="does not publish"):
        forge.receive(forged(issuer.token(kid="k2")))
    clock.advance(61)
    with pytest.raises(Unavailable):
        forge.receive(forged(issuer.token(kid="k2")))
    issuer.publish("k1", "k2")
    await forge.refresh()
    assert hints(forge, forged(issuer.token(kid="k2"))).changes == LOOK
    for _ in range(5):
        with pytest.raises(Forbidden):
            forge.receive(forged(issuer.token(kid="random")))


async def test_keys_that_are_old_are_read_again_before_they_count(
    forge: Any, issuer: Issuer, clock: FakeClock
) -> None:
    clock.advance(24 * 3600 + 1)
    with pytest.raises(Unavailable):
        forge.receive(forged(issuer.token()))
    issuer.publish("k9")
    await forge.refresh()
    with pytest.raises(Forbidden):
        forge.receive(forged(issuer.token()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "\xff",
        '{"keys": []}',
        '{"keys": {}}',
        '{"keys": ["RSA", null]}',
        '{"keys": [{"kty": "RSA"}]}',
        '{"keys": [{"kty": "RSA", "n": 1, "e": []}]}',
        '{"keys": [{"kty": "RSA", "n": "AA", "e": "AA", "kid": "k"}]}',
    ],
)
async def test_a_key_set_that_cannot_be_read_leaves_nothing_to_check_by(
    context: Context, tmp_path: Path, issuer: Issuer, text: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(text.encode("latin-1"))
    webhook: Any = opened("forge", ForgeSettings(app=APP, keys_file=file), context)
    with pytest.raises(Unavailable):
        await webhook.refresh()
    with pytest.raises(Unavailable):
        webhook.receive(forged(issuer.token()))


async def test_a_key_that_is_too_small_is_not_trusted(
    context: Context, tmp_path: Path, issuer: Issuer
) -> None:
    small = attrs.evolve(issuer, key=rsa.generate_private_key(65537, 1024))  # noqa: S505
    small.publish("k1")
    webhook: Any = opened("forge", ForgeSettings(app=APP, keys_file=issuer.file), context)
    with pytest.raises(Unavailable):
        await webhook.refresh()


async def test_the_keys_come_from_an_address(context: Context, issuer: Issuer) -> None:
    class Publish(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(issuer.file.read_bytes())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    with serving(Publish) as url:
        settings = ForgeSettings(app=APP, keys=f"{url}/.well-known/jwks.json")
        webhook: Any = opened("forge", settings, context)
        await webhook.refresh()
        assert hints(webhook, forged(issuer.token())).changes == LOOK


# -- automation ----------------------------------------------------------------------------------


@pytest.fixture
def automation(context: Context) -> Webhook:
    return opened("automation", AutomationSettings(secret=Secret(KEY)), context)


def test_a_rule_with_the_secret_is_accepted(automation: Webhook) -> None:
    headers = {"X-Syncline-Secret": KEY}
    for body in ({"id": 98312, "event": "page_updated"}, {"id": "98312", "event": "published"}):
        assert hints(automation, request(body, headers)) == Hints(changes=LOOK)
    assert hints(automation, request({"id": 98312}, headers)).changes == LOOK_BELOW


@pytest.mark.parametrize("value", ["", KEY[:-1], KEY + " ", KEY.upper(), "Bearer " + KEY])
def test_a_rule_without_the_secret_is_refused(automation: Webhook, value: str) -> None:
    with pytest.raises(Forbidden):
        automation.receive(request({"id": 98312}, {"X-Syncline-Secret": value}))
    with pytest.raises(Forbidden):
        automation.receive(request({"id": 98312}, {"X-Secret": KEY}))


# -- what events say -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "subtree"),
    [
        ("page_created", False),
        ("page_updated", False),
        ("page_children_reordered", False),
        ("label_added", False),
        ("attachment_updated", False),
        ("page_trashed", True),
        ("page_removed", True),
        ("page_restored", True),
        ("page_moved", True),
        ("page_archived", True),
        ("page_unarchived", True),
        ("content_permissions_updated", True),
    ],
)
def test_what_takes_children_along_has_them_looked_at(name: str, subtree: bool) -> None:
    event = events.classic({"page": PAGE}, name)
    assert (event.page, event.subtree, event.matters) == ("98312", subtree, True)


def test_an_event_without_a_name_might_be_any_unless_it_is_an_edit() -> None:
    assert events.classic({"page": PAGE}, "").subtree
    assert not events.classic(EDITED, "").subtree


@pytest.mark.parametrize("key", ["page", "content", "labeled", "attachedTo"])
def test_the_page_is_found_wherever_the_body_has_it(key: str) -> None:
    assert events.classic({key: PAGE}, "label_added").page == "98312"


def test_other_things_than_pages_are_none_of_ours() -> None:
    assert not events.classic({"page": {**PAGE, "contentType": "blogpost"}}, "x_created").matters
    assert not events.classic({"user": {}}, "user_created").matters
    assert not events.classic({"page": PAGE}, "page_viewed").matters
    told = {"eventType": "avi:confluence:created:space:V2", "space": {}}
    assert not events.forge(told).matters


def test_an_attachment_leads_to_its_page() -> None:
    told = {
        "eventType": "avi:confluence:updated:attachment",
        "content": {
            "id": "att1",
            "type": "attachment",
            "container": {"id": "98312", "type": "page"},
        },
    }
    assert (events.forge(told).page, events.forge(told).subtree) == ("98312", False)


@pytest.mark.parametrize("id_", [None, "", "98312; drop", "../1", "98 312", "９８", -1, 1.5, {}])
def test_an_id_that_is_none_is_rejected(id_: object) -> None:
    with pytest.raises(Rejected):
        events.classic({"page": {"id": id_}}, "page_updated")
    with pytest.raises(Rejected):
        events.automation({"id": id_})
    told = {"type": "page", "id": id_}
    with pytest.raises(Rejected):
        events.forge({"eventType": "avi:confluence:updated:page", "content": told})


def test_events_of_other_spaces_are_left_alone_but_not_what_moved_there(context: Context) -> None:
    chosen = DataCenterSettings(secret=Secret(KEY), spaces=frozenset({"HELP"}))
    webhook = opened("data-center", chosen, context)
    body = {"page": PAGE}
    assert hints(webhook, hub({**body, "event": "page_updated"})).changes == ()
    assert hints(webhook, hub({**body, "event": "page_moved"})).changes == LOOK_BELOW


# -- the simulator's senders ---------------------------------------------------------------------


@pytest.fixture
def wiki() -> Iterator[Running]:
    with running("confluence") as made:
        yield made


class serving:
    """A server on this machine for as long as a block lasts."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._server = HTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_what_the_simulator_sends_in_each_form_is_genuine(
    wiki: Running, context: Context, private: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    arrived: Queue[WebhookRequest] = Queue()

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {key.lower(): value for key, value in self.headers.items()}
            body = self.rfile.read(int(self.headers["Content-Length"]))
            now = datetime.now(timezone.utc)
            arrived.put(request(body, headers, query=query, path=path, received_at=now))
            self.send_response(202)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    settings: Mapping[str, tuple[Any, Callable[[], dict[str, str]]]] = {
        "automation": (
            AutomationSettings(secret=Secret(KEY), header="X-Mine"),
            lambda: {"secret": KEY, "header": "X-Mine"},
        ),
        "data-center": (DataCenterSettings(secret=Secret(KEY)), lambda: {"secret": KEY}),
        "connect": (
            ConnectSettings(client_key="syncline-simulator", secret=Secret(KEY)),
            lambda: {"secret": KEY},
        ),
    }
    with serving(Take) as url:
        for form, (chosen, how) in settings.items():
            told = f"{url}/hooks/{form}?b=2&a=x%20y"
            wiki.act({"do": "subscribe", "url": told, "form": form, **how()})
            page = wiki.act({"do": "create", "title": f"By {form}", "body": "<p>x</p>"})["id"]
            webhook = opened(form, chosen, context)
            while (one := arrived.get(timeout=5)).path != f"/hooks/{form}":
                pass
            assert hints(webhook, one).changes[0].ref == Ref("wiki", page)
            others = [opened(f, c, context) for f, (c, _) in settings.items() if f != form]
            for other in others:
                with pytest.raises(Forbidden):
                    other.receive(one)

"""Forge Remote: tokens that Atlassian signs, and the keys that it publishes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from syncline.connector import Context
from syncline.errors import Forbidden, Unavailable
from syncline.model import Change, Ref
from syncline.ports import Webhook, WebhookRequest
from syncline.testing import FakeClock
from syncline.testing.deliveries import NOW, arrived, hints_of
from syncline_confluence import connector
from syncline_confluence.webhooks.settings import ForgeSettings

APP = "ari:cloud:ecosystem::app/8db3"
LOOK = (Change(ref=Ref("wiki", "98312")),)
LOOK_BELOW = (Change(ref=Ref("wiki", "98312"), subtree=True),)


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
    webhook: Any = connector.webhooks["forge"].open(
        ForgeSettings(app=APP, keys_file=issuer.file), context
    )
    await webhook.refresh()
    return webhook


def forged(token: str, kind: str = "updated:page", **content: Any) -> WebhookRequest:
    told = {"id": "98312", "type": "page", "space": {"key": "KB"}, **content}
    body = {"eventType": f"avi:confluence:{kind}", "content": told}
    return arrived(body, {"Authorization": f"Bearer {token}"})


async def test_a_token_of_this_app_is_accepted(forge: Webhook, issuer: Issuer) -> None:
    said = hints_of(forge, forged(issuer.token()))
    assert said.changes == LOOK
    assert said.until == NOW + timedelta(minutes=3)
    assert (
        hints_of(forge, forged(issuer.token(aud=["x", APP]), "trashed:page")).changes == LOOK_BELOW
    )


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
    assert hints_of(forge, forged(token)).changes == LOOK


async def test_a_token_signed_by_another_key_is_refused(forge: Webhook, issuer: Issuer) -> None:
    stranger = attrs.evolve(issuer, key=rsa.generate_private_key(65537, 2048))
    with pytest.raises(Forbidden):
        forge.receive(forged(stranger.token()))


async def test_the_public_key_is_no_secret_to_sign_with(
    by_hand: Callable[..., str], forge: Webhook, issuer: Issuer
) -> None:
    """The classic confusion of algorithms: HS256 with the text of the public key."""
    public = issuer.file.read_text()
    head = {"alg": "HS256", "kid": "k1", "typ": "JWT"}
    now = int(NOW.timestamp())
    claims = {"iss": "forge/invocation-token", "aud": APP, "iat": now, "exp": now + 60}
    with pytest.raises(Forbidden):
        forge.receive(forged(by_hand(claims, head, public)))


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
    assert hints_of(forge, forged(issuer.token(kid="k2"))).changes == LOOK
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
    webhook: Any = connector.webhooks["forge"].open(ForgeSettings(app=APP, keys_file=file), context)
    with pytest.raises(Unavailable):
        await webhook.refresh()
    with pytest.raises(Unavailable):
        webhook.receive(forged(issuer.token()))


async def test_a_key_that_is_too_small_is_not_trusted(
    context: Context, tmp_path: Path, issuer: Issuer
) -> None:
    small = attrs.evolve(issuer, key=rsa.generate_private_key(65537, 1024))  # noqa: S505
    small.publish("k1")
    webhook: Any = connector.webhooks["forge"].open(
        ForgeSettings(app=APP, keys_file=issuer.file), context
    )
    with pytest.raises(Unavailable):
        await webhook.refresh()


async def test_the_keys_come_from_an_address(
    serving: Any, context: Context, issuer: Issuer
) -> None:
    class Publish(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(issuer.file.read_bytes())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    with serving(Publish) as url:
        settings = ForgeSettings(app=APP, keys=f"{url}/.well-known/jwks.json")
        webhook: Any = connector.webhooks["forge"].open(settings, context)
        await webhook.refresh()
        assert hints_of(webhook, forged(issuer.token())).changes == LOOK

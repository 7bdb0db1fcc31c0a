"""No secret, in any spelling, in any log line or error, whatever goes wrong."""

from __future__ import annotations

import base64
import json
import logging
import secrets
import traceback
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from syncline import errors
from syncline.http import BasicAuth, BearerAuth, Client, ClientCredentials, RefreshToken, Retries
from syncline.http.tokenfile import TokenFile, Tokens
from syncline.http.transport import Timeouts
from syncline.ports import Secret
from syncline.redaction import protect
from syncline.testing import FakeClock
from syncline.testing.faulty import FAULTS, FaultyServer, Received, reply


def canary() -> str:
    return "c4n-" + secrets.token_hex(8) + '/+"é&'


def spellings(secret: str) -> Iterator[str]:
    """Written apart from the product's own list, on purpose."""
    raw = secret.encode()
    yield from (secret, quote(secret), quote(secret, safe=""), quote_plus(secret))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    yield from (repr(secret)[1:-1], repr(raw)[2:-1], raw.hex())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            # Whatever stands before and after it in the encoded text.
            yield encode(b"\0" * shift + raw)[4 : 4 + (len(raw) - 3) // 3 * 4].decode()


class Wiretap:
    """Everything that the process logs at DEBUG, as a log file would hold it."""

    def __init__(self) -> None:
        self.text = StringIO()
        self.handler = protect(logging.StreamHandler(self.text))
        self.handler.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s %(extra)s"))
        self.handler.addFilter(self._with_extra)

    def _with_extra(self, record: logging.LogRecord) -> bool:
        record.extra = {k: v for k, v in vars(record).items() if k not in ("args", "exc_info")}
        return True


@pytest.fixture
def wiretap() -> Iterator[Wiretap]:
    tap = Wiretap()
    root = logging.getLogger()
    before = root.level
    root.addHandler(tap.handler)
    root.setLevel(logging.DEBUG)
    yield tap
    root.setLevel(before)
    root.removeHandler(tap.handler)


def assert_nowhere(text: str, *canaries: str) -> None:
    for secret in canaries:
        for form in spellings(secret):
            assert form not in text


SHORT = Timeouts(read=0.05, attempt=0.05)


async def shown(server: FaultyServer, client: Client, fault: str | None, key: str) -> str:
    """Return everything that an error of this fault shows to anybody."""
    server.always = fault
    out = []
    for method in ("GET", "POST"):
        try:
            await client.request(
                method,
                "/pages/1",
                params={"access_token": key},
                json={"body": "an article"},
                headers={"X-Key": key.encode("ascii", "ignore").decode()},
            )
        except errors.StoreError as error:
            out += [str(error), repr(error), repr(error.__dict__)]
            out += traceback.format_exception(error)
            logging.getLogger("syncline.test").exception("it went wrong")
    return "\n".join(out)


@pytest.mark.parametrize("fault", [*sorted(FAULTS), None])
async def test_no_secret_shows_in_any_log_or_error(fault: str | None, wiretap: Wiretap) -> None:
    user, password, key = "ann@example.com", canary(), canary()
    async with FaultyServer() as server:
        client = Client(
            server.url,
            clock=FakeClock(),
            auth=BasicAuth(user, Secret(password)),
            timeout=SHORT if fault in {"silence", "drip-body"} else Timeouts(),
            retries=Retries(attempts=2),
            max_response=2**20,
        )
        async with client:
            text = await shown(server, client, fault, key)
        assert base64.b64encode(f"{user}:{password}".encode()).decode() in str(server.requests)
    logged = wiretap.text.getvalue()
    assert "syncline.http" in logged
    assert_nowhere(text + logged, password, key)
    assert "an article" not in text + logged


def echo(request: Received) -> bytes:
    """Answer with everything that was sent, as a debugging proxy does."""
    bare = request.headers["authorization"].split()[-1]
    told = json.dumps({"message": f"{bare} in {request.headers}", "code": request.target})
    return reply(400, told.encode(), f"Set-Cookie: session={request.headers['authorization']}")


async def test_a_server_that_echoes_the_request_gets_no_secret_into_the_error(
    wiretap: Wiretap,
) -> None:
    token, signature = canary().encode("ascii", "ignore").decode(), canary()
    async with (
        FaultyServer(echo) as server,
        Client(server.url, clock=FakeClock(), auth=BearerAuth(Secret(token))) as client,
    ):
        with pytest.raises(errors.Rejected) as caught:
            await client.request("GET", "/x", params={"X-Amz-Signature": signature})
    text = "".join(traceback.format_exception(caught.value)) + wiretap.text.getvalue()
    assert_nowhere(text, token, signature)


async def test_a_server_that_decodes_what_it_was_sent_gets_no_password_into_the_error() -> None:
    password = canary()

    def telltale(request: Received) -> bytes:
        pair = request.headers["authorization"].split()[-1]
        said = {"code": pair, "message": base64.b64decode(pair).decode()}
        return reply(400, json.dumps(said).encode())

    auth = BasicAuth("ann@example.com", Secret(password))
    async with (
        FaultyServer(telltale) as server,
        Client(server.url, clock=FakeClock(), auth=auth) as client,
    ):
        with pytest.raises(errors.Rejected) as caught:
            await client.request("GET", "/x")
    assert "ann@example.com:***" in str(caught.value)
    assert_nowhere(str(caught.value), password)
    assert base64.b64encode(b"ann@example.com").decode()[:18] not in str(caught.value)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_tokens_that_were_received_are_secrets_too(
    status: int, wiretap: Wiretap, tmp_path: Path
) -> None:
    access, refresh, secret, first = (canary().replace('"', "").replace("é", "") for _ in range(4))

    def login(request: Received) -> bytes:
        body = {"access_token": access, "refresh_token": refresh, "expires_in": 900}
        if request.target == "/token":
            return reply(status, json.dumps(body).encode())
        return echo(request)

    clock = FakeClock()
    file = tmp_path / "token"
    TokenFile(file, clock).write(Tokens(refresh_token=first))
    text = ""
    async with FaultyServer(login) as server:
        for auth in (
            ClientCredentials(f"{server.url}/token", "id", Secret(secret), clock=clock),
            RefreshToken(f"{server.url}/token", "id", Secret(secret), file, clock=clock),
        ):
            async with Client(server.url, clock=clock, auth=auth) as client:
                with pytest.raises(errors.StoreError) as caught:
                    await client.request("GET", "/x")
            text += "".join(traceback.format_exception(caught.value)) + repr(auth)
    text += wiretap.text.getvalue() + repr(TokenFile(file, clock).read())
    assert_nowhere(text, access, refresh, secret, first)

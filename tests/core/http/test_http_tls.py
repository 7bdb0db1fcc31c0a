"""Certificates are verified, whatever else is wrong."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme

from syncline import errors
from syncline.http import BearerAuth, Client
from syncline.http.transport import Timeouts, Transport
from syncline.ports import Secret
from syncline.testing import FakeClock
from syncline.testing.faulty import FaultyServer


class Authority:
    """A certificate authority of the test's own, and a file that names it."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def server(self, name: str, not_after: datetime | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(name, not_after=not_after).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def attempt(server: FaultyServer, ca_file: Path | None) -> None:
    auth = BearerAuth(Secret("a-bearer-token"))
    async with Client(server.url, clock=FakeClock(), auth=auth, ca_file=ca_file) as client:
        await client.request("POST", "/pages", json={})


async def test_a_certificate_of_a_listed_authority_is_accepted(authority: Authority) -> None:
    async with FaultyServer(tls=authority.server("localhost")) as server:
        await attempt(server, authority.file)
    assert server.requests[0].headers["authorization"] == "Bearer a-bearer-token"


@pytest.mark.parametrize("fault", ["unknown authority", "wrong name", "expired"])
async def test_any_other_certificate_is_refused_before_anything_is_sent(
    authority: Authority, fault: str
) -> None:
    name = "example.com" if fault == "wrong name" else "localhost"
    expired = datetime.now(timezone.utc) - timedelta(days=1) if fault == "expired" else None
    async with FaultyServer(tls=authority.server(name, expired)) as server:
        with pytest.raises(errors.Unavailable, match="certificate was not accepted") as caught:
            await attempt(server, None if fault == "unknown authority" else authority.file)
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    assert "ca_file" in str(caught.value)
    assert server.requests == []
    assert server.connections <= 1


async def test_all_clients_share_one_tls_context() -> None:
    transports = [Transport(timeouts=Timeouts(), connections=1) for _ in range(2)]
    contexts = {id(t._pool._pool._ssl_context) for t in transports}
    for transport in transports:
        await transport.aclose()
    assert len(contexts) == 1


async def test_old_protocols_are_not_spoken(authority: Authority) -> None:
    context = authority.server("localhost")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    async with FaultyServer(tls=context) as server:
        with pytest.raises(errors.Unavailable, match="no TLS connection"):
            await attempt(server, authority.file)
    assert server.requests == []

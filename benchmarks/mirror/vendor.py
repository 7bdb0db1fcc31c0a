"""The Genesys simulator as what a mirror listens to: recorded frames, at a rate or flat out."""

from __future__ import annotations

import base64
import json
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen

from ..engine.systems import System, simulate

USERS, QUEUES = 50, 5
END = "benchmark.end"
"""Topic of the last frame; programs without a listener's knowledge end with it."""
_SEED = "7"


@frozen(kw_only=True)
class Vendor:
    """A simulator that runs, and the socket that everything comes through."""

    system: System

    @property
    def region(self) -> str:
        return str(self.system.connection["region"])

    @property
    def secret(self) -> str:
        (secret,) = self.system.env.values()
        return str(secret)

    def act(self, **action: Any) -> dict[str, Any]:
        """Do something at the simulator's admin address."""
        found: dict[str, Any] = _called("POST", f"{self.system.admin_url}/act", action)
        return found

    def socket(self) -> str:
        """Return the address of a new channel with the topics of all users and queues."""
        token = self._token()
        users = self._ids(token, "/api/v2/users?state=active")
        queues = self._ids(token, "/api/v2/routing/queues?")
        topics = [f"v2.users.{one}.conversations" for one in users]
        topics += [f"v2.routing.queues.{one}.conversations" for one in queues]
        channels = f"{self.region}/api/v2/notifications/channels"
        channel = _called("POST", channels, None, token)
        names = [{"id": topic} for topic in topics]
        _called("PUT", f"{channels}/{channel['id']}/subscriptions", names, token)
        return str(channel["connectUri"])

    def replay(self, recording: Path, *, per_second: float = 0) -> None:
        """Send a recording to every socket, from the moment at which somebody listens."""
        self.act(do="replay", path=str(recording), pace=0, per_second=per_second, everywhere=True)

    def _token(self) -> str:
        pair = f"{self.system.connection['client_id']}:{self.secret}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = b"grant_type=client_credentials"
        return str(_called("POST", f"{self.region}/oauth/token", body, **headers)["access_token"])

    def _ids(self, token: str, path: str) -> Iterator[str]:
        number = 1
        while True:
            url = f"{self.region}{path}&pageSize=100&pageNumber={number}"
            page = _called("GET", url, None, token)
            yield from (one["id"] for one in page["entities"])
            if number >= page["pageCount"]:
                return
            number += 1


@contextmanager
def vendor() -> Iterator[Vendor]:
    """Run the simulator while the block runs."""
    options = ("--users", str(USERS), "--queues", str(QUEUES), "--seed", _SEED)
    with simulate("genesys", *options) as system:
        yield Vendor(system=system)


def until_made(vendor: Vendor, changes: int) -> None:
    """Let conversations happen as fast as they are taken, and wait until all have ended."""
    vendor.act(do="traffic", flat_out=True, concurrent=500, changes=changes)
    while not vendor.act(do="traffic")["counts"]["finished"]:
        time.sleep(0.2)


def _called(
    method: str, url: str, body: object, token: str | None = None, **headers: str
) -> Mapping[str, Any] | Any:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    if token is not None:
        sent["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, data=data, method=method, headers=sent)  # noqa: S310 -- our own loopback address
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 -- the same
        return json.loads(response.read() or b"null")

"""A simulator inside the running program, for tests and demonstrations.

    with running("confluence", load=folder, rate_limit="100/s") as wiki:
        wiki.act({"do": "create", "title": "Refunds", "body": "<p>In 14 days.</p>"})

It speaks to the simulator through its addresses only, like everybody else.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs

from .kernel.service import Service, Setup


class AdminError(Exception):
    """The admin API refused a request; `status` is 400, 404 or 409 and the text is its reason."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


@attrs.frozen(kw_only=True)
class Running:
    """A simulator that runs, by its addresses."""

    system: str
    url: str
    admin_url: str
    connection: Mapping[str, Any]
    env: Mapping[str, str]
    refused: Sequence[Mapping[str, str]] = ()

    def items(self) -> list[dict[str, Any]]:
        """Every item: `id, title, body, state, version, parent, restricted, labels`, and more."""
        items: list[dict[str, Any]] = self._admin("GET", "/items")
        return items

    def item(self, item_id: str) -> dict[str, Any]:
        """One item.

        Raises:
            AdminError: there is none with this id.
        """
        item: dict[str, Any] = self._admin("GET", f"/items/{quote(item_id, safe='')}")
        return item

    def act(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person does in the product; the item as it is then.

        Raises:
            AdminError: the product refuses it (409) or the action is malformed (400).
        """
        item: dict[str, Any] = self._admin("POST", "/act", action)
        return item

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests that arrived after this number, oldest first."""
        calls: list[dict[str, Any]] = self._admin("GET", f"/calls?since={since}")
        return calls

    def clear_calls(self) -> None:
        """Forget the requests so far."""
        self._admin("DELETE", "/calls")

    def faults(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Put these faults into force, beside those that are.

        Raises:
            AdminError: one of them is malformed.
        """
        self._admin("POST", "/faults", list(faults))

    def clear_faults(self) -> None:
        """Lift all faults."""
        self._admin("DELETE", "/faults")

    def truth(self, since: int = 0) -> Iterator[dict[str, Any]]:
        """What happened after this line, line by line, where a system keeps the truth."""
        while True:
            page = self._admin("GET", f"/truth?since={since}")
            yield from page["lines"]
            if page["next"] == since:
                return
            since = page["next"]

    def clock(self, *, advance: str | None = None, set: str | None = None) -> str:
        """The simulated time in ISO 8601, after moving it by `24h` or to a time."""
        body = {"advance": advance} if advance is not None else {"set": set}
        moved = advance is not None or set is not None
        answer = self._admin("POST", "/clock", body) if moved else self._admin("GET", "/clock")
        return str(answer["now"])

    def _admin(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            self.admin_url + path, data=data, method=method, headers={"Connection": "close"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            with error:
                reason = json.loads(error.read())["error"]
            raise AdminError(error.code, reason) from None
        return json.loads(content) if content else None


@contextmanager
def running(
    system: str,
    *,
    load: Path | str | None = None,
    port: int = 0,
    latency: str | None = None,
    rate_limit: str | None = None,
    faults: Sequence[Mapping[str, Any]] | None = None,
    seed: int = 0,
    own: Mapping[str, Any] | None = None,
) -> Iterator[Running]:
    """Serve a simulator from a thread of this program while the block runs.

    `own` has options that this system alone has, such as `{"users": 50, "queues": 5}`.

    Raises:
        ValueError: the options cannot be used.
        OSError: the port is taken, or a file cannot be read.
    """
    setup = Setup(
        system=system,
        port=port,
        load=None if load is None else Path(load),
        latency=latency,
        rate_limit=rate_limit,
        faults=None if faults is None else list(faults),
        seed=seed,
        own=dict(own or {}),
    )
    service = Service(setup)
    with _in_thread(service):
        line = service.ready()
        yield Running(**line)


@contextmanager
def _in_thread(service: Service) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(service.start(), loop).result(10)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(service.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()

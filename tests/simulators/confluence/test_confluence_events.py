"""Events: all the forms that the vendor has, without promises of order or number."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import attrs
import pytest

from syncline_simulators.running import AdminError


@attrs.define(kw_only=True)
class Inbox:
    """A subscriber that keeps what it gets."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = attrs.field(factory=list)

    def wait(self, count: int) -> list[dict[str, Any]]:
        """The bodies, once there are so many, or after a minute."""
        end = time.monotonic() + 60
        while len(self.got) < count and time.monotonic() < end:
            time.sleep(0.01)
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A server on this machine that takes events."""

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Take)
    box = Inbox(url=f"http://127.0.0.1:{server.server_port}/hooks/wiki?a=b")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield box
    server.shutdown()
    thread.join()
    server.server_close()


def _subscribe(wiki: Any, inbox: Inbox, **more: Any) -> None:
    wiki.sim.act({"do": "subscribe", "url": inbox.url, "secret": "s3cret", **more})


def test_a_pages_life_is_told_in_order(wiki: Any, inbox: Inbox) -> None:
    _subscribe(wiki, inbox, form="data-center")
    page = wiki.made("Refunds")
    wiki.update(page, 2)
    for do in ("archive", "restore", "delete", "restore", "restrict", "delete", "purge"):
        wiki.sim.act({"do": do, "id": page})
    assert [body["event"] for body in inbox.wait(9)] == [
        "page_created",
        "page_updated",
        "page_archived",
        "page_moved",
        "page_trashed",
        "page_restored",
        "content_permissions_updated",
        "page_trashed",
        "page_removed",
    ]


def test_connect_bodies_have_numbers_and_no_event_name(wiki: Any, inbox: Inbox) -> None:
    _subscribe(wiki, inbox, form="connect")
    page = wiki.made("Refunds")
    wiki.update(page, 2)
    created, updated = inbox.wait(2)
    assert "event" not in created
    assert "updateTrigger" not in created
    assert updated["updateTrigger"] == "edit_page"
    assert (updated["page"]["id"], updated["page"]["idAsString"]) == (int(page), page)
    assert updated["page"]["version"] == 2


def test_forge_bodies_have_text_ids_and_version_objects(wiki: Any, inbox: Inbox) -> None:
    _subscribe(wiki, inbox, form="forge")
    page = wiki.made("Refunds")
    wiki.sim.act({"do": "label", "id": page, "labels": ["kb"]})
    created, labelled = inbox.wait(2)
    assert created["eventType"] == "avi:confluence:created:page"
    assert (created["content"]["id"], created["content"]["version"]["number"]) == (page, 1)
    assert labelled["eventType"] == "avi:confluence:added:label"


def test_each_form_carries_its_proof(wiki: Any, inbox: Inbox) -> None:
    for form in ("automation", "connect", "data-center", "forge"):
        _subscribe(wiki, inbox, form=form, header="X-Mine")
    wiki.made("Refunds")
    inbox.wait(4)
    found: dict[str, bool] = {}
    for headers, body in inbox.got:
        if headers.get("x-mine") == "s3cret":
            found["automation"] = json.loads(body)["event"] == "page_created"
        elif "x-hub-signature" in headers:
            digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
            found["data-center"] = headers["x-hub-signature"] == f"sha256={digest}"
        elif headers["authorization"].startswith("JWT "):
            found["connect"] = _is_bound(headers["authorization"][4:])
        else:
            found["forge"] = headers["authorization"] == "Bearer s3cret"
    assert found == {"automation": True, "connect": True, "data-center": True, "forge": True}


def _is_bound(token: str) -> bool:
    """Whether Connect's token is signed with the secret and made for this very request."""
    signed, _, signature = token.rpartition(".")
    digest = hmac.new(b"s3cret", signed.encode(), hashlib.sha256).digest()
    claims = json.loads(_decoded(signed.partition(".")[2]))
    canonical = hashlib.sha256(b"POST&/hooks/wiki&a=b").hexdigest()
    return _decoded(signature) == digest and claims["qsh"] == canonical


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_goes_with_its_parent_is_told_to_nobody(wiki: Any, inbox: Inbox) -> None:
    parent = wiki.made("Parent")
    wiki.made("Child", parentId=parent)
    _subscribe(wiki, inbox, form="data-center")
    wiki.sim.act({"do": "delete", "id": parent, "children": True})
    wiki.made("Mark")
    bodies = inbox.wait(2)
    assert [body["event"] for body in bodies] == ["page_trashed", "page_created"]
    assert bodies[0]["page"]["idAsString"] == parent


def test_events_get_lost_doubled_and_out_of_order(wiki: Any, inbox: Inbox) -> None:
    _subscribe(wiki, inbox, form="data-center", duplicate=1.0, reorder=True)
    pages = [wiki.made(f"P{number}") for number in range(10)]
    order = [body["page"]["idAsString"] for body in inbox.wait(20)]
    assert sorted(order) == sorted(pages * 2)
    assert order != [page for page in pages for _ in range(2)]


def test_dropped_events_never_come(wiki: Any, inbox: Inbox) -> None:
    _subscribe(wiki, inbox, form="data-center", drop=1.0)
    wiki.made("Refunds")
    time.sleep(0.2)
    assert inbox.got == []


def test_a_subscriber_that_is_not_there_harms_nobody(wiki: Any, inbox: Inbox) -> None:
    wiki.sim.act({"do": "subscribe", "url": "http://127.0.0.1:9/x"})
    _subscribe(wiki, inbox)
    assert wiki.create("Refunds").status_code == 200
    assert inbox.wait(1)[0]["event"] == "page_created"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "http://example.com/x"}, "on 127.0.0.1"),
        ({"url": "https://127.0.0.1/x"}, "on 127.0.0.1"),
        ({"form": "email"}, "'form' is one of"),
        ({"drop": 2}, "from 0 to 1"),
    ],
)
def test_a_malformed_subscription_is_refused(wiki: Any, more: dict[str, Any], said: str) -> None:
    action = {"do": "subscribe", "url": "http://127.0.0.1:9/x", **more}
    with pytest.raises(AdminError, match=said):
        wiki.sim.act(action)

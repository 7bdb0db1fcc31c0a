"""Every way in which a server can misbehave, and what becomes of the request."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import tracemalloc
from typing import Protocol

import pytest

from syncline import errors
from syncline.http import Client, Pace, Retries, Timeouts
from syncline.model import Ref
from syncline.testing import FakeClock
from syncline.testing.faulty import FAULTS, RETRY_AFTER, FaultyServer, Received, reply

REF = Ref("wiki", "98312")
MIB = 2**20

THROTTLED = {f"429-{form}" for form in RETRY_AFTER}
REFUSED = {"401", "redirect-elsewhere"}
"""Faults that end a GET, because a repetition cannot help."""
HARMLESS = {"early-hints", "slow", "delivered-twice"}
"""What a client cannot see."""
TOO_LARGE = {"gzip-bomb"}
REPEATED = sorted(FAULTS.keys() - THROTTLED - REFUSED - HARMLESS - TOO_LARGE)
NOT_DONE = {"423", "425"}
"""Statuses that say that nothing was done, and that only an idempotent request repeats."""


def patience(fault: str) -> Timeouts:
    """Return time-outs that are short only where a fault lasts until they end."""
    slow = fault in {"silence", "drip-body"}
    return Timeouts(read=0.2, attempt=0.2) if slow else Timeouts()


class Opener(Protocol):
    server: FaultyServer
    clock: FakeClock

    async def open(self, base_url: str | None = None, **settings: object) -> Client: ...


@pytest.mark.parametrize("fault", REPEATED)
async def test_a_read_survives_a_fault_and_returns_what_was_asked_for(
    clients: Opener, fault: str
) -> None:
    client = await clients.open(timeout=patience(fault))
    clients.server.next(fault)
    first = await client.request("GET", "/pages/1")
    second = await client.request("GET", "/pages/2")
    assert [first.json()["path"], second.json()["path"]] == ["/pages/1", "/pages/2"]
    assert [r.target for r in clients.server.requests] == ["/pages/1", "/pages/1", "/pages/2"]


@pytest.mark.parametrize("fault", REPEATED)
async def test_after_a_fault_that_does_not_go_away_the_read_says_that_nothing_came(
    clients: Opener, fault: str
) -> None:
    client = await clients.open(retries=Retries(attempts=2), timeout=patience(fault))
    clients.server.always = fault
    with pytest.raises(errors.Unavailable) as caught:
        await client.request("GET", "/pages/1?token=abcdef", ref=REF)
    assert str(caught.value).startswith("wiki:98312: GET /pages/1")
    assert "token" not in str(caught.value)
    assert "later" in str(caught.value)
    assert caught.value.ref == REF
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    assert len(clients.server.requests) == 2


@pytest.mark.parametrize(
    "fault", ["long-body", "answered-twice", "cut-json", "html-200", "gzip-cut", "gzip-lie"]
)
async def test_a_connection_is_not_used_again_after_a_fault_on_it(
    clients: Opener, fault: str
) -> None:
    client = await clients.open()
    clients.server.next(fault)
    await client.request("GET", "/pages/1")
    await client.request("GET", "/pages/2")
    assert [r.connection for r in clients.server.requests] == [0, 1, 1]


@pytest.mark.parametrize("fault", sorted(FAULTS.keys() - THROTTLED - HARMLESS - {"401"}))
async def test_a_post_is_never_sent_twice_and_its_unknown_outcome_is_called_unknown(
    clients: Opener, fault: str
) -> None:
    client = await clients.open(timeout=patience(fault))
    clients.server.next(fault)
    with pytest.raises(errors.StoreError) as caught:
        await client.request("POST", "/pages", json={"title": "t"}, ref=REF)
    assert len(clients.server.requests) == 1
    known = fault in NOT_DONE | {"redirect-elsewhere"}
    assert isinstance(caught.value, errors.OutcomeUnknown) is not known
    assert isinstance(caught.value, errors.Unavailable)


@pytest.mark.parametrize("fault", sorted(THROTTLED | {"401"}))
async def test_a_post_that_was_certainly_not_carried_out_is_sent_again(
    clients: Opener, fault: str
) -> None:
    client = await clients.open(auth=Renewable(), timeout=Timeouts(total=100_000))
    clients.server.next(fault)
    await client.request("POST", "/pages", json={"title": "t"})
    assert len(clients.server.requests) == 2
    assert len(clients.server.applied) == 1


@pytest.mark.parametrize("fault", ["reset-before", "applied-502", "silence", "cut-json"])
async def test_a_query_by_post_is_repeated_when_the_adapter_calls_it_idempotent(
    clients: Opener, fault: str
) -> None:
    client = await clients.open(timeout=patience(fault))
    clients.server.next(fault)
    response = await client.request("POST", "/query", json={}, idempotent=True)
    assert response.json()["number"] == 2


async def test_a_put_whose_answer_was_lost_and_whose_repetition_is_refused_is_looked_up() -> None:
    async with FaultyServer(lambda request: reply(409, b'{"code": "CONFLICT"}')) as server:
        server.next("reset-after")
        async with Client(server.url, clock=FakeClock()) as client:
            with pytest.raises(errors.OutcomeUnknown) as caught:
                await client.request("PUT", "/pages/1", json={"version": 4}, ref=REF)
    assert caught.value.status == 409


async def test_a_put_that_kept_failing_may_have_been_carried_out(clients: Opener) -> None:
    client = await clients.open(retries=Retries(attempts=3))
    clients.server.always = "applied-504"
    with pytest.raises(errors.OutcomeUnknown):
        await client.request("PUT", "/pages/1", json={})
    assert len(clients.server.requests) == 3


async def test_when_nothing_listens_a_post_is_tried_again_and_nothing_was_written() -> None:
    async with FaultyServer() as server:
        nobody = server.url
    clock = FakeClock()
    async with Client(nobody, clock=clock) as client:
        with pytest.raises(errors.Unavailable) as caught:
            await client.request("POST", "/pages", json={})
    assert not isinstance(caught.value, errors.OutcomeUnknown)
    assert len(clock.slept) == 4
    assert "nothing was changed" in str(caught.value)


async def test_early_hints_are_no_answer(clients: Opener) -> None:
    client = await clients.open()
    clients.server.next("early-hints")
    assert (await client.request("GET", "/pages/1")).json()["path"] == "/pages/1"
    assert len(clients.server.requests) == 1


async def test_a_gzip_bomb_is_refused_within_bounded_memory(clients: Opener) -> None:
    client = await clients.open(max_response=MIB)
    clients.server.always = "gzip-bomb"
    tracemalloc.start()
    try:
        with pytest.raises(errors.Rejected, match=r"more than 1 MiB"):
            await client.request("GET", "/pages/1")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The server makes the bomb in this process, one MiB of blanks at a time.
    assert peak < 6 * MIB
    assert len(clients.server.requests) == 1


async def test_a_body_over_the_cap_is_refused_without_reading_all_of_it(clients: Opener) -> None:
    async with FaultyServer(lambda request: reply(200, b'"%b"' % (b"x" * 4 * MIB))) as server:
        client = await clients.open(server.url, max_response=MIB)
        with pytest.raises(errors.Rejected, match="more than 1 MiB"):
            await client.request("GET", "/big")
        with pytest.raises(errors.OutcomeUnknown):
            await client.request("POST", "/big")


async def test_a_dripping_body_ends_at_our_own_deadline(clients: Opener) -> None:
    client = await clients.open(retries=Retries(attempts=1), timeout=Timeouts(read=5, attempt=0.15))
    clients.server.next("drip-body")
    with pytest.raises(errors.Unavailable, match="no complete answer within"):
        await client.request("GET", "/pages/1")


async def test_silence_ends_at_the_read_time_out(clients: Opener) -> None:
    client = await clients.open(retries=Retries(attempts=1), timeout=Timeouts(read=0.1, attempt=5))
    clients.server.next("silence")
    with pytest.raises(errors.Unavailable, match="silence for"):
        await client.request("GET", "/pages/1")


async def test_an_empty_answer_is_no_empty_list(clients: Opener) -> None:
    client = await clients.open(retries=Retries(attempts=1))
    clients.server.next("empty-200")
    with pytest.raises(errors.Unavailable, match="empty where JSON was expected"):
        await client.request("GET", "/pages")


@pytest.mark.parametrize("status", [202, 204])
async def test_an_answer_that_may_be_empty_has_no_json(clients: Opener, status: int) -> None:
    async with FaultyServer(lambda request: reply(status)) as server:
        client = await clients.open(server.url)
        response = await client.request("DELETE", "/pages/1")
    assert (response.status, response.json(), response.content) == (status, None, b"")


async def test_a_file_is_returned_as_it_is(clients: Opener) -> None:
    picture = bytes(range(256)) * 40
    async with FaultyServer(lambda request: reply(200, picture, kind="image/png")) as server:
        client = await clients.open(server.url)
        response = await client.request("GET", "/download", expect_json=False)
    assert response.content == picture


async def test_a_file_whose_compressed_body_ends_early_is_not_taken_for_complete(
    clients: Opener,
) -> None:
    squeezed = gzip.compress(bytes(range(256)) * 40)
    answers = iter([squeezed[:-9], squeezed, squeezed + gzip.compress(b"more")])

    def picture(request: Received) -> bytes:
        return reply(200, next(answers), "Content-Encoding: gzip", kind="image/png")

    async with FaultyServer(picture) as server:
        client = await clients.open(server.url)
        first = await client.request("GET", "/download", expect_json=False)
        second = await client.request("GET", "/download", expect_json=False)
    assert first.content == bytes(range(256)) * 40
    assert second.content == first.content + b"more"
    assert len(server.requests) == 3


async def test_a_status_that_the_adapter_takes_is_returned_with_its_body(clients: Opener) -> None:
    async with FaultyServer(lambda request: reply(404, b'{"code": "not.found"}')) as server:
        client = await clients.open(server.url)
        response = await client.request("GET", "/pages/1", ok={200, 404})
    assert (response.status, response.json()) == (404, {"code": "not.found"})


async def test_a_taken_status_with_an_html_page_has_no_json(clients: Opener) -> None:
    async with FaultyServer(lambda request: reply(404, b"<p>gone", kind="text/html")) as server:
        client = await clients.open(server.url)
        response = await client.request("GET", "/pages/1", ok={200, 404})
    assert response.json() is None
    assert response.text == "<p>gone"


async def test_head_has_no_body(clients: Opener) -> None:
    def head(request: Received) -> bytes:
        return reply(200, b"", "ETag: 7")

    async with FaultyServer(head) as server:
        client = await clients.open(server.url)
        assert (await client.request("HEAD", "/pages/1")).headers["etag"] == "7"


async def test_a_cancelled_call_frees_its_slot_and_its_connection(clients: Opener) -> None:
    client = await clients.open(pace=Pace(max_in_flight=1))
    clients.server.next("silence", "drip-body")
    for count in (1, 2):
        task = asyncio.create_task(client.request("GET", "/pages/1"))
        await clients.server.arrived(count)
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (await client.request("GET", "/pages/2")).json()["path"] == "/pages/2"
    assert clients.server.connections == 3


async def test_items_that_cannot_be_sent_or_are_too_large_do_not_close_the_gate(
    clients: Opener,
) -> None:
    client = await clients.open(max_response=2**16, timeout=Timeouts())
    clients.server.next(*["gzip-bomb"] * 6)
    for n in range(6):
        with pytest.raises(errors.Rejected):
            await client.request("GET", f"/big/{n}")
        with pytest.raises(errors.Rejected):
            await client.request("GET", f"/odd/{n}", headers={"X-Title": "a\nb"})
    await client.request("GET", "/pages/1")
    assert clients.clock.monotonic() == 0


async def test_cookies_are_not_kept(clients: Opener) -> None:
    async with FaultyServer(lambda request: reply(200, b"{}", "Set-Cookie: session=1")) as server:
        client = await clients.open(server.url)
        for _ in range(2):
            await client.request("GET", "/")
        assert "cookie" not in server.requests[1].headers


async def test_the_environment_decides_nothing(
    clients: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    client = await clients.open()
    assert (await client.request("GET", "/pages/1")).status == 200


async def test_a_proxy_is_a_setting(clients: Opener) -> None:
    client = await clients.open("http://localhost:9/wiki", proxy=clients.server.url)
    await client.request("GET", "/pages/1")
    assert clients.server.requests[0].target == "http://localhost:9/wiki/pages/1"


async def test_what_cannot_be_sent_as_json_is_refused_before_anything_is_sent(
    clients: Opener,
) -> None:
    client = await clients.open()
    for value in ("\ud800", float("nan")):
        with pytest.raises(errors.Rejected, match="wiki:98312"):
            await client.request("POST", "/pages", json={"title": value}, ref=REF)
    assert clients.server.requests == []


async def test_a_header_that_would_split_the_request_is_refused(clients: Opener) -> None:
    client = await clients.open()
    with pytest.raises(errors.Rejected, match="no valid HTTP"):
        await client.request("POST", "/pages", headers={"X-Title": "a\r\nX-Evil: b"})
    assert clients.server.requests == []


async def test_json_and_forms_arrive_as_they_were_given(clients: Opener) -> None:
    client = await clients.open()
    await client.request("POST", "/a", json={"title": "Ümläut 🙂"})
    await client.request("POST", "/b", data={"grant_type": "client_credentials"})
    await client.request("POST", "/c", files={"file": ("a.png", b"\x89PNG", "image/png")})
    a, b, c = clients.server.requests
    assert json.loads(a.body) == {"title": "Ümläut 🙂"}
    assert b.body == b"grant_type=client_credentials"
    assert c.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"\x89PNG" in c.body


async def test_the_http_library_logs_no_url(
    clients: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    client = await clients.open()
    with caplog.at_level(logging.DEBUG):
        await client.request("GET", "/pages/1", params={"sig": "s3cr3t-in-a-query"})
    assert "s3cr3t-in-a-query" not in caplog.text


class Renewable:
    """Credentials that can be renewed once."""

    def __init__(self) -> None:
        self.renewals = 0

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.renewals}"}

    async def refreshed(self) -> bool:
        self.renewals += 1
        return True

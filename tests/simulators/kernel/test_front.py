"""The server's own HTTP: what real clients and proxies send."""

from __future__ import annotations

import base64
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx

from syncline_simulators.running import Running


def _talk(sim: Running, data: bytes, *, ends: bytes | None = None) -> bytes:
    """What comes back to these bytes, up to an ending or the end of the connection."""
    port = int(sim.url.rpartition(":")[2])
    seen = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
        raw.sendall(data)
        while ends is None or not seen.endswith(ends):
            part = raw.recv(65536)
            if not part:
                break
            seen += part
    return seen


def _head(sim: Running, line: str, *more: str) -> bytes:
    token = base64.b64encode(f"sync@example.com:{sim.env['CONFLUENCE_TOKEN']}".encode()).decode()
    lines = [line, "Host: 127.0.0.1", f"Authorization: Basic {token}", *more, "", ""]
    return "\r\n".join(lines).encode()


def test_pipelined_requests_are_answered_in_order(sim: Running) -> None:
    first = _head(sim, "GET /wiki/api/v2/spaces HTTP/1.1")
    last = _head(sim, "GET /nowhere HTTP/1.1", "Connection: close")
    seen = _talk(sim, first + first + last)
    assert seen.count(b"HTTP/1.1 200") == 2
    assert seen.index(b"HTTP/1.1 404") > seen.rindex(b"HTTP/1.1 200")


def test_a_chunked_body_is_read_whole(sim: Running) -> None:
    page = sim.items()[0]["id"]
    head = _head(
        sim,
        f"POST /wiki/rest/api/content/{page}/label HTTP/1.1",
        "Transfer-Encoding: chunked",
        "Content-Type: application/json",
        "Connection: close",
    )
    seen = _talk(sim, head + b'8\r\n[{"name"\r\n6\r\n:"kb"}\r\n1\r\n]\r\n0\r\n\r\n')
    assert seen.startswith(b"HTTP/1.1 200")
    assert sim.item(page)["labels"] == ["kb"]


def test_a_client_that_waits_for_100_continue_gets_it(sim: Running) -> None:
    head = _head(
        sim,
        "POST /wiki/api/v2/content/convert-ids-to-types HTTP/1.1",
        "Content-Length: 17",
        "Content-Type: application/json",
        "Expect: 100-continue",
        "Connection: close",
    )
    seen = _talk(sim, head + b'{"contentIds":[]}')
    assert seen.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")


def test_what_is_not_http_gets_400_and_the_end(sim: Running) -> None:
    assert _talk(sim, b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_http_1_0_clients_see_the_connection_end(sim: Running) -> None:
    assert _talk(sim, b"GET /_edge/tenant_info HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_head_request_has_the_length_and_no_body(sim: Running, client: httpx.Client) -> None:
    whole = client.get("/_edge/tenant_info")
    head = client.head("/_edge/tenant_info")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.content == b""
    assert client.get("/_edge/tenant_info").status_code == 200


def test_a_204_carries_no_length(sim: Running, client: httpx.Client) -> None:
    page = sim.act({"do": "create", "title": "To delete"})["id"]
    answer = client.delete(f"/wiki/api/v2/pages/{page}")
    assert answer.status_code == 204
    assert "content-length" not in answer.headers


def test_many_connections_are_served_at_once(sim: Running) -> None:
    sim.faults([{"kind": "latency", "seconds": 0.3, "times": "always"}])

    def fetch(_: int) -> int:
        return httpx.get(f"{sim.url}/_edge/tenant_info", trust_env=False).status_code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(fetch, range(40))) == {200}
    arrived = [call["at"] for call in sim.calls()]
    assert arrived == sorted(arrived)

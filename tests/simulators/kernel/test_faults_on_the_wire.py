"""Every kind of fault as a client meets it on a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from syncline_simulators.kernel import KINDS
from syncline_simulators.running import Running

SPACES = "/wiki/api/v2/spaces"


def _label(sim: Running) -> tuple[str, str]:
    """A page and the path of a write on it whose effect can be seen and counted."""
    page = sim.items()[0]["id"]
    return page, f"/wiki/rest/api/content/{page}/label"


def _labels(sim: Running, page: str) -> list[str]:
    found: list[str] = sim.item(page)["labels"]
    return found


def until(holds: Callable[[], object]) -> None:
    """Wait until something holds; how long says more about the machine than about a simulator."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_latency_delays_before_or_after_the_request_is_applied(
    sim: Running, client: httpx.Client
) -> None:
    page, path = _label(sim)
    sim.faults([{"kind": "latency", "seconds": 0.6, "when": "after"}])
    with pytest.raises(httpx.ReadTimeout):
        client.post(path, json=[{"name": "late"}], timeout=0.3)
    until(lambda: _labels(sim, page) == ["late"])
    sim.faults([{"kind": "latency", "seconds": 0.3}])
    started = time.monotonic()
    assert client.get(SPACES).status_code == 200
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize("seconds", [0, 2, 1800])
def test_a_429_tells_seconds(sim: Running, client: httpx.Client, seconds: int) -> None:
    page, path = _label(sim)
    sim.faults([{"kind": "rate-limited", "retry_after": seconds}])
    answer = client.post(path, json=[{"name": "x"}])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, str(seconds))
    assert _labels(sim, page) == []


def test_a_429_tells_a_date_or_garbage_or_nothing(sim: Running, client: httpx.Client) -> None:
    forms = ("date", "garbage", "missing")
    sim.faults([{"kind": "rate-limited", "retry_after": 600, "form": form} for form in forms])
    dated, garbage, missing = (client.get(SPACES) for _ in forms)
    ahead = parsedate_to_datetime(dated.headers["retry-after"]).timestamp() - time.time()
    assert 480 < ahead < 602
    assert garbage.headers["retry-after"] == "soon"
    assert "retry-after" not in missing.headers


def test_a_5xx_has_the_vendors_json(sim: Running, client: httpx.Client) -> None:
    sim.faults([{"kind": "status", "status": 503}])
    answer = client.get(SPACES)
    assert (answer.status_code, answer.json()["code"]) == (503, 503)


def test_a_status_can_have_any_body_and_come_after_the_write(
    sim: Running, client: httpx.Client
) -> None:
    page, path = _label(sim)
    body = {"errors": [{"status": 409, "code": "CONFLICT", "title": "concurrently modified"}]}
    sim.faults([{"kind": "status", "status": 409, "body": body, "when": "after"}])
    answer = client.post(path, json=[{"name": "x"}])
    assert (answer.status_code, answer.json()) == (409, body)
    assert _labels(sim, page) == ["x"]


@pytest.mark.parametrize("status", [200, 502])
def test_html_comes_in_place_of_json(sim: Running, client: httpx.Client, status: int) -> None:
    sim.faults([{"kind": "html", "status": status}])
    answer = client.get(SPACES)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert "<html>" in answer.text


def test_an_empty_200_has_no_body(sim: Running, client: httpx.Client) -> None:
    sim.faults([{"kind": "empty"}])
    answer = client.get(SPACES)
    assert (answer.status_code, answer.content) == (200, b"")


def test_cut_json_has_a_consistent_length(sim: Running, client: httpx.Client) -> None:
    whole = client.get(SPACES).content
    sim.faults([{"kind": "cut-json"}])
    cut = client.get(SPACES)
    assert cut.status_code == 200
    assert whole.startswith(cut.content)
    assert 0 < len(cut.content) < len(whole)
    assert client.get(SPACES).content == whole


def test_a_short_body_ends_the_connection_early(sim: Running, client: httpx.Client) -> None:
    page, path = _label(sim)
    sim.faults([{"kind": "short-body"}])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        client.post(path, json=[{"name": "x"}])
    assert _labels(sim, page) == ["x"]


def test_bytes_beyond_the_length_meet_the_next_request(sim: Running, client: httpx.Client) -> None:
    sim.faults([{"kind": "long-body"}])
    assert client.get(SPACES).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(SPACES)
    assert client.get(SPACES).status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reset_looks_the_same_before_and_after_the_write(
    sim: Running, client: httpx.Client, when: str
) -> None:
    page, path = _label(sim)
    sim.faults([{"kind": "reset", "when": when}])
    with pytest.raises(httpx.ReadError):
        client.post(path, json=[{"name": "x"}])
    assert _labels(sim, page) == (["x"] if when == "after" else [])
    assert sim.calls()[-1]["status"] == (200 if when == "after" else None)
    assert sim.calls()[-1]["fault"] == "reset"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hang_up_ends_the_connection_without_an_answer(
    sim: Running, client: httpx.Client, when: str
) -> None:
    page, path = _label(sim)
    sim.faults([{"kind": "hang-up", "when": when}])
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        client.post(path, json=[{"name": "x"}])
    assert _labels(sim, page) == (["x"] if when == "after" else [])


def test_a_dripping_body_outlives_a_timeout_for_each_read(
    sim: Running, client: httpx.Client
) -> None:
    # Twenty pieces, each in time unless the machine is busy with others: asked for until they are.
    for patience in (0.3, 0.6, 1.2, 20):
        sim.clear_faults()
        sim.faults([{"kind": "drip", "seconds": patience * 3, "pieces": 20}])
        started = time.monotonic()
        try:
            answer = client.get(SPACES, timeout=patience)
        except httpx.ReadTimeout:
            continue
        break
    assert answer.status_code == 200
    assert time.monotonic() - started > patience * 2
    assert answer.json()["results"]


def test_a_gzip_bomb_is_small_on_the_wire(sim: Running, client: httpx.Client) -> None:
    size = 40_000_000
    sim.faults([{"kind": "gzip-bomb", "bytes": size}])
    seen = 0
    with client.stream("GET", SPACES) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert int(answer.headers["content-length"]) < size / 500
        for chunk in answer.iter_bytes():
            seen += len(chunk)
    assert seen == size


def test_a_header_can_be_larger_than_clients_take(sim: Running, client: httpx.Client) -> None:
    sim.faults([{"kind": "big-header"}])
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(SPACES)
    assert client.get(SPACES).status_code == 200


def test_a_redirect_leads_to_another_host(sim: Running, client: httpx.Client) -> None:
    with _catcher() as (url, caught):
        sim.faults([{"kind": "redirect", "to": url}])
        answer = client.get(SPACES, params={"limit": 5}, headers={"X-Api-Key": "k"})
        assert answer.status_code == 307
        assert answer.headers["location"] == f"{url}{SPACES}?limit=5"
        client.get(answer.headers["location"], auth=lambda request: request)
    assert caught == [f"{SPACES}?limit=5"]


@contextmanager
def _catcher() -> Iterator[tuple[str, list[str]]]:
    """Another host, which notes the paths that it is asked for."""
    caught: list[str] = []

    class Catch(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            caught.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Catch)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", caught
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("answer", "status"), [("first", 200), ("second", 400)])
def test_a_duplicate_is_applied_twice(
    sim: Running, client: httpx.Client, answer: str, status: int
) -> None:
    space = client.get(SPACES).json()["results"][0]["id"]
    body = {"spaceId": space, "title": "Once", "status": "current"}
    sim.faults([{"kind": "duplicate", "answer": answer, "match": {"method": "POST"}}])
    assert client.post("/wiki/api/v2/pages", json=body).status_code == status
    assert [one["title"] for one in sim.items()].count("Once") == 1


def test_extra_properties_and_values_nobody_knows(sim: Running, client: httpx.Client) -> None:
    sim.faults([{"kind": "extra", "values": {"type": "hologram"}}])
    answer = client.get(SPACES).json()
    assert answer["xIntroducedLater"] == {"kind": "NOT_YET_KNOWN"}
    assert answer["results"][0]["type"] == "hologram"
    assert "xIntroducedLater" in answer["results"][0]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restart_drops_all_connections_and_keeps_all_content(
    sim: Running, client: httpx.Client, when: str
) -> None:
    page, path = _label(sim)
    port = int(sim.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as idle:
        sim.faults([{"kind": "restart", "seconds": 1.5, "when": when}])
        with pytest.raises(httpx.ReadError):
            client.post(path, json=[{"name": "x"}])
        with pytest.raises(ConnectionResetError):
            idle.recv(1)
    with pytest.raises(httpx.ConnectError):
        client.get(SPACES)
    until(lambda: _answers(client))
    assert _labels(sim, page) == (["x"] if when == "after" else [])


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get(SPACES).status_code == 200
    except httpx.TransportError:
        return False


def test_every_kind_can_be_met_with_its_defaults_and_the_next_request_is_well(
    sim: Running, client: httpx.Client
) -> None:
    for kind in sorted(set(KINDS) - {"gzip-bomb"}):
        sim.clear_faults()
        sim.faults([{"kind": kind}])
        try:
            client.get(SPACES)
        except httpx.TransportError:
            if kind == "restart":
                until(lambda: _answers(client))
        sim.clear_faults()
        try:
            answer = client.get(SPACES)
        except httpx.RemoteProtocolError:
            assert kind == "long-body", kind
            answer = client.get(SPACES)
        assert answer.status_code == 200, kind
        assert answer.json()["results"], kind


def test_fifty_random_faults_leave_the_simulator_well(sim: Running, client: httpx.Client) -> None:
    quick = sorted(set(KINDS) - {"gzip-bomb", "restart", "latency", "drip"})
    sim.faults([{"kind": "random", "probability": 0.5, "seed": 7, "kinds": quick}])
    for _ in range(100):
        try:
            client.get(SPACES)
        except httpx.TransportError:
            continue
    sim.clear_faults()
    with httpx.Client(auth=client.auth, trust_env=False) as fresh:
        assert fresh.get(sim.url + SPACES).status_code == 200
    assert sum(call["fault"] is not None for call in sim.calls()) > 25

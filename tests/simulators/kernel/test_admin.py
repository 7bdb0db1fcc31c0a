"""The admin address: the same for every simulator."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from syncline_simulators.running import AdminError, Running, running

FIELDS = {"id", "title", "body", "state", "version", "parent", "restricted", "labels"}


def test_an_item_has_the_fields_that_every_simulator_gives(sim: Running) -> None:
    made = sim.act({"do": "create", "title": "Refunds", "body": "<p>x</p>", "labels": ["kb"]})
    assert set(made) >= FIELDS
    assert sim.item(made["id"]) == made
    assert made in sim.items()


def test_an_unknown_item_is_404(sim: Running) -> None:
    with pytest.raises(AdminError, match="no item '1'") as caught:
        sim.item("1")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ({"do": "fly"}, "'do' is one of"),
        ({}, "'do' is one of"),
        ({"do": "create", "titel": "x"}, "no field 'titel'"),
        ({"do": "edit", "id": "1"}, "no content '1'"),
        ({"do": "create", "title": 7}, "'title' is text"),
        ({"do": "create", "title": "x", "by": "nobody"}, "no account 'nobody'"),
    ],
)
def test_a_malformed_action_is_400_with_what_is_wrong(
    sim: Running, action: dict[str, object], said: str
) -> None:
    with pytest.raises(AdminError, match=said) as caught:
        sim.act(action)
    assert caught.value.status == 400


def test_what_the_product_refuses_is_409_with_the_reason(sim: Running) -> None:
    sim.act({"do": "create", "title": "Refunds"})
    with pytest.raises(AdminError, match="same TITLE") as caught:
        sim.act({"do": "create", "title": "refunds"})
    assert caught.value.status == 409


def test_calls_show_who_called_what_and_never_a_secret(sim: Running, client: httpx.Client) -> None:
    client.get("/wiki/api/v2/spaces", params={"limit": 5})
    client.get("/wiki/api/v2/spaces", auth=("sync@example.com", "wrong"))
    good, bad = sim.calls()
    assert (good["method"], good["path"], good["query"]) == (
        "GET",
        "/wiki/api/v2/spaces",
        "limit=5",
    )
    assert (good["status"], good["credential"], good["fault"]) == (200, "sync@example.com", None)
    assert (bad["status"], bad["credential"]) == (401, None)
    age = datetime.now(timezone.utc) - datetime.fromisoformat(good["at"])
    assert timedelta() <= age < timedelta(minutes=2)
    secret = sim.env["CONFLUENCE_TOKEN"]
    assert secret not in httpx.get(sim.admin_url + "/calls", trust_env=False).text


def test_calls_can_be_read_from_a_number_on_and_forgotten(
    sim: Running, client: httpx.Client
) -> None:
    for _ in range(3):
        client.get("/_edge/tenant_info")
    assert [call["number"] for call in sim.calls(since=2)] == [3]
    sim.clear_calls()
    assert sim.calls() == []


def test_admin_requests_are_no_calls_and_meet_no_faults(sim: Running) -> None:
    sim.faults([{"kind": "reset", "times": "always"}])
    sim.items()
    sim.clock()
    assert sim.calls() == []


def test_the_clock_can_be_moved_and_set(sim: Running) -> None:
    moved = datetime.fromisoformat(sim.clock(advance="24h"))
    assert moved - datetime.now(timezone.utc) > timedelta(hours=23)
    assert sim.clock(set="2030-01-01T00:00:00Z").startswith("2030-01-01T00:00:00")
    answer = httpx.get(sim.url + "/_edge/tenant_info", trust_env=False)
    assert answer.headers["date"].startswith("Tue, 01 Jan 2030 00:00:0")
    with pytest.raises(AdminError, match="not a duration") as caught:
        sim.clock(advance="soon")
    assert caught.value.status == 400


def test_malformed_faults_are_refused(sim: Running) -> None:
    with pytest.raises(AdminError, match="no kind of fault"):
        sim.faults([{"kind": "rest"}])


def test_a_body_that_is_no_json_is_400(sim: Running) -> None:
    answer = httpx.post(sim.admin_url + "/act", content=b"{", trust_env=False)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["error"]


def test_only_this_machine_is_answered(sim: Running) -> None:
    """A page in a browser can have its own name resolve to 127.0.0.1."""
    answer = httpx.get(sim.admin_url + "/items", headers={"Host": "evil.example"}, trust_env=False)
    assert answer.status_code == 403


def test_a_simulator_answers_once_it_runs_and_leaves_nothing_behind() -> None:
    before = set(threading.enumerate())
    with running("confluence") as sim:
        httpx.get(sim.url + "/_edge/tenant_info", trust_env=False)
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(sim.url, trust_env=False)


def test_a_start_that_fails_leaves_nothing_behind() -> None:
    with running("confluence") as first:
        before = set(threading.enumerate())
        port = int(first.url.rpartition(":")[2])
        with (
            pytest.raises(OSError, match="address already in use"),
            running("confluence", port=port),
        ):
            pass
        assert set(threading.enumerate()) == before


def test_two_simulators_with_one_seed_are_the_same() -> None:
    with running("confluence", seed=4) as one, running("confluence", seed=4) as two:
        assert one.env == two.env
        assert [item["id"] for item in one.items()] == [item["id"] for item in two.items()]
    with running("confluence", seed=5) as other:
        assert other.env != one.env


def test_a_rate_limit_answers_429_as_the_vendor_does() -> None:
    with running("confluence", rate_limit="5/min") as sim:
        auth = ("sync@example.com", sim.env["CONFLUENCE_TOKEN"])
        with httpx.Client(base_url=sim.url, auth=auth, trust_env=False) as client:
            answers = [client.get("/wiki/api/v2/spaces") for _ in range(7)]
            assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 2
            assert 1 <= int(answers[5].headers["retry-after"]) <= 60
            sim.clock(advance="61s")
            assert client.get("/wiki/api/v2/spaces").status_code == 200


def test_latency_is_added_to_every_request() -> None:
    with running("confluence", latency="100ms") as sim:
        started = time.monotonic()
        httpx.get(sim.url + "/_edge/tenant_info", trust_env=False)
        assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"system": "jira"}, "no simulator 'jira'; there are: aws, confluence"),
        ({"system": "confluence", "latency": "long"}, "not a duration"),
        ({"system": "confluence", "rate_limit": "fast"}, "not a rate"),
        ({"system": "confluence", "faults": [{"kind": "rest"}]}, "no kind of fault"),
    ],
)
def test_unusable_options_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said), running(**options):  # type: ignore[arg-type]  # on purpose
        pass

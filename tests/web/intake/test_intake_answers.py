"""What senders are answered, and what is stored before they are."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest

from syncline.config import Config, load
from syncline.errors import ConfigError
from syncline.state import SqliteState
from syncline.state.records import ClearDirty

Sign = Callable[..., tuple[bytes, dict[str, str]]]
HOOK = "/webhooks/wiki"


def ids(receiver: Any, job: str = "one") -> set[str]:
    return {row.change.ref.id for row in receiver.waiting(job)}


def test_a_hint_is_on_the_disk_when_it_is_answered(receiver: Any, signed: Sign) -> None:
    status, headers, body = receiver.post(HOOK, *signed("7"))
    assert (status, body) == (202, b"")
    assert headers["cache-control"] == "no-store"
    assert ids(receiver, "one") == ids(receiver, "two") == {"7"}
    assert receiver.results() == ["accepted"]


def test_what_was_signed_once_is_stored_once(receiver: Any, signed: Sign) -> None:
    delivery = signed("7")
    assert receiver.post(HOOK, *delivery)[0] == 202
    _worked(receiver)
    for _ in range(3):
        assert receiver.post(HOOK, *delivery) == receiver.post(HOOK, *delivery)
    assert receiver.post(HOOK, *delivery)[0] == 202
    assert ids(receiver) == set()
    assert receiver.results() == ["accepted", *["repeated"] * 7]
    assert receiver.post(HOOK, *signed("7", delivery="m2"))[0] == 202
    assert ids(receiver) == {"7"}


def _worked(receiver: Any) -> None:
    state = SqliteState.open(receiver.file)
    for job in ("one", "two"):
        for row in state.dirty(job):
            state.commit([ClearDirty(job, row.side, row.change.ref, row.generation)], None)
    state.close()


def test_copies_that_arrive_together_are_stored_once(receiver: Any, signed: Sign) -> None:
    delivery = signed("7")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: receiver.post(HOOK, *delivery)[0], range(32)))
    assert set(answers) == {202}
    assert sorted(receiver.results()) == ["accepted", *["repeated"] * 31]


def test_every_delivery_five_times_in_any_order_marks_each_item_once(
    receiver: Any, signed: Sign
) -> None:
    deliveries = [signed(str(n), delivery=f"m{n}") for n in range(40)] * 5
    Random(7).shuffle(deliveries)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda one: receiver.post(HOOK, *one)[0], deliveries)) == {202}
    assert ids(receiver) == {str(n) for n in range(40)}
    assert receiver.results().count("accepted") == 40


def test_deliveries_that_come_together_share_a_commit(
    serve: Any, config: Config, signed: Sign
) -> None:
    receiver = serve(config)
    deliveries = [signed(str(n), delivery=f"m{n}") for n in range(200)]
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda one: receiver.post(HOOK, *one), deliveries))
    assert ids(receiver) == {str(n) for n in range(200)}
    assert len(receiver.desk.commits) < 200


@pytest.mark.parametrize(
    ("change", "status", "result"),
    [
        ({"webhook-signature": "v1,AAAA"}, 401, "refused"),
        ({"webhook-timestamp": "1"}, 401, "refused"),
        ({"webhook-id": "m2"}, 401, "refused"),
    ],
)
def test_what_is_not_signed_well_is_refused_without_a_reason(
    receiver: Any, signed: Sign, change: dict[str, str], status: int, result: str
) -> None:
    body, headers = signed("7")
    found = receiver.post(HOOK, body, {**headers, **change})
    assert found[0] == status
    assert found[2] == receiver.post(HOOK, body)[2]
    assert receiver.results() == [result, "refused"]
    assert ids(receiver) == set()


def test_a_stale_delivery_is_refused(receiver: Any, signed: Sign) -> None:
    assert receiver.post(HOOK, *signed("7", at=time.time() - 400))[0] == 401
    assert receiver.post(HOOK, *signed("7", at=time.time() + 400))[0] == 401


def test_a_genuine_delivery_without_sense_is_invalid(receiver: Any) -> None:
    headers = {"X-Key": "what-the-rule-sends-in-its-header"}
    for body in (b"", b"[]", b"{", b'{"id": {}}'):
        assert receiver.post("/webhooks/kb", body, headers)[0] == 400
    assert receiver.results() == ["invalid"] * 4


@pytest.mark.parametrize(
    "path",
    ["/webhooks/shelf", "/webhooks/none", "/webhooks/", "/webhooks/wiki/", "/webhooks/a%2Fb"],
)
def test_where_there_is_no_webhook_nothing_tells_why(
    receiver: Any, signed: Sign, path: str
) -> None:
    status, _, body = receiver.post(path, *signed("7"))
    assert (status, body) == (404, b"there is no such webhook\n")
    assert receiver.desk.events[-1][1]["connection"] == ""


def test_other_paths_and_methods_are_not_for_webhooks(receiver: Any) -> None:
    for path in ("/", "/webhooks", "/metrics", "/healthz/"):
        assert receiver.post(path, method="GET")[0] == 404
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        status, headers, _ = receiver.post(HOOK, method=method)
        assert (status, headers["allow"]) == (405, "POST")


def test_the_listener_says_that_it_lives(receiver: Any) -> None:
    assert receiver.post("/healthz", method="GET")[::2] == (200, b"ok\n")
    assert receiver.post("/healthz", method="HEAD")[0] == 200
    assert receiver.post("/healthz")[0] == 405


def test_what_cannot_be_stored_is_never_accepted(receiver: Any) -> None:
    headers = {"X-Key": "what-the-rule-sends-in-its-header"}
    receiver.desk.state.close()
    status, answered, _ = receiver.post("/webhooks/kb", b'{"id": "7"}', headers)
    assert (status, answered["retry-after"]) == (503, "5")
    assert receiver.results() == ["unavailable"]


def test_a_delivery_that_was_not_stored_can_be_sent_again(
    serve: Any, config: Config, signed: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy that came while the disk failed must not count as seen."""
    receiver = serve(config)
    full = threading.Event()
    inner = receiver.desk.state.commit

    def commit(effects: Any, fence: Any) -> None:
        # SQLite's own answer to a full disk, from its own limit of pages.
        if full.is_set():
            receiver.desk.state._db.execute("pragma max_page_count=1")
            receiver.desk.state._db.execute("pragma query_only=on")
        else:
            receiver.desk.state._db.execute("pragma query_only=off")
        inner(effects, fence)

    object.__setattr__(receiver.desk.state, "commit", commit)
    full.set()
    delivery = signed("7")
    assert receiver.post(HOOK, *delivery)[0] == 503
    full.clear()
    assert receiver.post(HOOK, *delivery)[0] == 202
    assert receiver.results() == ["unavailable", "accepted"]
    assert ids(receiver) == {"7"}


def test_a_new_configuration_counts_at_once(
    receiver: Any, config: Config, signed: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receiver.post(HOOK, *signed("1", delivery="a"))[0] == 202
    monkeypatch.setenv("WIKI_HOOK", "another-secret-of-the-next-year")
    receiver.desk.config = attrs.evolve(config)
    assert receiver.post(HOOK, *signed("2", delivery="b"))[0] == 401
    renewed = signed("3", delivery="c", key="another-secret-of-the-next-year")
    assert receiver.post(HOOK, *renewed)[0] == 202
    assert ids(receiver) == {"1", "3"}


def test_a_secret_that_is_not_there_is_told_at_the_start_and_answered_later(
    serve: Any, config: Config, signed: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WIKI_HOOK")
    monkeypatch.setenv("KB_HOOK", "short")
    receiver = serve(config)
    import asyncio

    with pytest.raises(ConfigError) as caught:
        asyncio.run(receiver.app.open())
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "connections.wiki.webhook.secret",
        "connections.kb.webhook",
    ]
    assert receiver.post(HOOK, *signed("7"))[0] == 503


def test_nothing_of_a_delivery_is_ever_logged(
    receiver: Any, signed: Sign, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "kanarienvogel"
    body, headers = signed(canary, delivery=canary)
    receiver.post(HOOK, body, {**headers, "webhook-signature": f"v1,{canary}"})
    receiver.post(HOOK, body, {"Authorization": canary, "X-Key": canary})
    receiver.post(f"/webhooks/{canary}", body, headers)
    receiver.post("/webhooks/kb", canary.encode(), {"X-Key": canary})
    receiver.post("/webhooks/kb", canary.encode(), {"X-Key": "what-the-rule-sends-in-its-header"})
    receiver.post(HOOK, body, headers)
    text = "\n".join(f"{r.getMessage()} {r.__dict__}" for r in caplog.records)
    assert "a delivery was turned away" in text
    assert canary not in text
    assert "what-the-" not in text
    assert canary not in repr(receiver.desk.events)


def test_a_flood_of_refusals_is_a_line_a_minute(
    receiver: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(50):
        receiver.post(HOOK, b"{}")
    assert len([r for r in caplog.records if r.name.startswith("syncline_web")]) == 1


def test_deliveries_are_forgotten_when_they_are_too_old_anyway(
    receiver: Any, signed: Sign, tmp_path: Path
) -> None:
    receiver.post(HOOK, *signed("7"))
    other = SqliteState.open(receiver.file)
    assert other.seen("wiki", "m1")
    assert not other.seen("kb", "m1")
    from datetime import datetime, timedelta, timezone

    from syncline.state.records import DropDeliveries

    now = datetime.now(timezone.utc)
    other.commit([DropDeliveries(now)], None)
    assert other.seen("wiki", "m1")
    other.commit([DropDeliveries(now + timedelta(minutes=6))], None)
    assert not other.seen("wiki", "m1")
    other.close()


def test_faults_of_a_webhook_are_told_with_their_place(tmp_path: Path) -> None:
    text = """[connections.wiki]
connector = "files"
path = "left"
webhook = { form = "generik", secret = { env = "X" } }
[connections.kb]
connector = "files"
path = "right"
[connections.kb.webhook]
form = "generic"
secret = "in the file"
header = "no header"
schem = "hmac"
[jobs.one]
kind = "documents"
left = "wiki"
right = "kb"
"""
    with pytest.raises(ConfigError) as caught:
        load(text.encode(), folder=tmp_path, file="s.toml")
    lines = caught.value.problems
    assert [line.partition(": ")[0] for line in lines] == [
        "s.toml:4:20", "s.toml:10:10", "s.toml:11:10", "s.toml:12:1",
    ]  # fmt: skip
    assert "did you mean 'generic'" in lines[0]
    assert "in the file" not in lines[1].replace("written in the file", "")

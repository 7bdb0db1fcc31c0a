"""News of a Genesys configuration: the audit trail, what it is silent about, and events."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from syncline.clock import SystemClock
from syncline.config.file import read
from syncline.config_items import ConfigRecord
from syncline.config_store import FieldWrite
from syncline.connector import Context
from syncline.errors import ConfigError
from syncline.model import Change, ChangePage, Cursor, Ref
from syncline.ports import Cache, Secret
from syncline.runner.hints import marks
from syncline.testing import FakeClock, MemoryCache
from syncline_genesys import connector
from syncline_genesys.config.events import open_reader
from syncline_genesys.config.store import GenesysConfigStore
from syncline_genesys.settings import Settings
from syncline_simulators.running import Running

Do: TypeAlias = Callable[..., Any]
Configure: TypeAlias = Callable[..., GenesysConfigStore]
HOURS = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}


async def follow(
    store: GenesysConfigStore, cursor: Cursor | None
) -> tuple[list[str], Cursor, list[ChangePage]]:
    """Read the feed to its end: what it told, in order, and where to go on."""
    pages = [page async for page in store.changes(cursor)]
    last = [page.cursor for page in pages if page.cursor is not None]
    assert len(last) == 1
    assert pages[-1].cursor == last[0]
    told = [change.ref.id for page in pages for change in page.changes]
    return told, last[0], pages


async def look(store: GenesysConfigStore, *ids: str) -> list[ConfigRecord]:
    refs = [Ref("cx", id) for id in ids]
    return [one async for one in store.fetch_many(refs) if isinstance(one, ConfigRecord)]


# -- the trail


async def test_the_first_poll_tells_nothing_and_later_ones_what_changed(
    cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "queue", name="Old")
    told, cursor, _ = await follow(cx, None)
    assert told == []
    id = do("create", "queue", name="Support")["id"]
    do("create", "schedule", name="Hours", **HOURS)
    do("edit", "utilization", set={"call.maximumCapacity": 2})
    told, cursor, _ = await follow(cx, cursor)
    assert {f"queue/{id}", "queue/Support", "schedule/Hours", "utilization/organization"} <= {*told}
    told, _, _ = await follow(cx, cursor)
    assert told == []


async def test_a_feed_of_many_pages_is_read_to_its_end(
    cx: GenesysConfigStore, simulator: Running, do: Do
) -> None:
    _, cursor, _ = await follow(cx, None)
    for n in range(230):
        do("create", "queue", name=f"Queue {n}")
    told, _, _ = await follow(cx, cursor)
    assert {f"queue/Queue {n}" for n in range(230)} <= {*told}
    pages = [one for one in simulator.calls() if one["path"].endswith("/realtime")]
    assert len(pages) == 3


async def test_what_is_written_after_a_poll_began_is_told_by_the_next(
    configure: Configure, simulator: Running, do: Do
) -> None:
    """Entries appear late, and clocks differ: polls overlap."""
    cx = configure()
    _, cursor, _ = await follow(cx, None)
    do("create", "queue", name="Support")
    late = Cursor(str(datetime.fromisoformat(cursor) + timedelta(minutes=5)))
    told, _, _ = await follow(cx, late)
    assert "queue/Support" in told


async def test_a_cursor_from_long_ago_means_that_everything_is_due(cx: GenesysConfigStore) -> None:
    for cursor in ("2020-01-01T00:00:00.000Z", "nonsense"):
        told, _, pages = await follow(cx, Cursor(cursor))
        assert (told, pages[0].reset) == ([], True)


async def test_an_edit_that_a_write_replaced_is_told_with_who_made_it(
    cx: GenesysConfigStore, simulator: Running, do: Do, caplog: pytest.LogCaptureFixture
) -> None:
    do("create", "queue", name="Support")
    (record,) = await look(cx, "queue/Support")
    _, cursor, _ = await follow(cx, None)
    put = {"method": "PUT", "path": "queues"}
    simulator.faults([{"kind": "latency", "seconds": 2, "when": "before", "match": put}])
    changes = {"mediaSettings.call.alertingTimeoutSeconds": 25}
    note = FieldWrite(note=lambda step, detail: None)
    simulator.clear_calls()
    writing = asyncio.create_task(
        cx.update(record.ref, changes, expected=record.version, write=note)
    )
    for _ in range(6000):
        if any(one["method"] == "PUT" for one in simulator.calls()):
            break
        await asyncio.sleep(0.01)
    await asyncio.to_thread(do, "edit", "queue", name="Support", set={"description": "lost"})
    await writing
    assert "description" not in simulator.item("queue/Support")["body"]
    told, _, _ = await follow(cx, cursor)
    assert "queue/Support" in told
    (said,) = [one for one in caplog.records if "replaced" in one.message]
    found = vars(said)
    assert (found["ref"], found["by"], found["fields"]) == (
        "cx:queue/Support",
        "Kim Editor",
        "description",
    )


# -- what the trail is silent about


async def test_rows_that_somebody_changed_are_told_though_no_trail_has_them(
    cx: GenesysConfigStore, do: Do
) -> None:
    do("create", "data-table", name="Limits", columns={"maximum": "integer"})
    for key in ("a", "b"):
        do("edit", "data-table-row", table="Limits", key=key, set={"maximum": 1})
    await look(cx, "data-table-row/Limits/a", "data-table-row/Limits/b")
    _, cursor, _ = await follow(cx, None)
    do("edit", "data-table-row", table="Limits", key="b", set={"maximum": 2})
    told, cursor, _ = await follow(cx, cursor)
    assert told == ["data-table-row/Limits/b"]
    told, _, _ = await follow(cx, cursor)
    assert told == []


async def test_a_schedule_that_opens_as_time_goes_by_is_told(
    configure: Configure, simulator: Running, do: Do
) -> None:
    clock = FakeClock(datetime.fromisoformat("2026-03-02T08:59:00+00:00"))
    cx = configure(clock=clock)
    simulator.clock(set="2026-03-02T08:59:00+00:00")
    do("create", "schedule", name="Hours", rrule="FREQ=DAILY", **HOURS)
    (closed,) = await look(cx, "schedule/Hours")
    _, cursor, _ = await follow(cx, None)
    told, cursor, _ = await follow(cx, cursor)
    clock.advance(120)
    told, cursor, _ = await follow(cx, cursor)
    assert told == ["schedule/Hours"]
    (open_,) = await look(cx, "schedule/Hours")
    assert (closed.values["open"], open_.values["open"]) == (False, True)
    assert closed.version == open_.version


async def test_what_moved_while_nobody_looked_is_told_after_a_restart(
    configure: Configure, do: Do
) -> None:
    cache = MemoryCache()
    do("create", "data-table", name="Limits", columns={"maximum": "integer"})
    do("edit", "data-table-row", table="Limits", key="a", set={"maximum": 1})
    before = configure(cache=cache)
    await look(before, "data-table-row/Limits/a")
    _, cursor, _ = await follow(before, None)
    do("edit", "data-table-row", table="Limits", key="a", set={"maximum": 2})
    after = configure(cache=cache)
    told, cursor, _ = await follow(after, cursor)
    assert told == ["data-table-row/Limits/a"]
    # No rule asks for it any more: it is watched no longer.
    do("edit", "data-table-row", table="Limits", key="a", set={"maximum": 3})
    told, _, _ = await follow(after, cursor)
    assert told == []


# -- events


def reader(cache: Cache | None = None, **settings: Any) -> Any:
    table: dict[str, Any] = {
        "region": "eu-west-1",
        "client_id": "x",
        "client_secret": Secret("y"),
    }
    context = Context(connection="cx", clock=SystemClock(), cache=cache or MemoryCache())
    return open_reader(Settings(**table, **settings), context)


def envelope(topic: str, body: Any, **more: Any) -> dict[str, Any]:
    source = "aws.partner/genesys.com/cloud/org-1/syncline"
    return {"source": source, "detail": {"topicName": topic, "eventBody": body}, **more}


def told(found: Any) -> set[str]:
    return {change.ref.id for change in found}


def test_an_audit_event_names_its_object_and_its_values_are_not_looked_at() -> None:
    body = {
        "entityType": "Queue",
        "entity": {"id": "q-1", "name": "Support"},
        "propertyChanges": [{"property": "capacity", "newValues": ["9"]}],
    }
    found = reader().read(envelope("v2.audits.entitytype.Queue.entityid.q-1", body))
    assert told(found) == {"queue/q-1", "queue/Support"}
    assert all(change.ref.connection == "cx" for change in found)


async def test_an_observation_is_told_by_the_name_under_which_the_queue_was_read(
    configure: Configure, do: Do
) -> None:
    cache = MemoryCache()
    id = do("create", "queue", name="Support")["id"]
    await look(configure(cache=cache), "queue-observation/Support")
    found = reader(cache).read(envelope(f"v2.analytics.queues.{id}.observations", {}))
    assert {"queue-observation/Support", f"queue-observation/{id}"} <= told(found)
    assert "user-status-count/queue/Support" in told(found)


def test_a_routing_status_counts_for_its_user_and_for_all() -> None:
    found = reader().read(envelope("v2.users.u-1.routingStatus", {"status": "IDLE"}))
    assert told(found) == {"user/u-1", "user-status-count/organization"}


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"source": "aws.autoscaling", "detail": {}},
        {"source": 5},
        {"source": "aws.partner/genesys.com/other/org-1/syncline", "detail": {}},
    ],
)
def test_events_of_others_are_not_ours(event: Any) -> None:
    assert reader().read(event) is None


def test_events_of_another_organisation_are_not_ours() -> None:
    event = envelope("v2.users.u-1.routingStatus", {})
    assert reader(organization="org-2").read(event) is None
    assert reader(organization="org-1").read(event)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("v2.audits.entitytype.Queue.entityid.x", {"entityType": "Queue"}),
        ("v2.audits.entitytype.Queue.entityid.x", {"entityType": "Queue", "entity": {"id": 5}}),
        ("v2.audits.entitytype.Queue.entityid.x", None),
        ("v2.audits.entitytype.Row.entityid.x", {"entityType": "Row", "entity": {"id": "x"}}),
        ("v2.audits.entitytype.Flow.entityid.x", {"entityType": "Flow", "entity": {"id": "x"}}),
        ("v2.something.new", {}),
        (5, {}),
        (
            "v2.audits.entitytype.Queue.entityid.x",
            {"entityType": "Queue", "entity": {"id": "a" * 999, "name": "a\nb"}},
        ),
    ],
)
def test_events_that_name_nothing_of_ours_tell_nothing(topic: Any, body: Any) -> None:
    assert tuple(reader().read(envelope(topic, body))) == ()
    assert tuple(reader().read({**envelope(topic, body), "detail": "text"})) == ()


async def test_events_of_the_vendor_lead_to_the_objects_that_rules_name(
    simulator: Running, do: Do
) -> None:
    events: list[Any] = []
    done = threading.Event()

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            done.set()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Keep) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        simulator.act({"do": "subscribe", "url": url})
        id = do("create", "queue", name="Support")["id"]
        assert done.wait(60)
        server.shutdown()
        thread.join(5)
    assert told(reader().read(events[0])) == {f"queue/{id}", "queue/Support"}


# -- the connector


def test_the_connector_offers_the_configuration_without_opening_anything() -> None:
    assert {"documents", "config", "events"} <= {*connector.ports}
    assert connector.kinds is not None
    kinds = connector.kinds()
    assert all(one.summary.endswith(".") for one in kinds.values())
    assert kinds["utilization"].spec("labelUtilizations.Urgent.maximumCapacity") is not None
    assert kinds["utilization"].spec("fax.maximumCapacity") is None
    assert kinds["user"].spec("skills.French") is not None


CONNECTIONS = """
[connections.cx]
connector = "genesys"
region = "eu-west-1"
client_id = "x"
client_secret = { env = "X" }

[connections.here]
connector = "files"
path = "docs"
"""


def test_a_job_for_documents_needs_a_knowledge_base(tmp_path: Path) -> None:
    file = tmp_path / "syncline.toml"
    (tmp_path / "docs").mkdir()
    job = '[jobs.j]\nkind = "documents"\nleft = "here"\nright = "cx"\n'
    file.write_text(CONNECTIONS + job, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read(file)
    (problem,) = error.value.problems
    assert "the connection 'cx' does not say 'knowledge_base'" in problem
    text = CONNECTIONS.replace("region =", 'knowledge_base = "Support"\nregion =')
    file.write_text(text + job, encoding="utf-8")
    read(file)


RULE = """
[jobs.c]
kind = "config"
[[jobs.c.rules]]
from = { q = "cx:queue-observation/Support#oWaiting" }
to = "cx:utilization/organization#chat.maximumCapacity"
"""


def test_an_object_of_the_configuration_is_no_news_for_a_job_of_documents(tmp_path: Path) -> None:
    file = tmp_path / "syncline.toml"
    (tmp_path / "docs").mkdir()
    job = '[jobs.j]\nkind = "documents"\nleft = "here"\nright = "cx"\n'
    text = CONNECTIONS.replace("region =", 'knowledge_base = "Support"\nregion =')
    file.write_text(text + job + RULE, encoding="utf-8")
    article, queue = Change(ref=Ref("cx", "6c3d0f4e")), Change(ref=Ref("cx", "queue/Support"))
    found = marks(read(file), [("cx", [article, queue])], FakeClock().now())
    told = [(one.mark.job, one.mark.change.ref.id) for one in found]
    assert [id for job, id in told if job == "j"] == ["6c3d0f4e"]
    assert "queue/Support" in [id for job, id in told if job == "c"]

"""What the configuration of the simulated organisation refuses, loses, lags and tells."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any, TypeAlias

import pytest

from syncline_simulators.running import AdminError

QUEUES = "/api/v2/routing/queues"
TABLES = "/api/v2/flows/datatables"
OBSERVED = "/api/v2/analytics/queues/observations/query"

Do: TypeAlias = Callable[..., Any]


@pytest.fixture
def do(cloud: Any) -> Do:
    """Acts of people: `do("create", "queue", name="Support")`; the object, whole."""

    def act(verb: str, kind: str, **fields: Any) -> Any:
        return cloud.sim.act({"do": verb, "kind": kind, **fields})["body"]

    return act


def put(cloud: Any, path: str, body: Any, **rest: Any) -> Any:
    return cloud.call("PUT", path, json=body, **rest).json()


# -- queues


def test_what_a_put_sends_back_of_the_server_s_own_is_not_looked_at(cloud: Any, do: Do) -> None:
    queue = cloud.get(f"{QUEUES}/{do('create', 'queue', name='Support')['id']}")
    lie = {**queue, "memberCount": 99, "dateModified": "2001-01-01T00:00:00.000Z", "id": "other"}
    after = put(cloud, f"{QUEUES}/{queue['id']}", lie)
    assert (after["id"], after["memberCount"]) == (queue["id"], 0)
    assert after["dateModified"] > queue["dateModified"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 5),
        ("self", "x"),
        ("mediaSettings", {"call": {"capacity": 5}}),
        ("skillEvaluationMethod", "SOME"),
        ("mediaSettings", {"callback": {"mode": ""}}),
    ],
)
def test_fields_that_a_queue_does_not_have_are_refused(
    cloud: Any, do: Do, field: str, value: Any
) -> None:
    queue = do("create", "queue", name="Support")["id"]
    body = {"name": "Support", field: value}
    answer = cloud.call("PUT", f"{QUEUES}/{queue}", json=body, status=400).json()
    if field == "mediaSettings" and "callback" in value:
        assert answer["message"] == "Value [] is not valid for field type [Mode]"


def test_there_is_no_patch_and_no_etag(cloud: Any, do: Do) -> None:
    queue = do("create", "queue", name="Support")["id"]
    cloud.call("PATCH", f"{QUEUES}/{queue}", json={"name": "Help"}, status=404)
    answer = cloud.call("GET", f"{QUEUES}/{queue}")
    assert "etag" not in answer.headers
    assert "version" not in answer.json()


def test_a_listing_lags_behind_and_a_read_by_id_does_not(cloud: Any, do: Do) -> None:
    queue = do("create", "queue", name="Support", description="old")["id"]
    cloud.sim.act({"do": "settings", "settleSeconds": 60})
    cloud.sim.clock(advance="2m")
    do("edit", "queue", name="Support", set={"description": "new"})
    do("create", "queue", name="Sales")
    assert cloud.get(f"{QUEUES}/{queue}")["description"] == "new"
    assert [one["description"] for one in cloud.get(QUEUES)["entities"]] == ["old"]
    cloud.sim.clock(advance="2m")
    listed = [(one["name"], one.get("description")) for one in cloud.get(QUEUES)["entities"]]
    assert listed == [("Sales", None), ("Support", "new")]


def test_queues_are_listed_by_page_by_id_and_by_name(cloud: Any, do: Do) -> None:
    made = {name: do("create", "queue", name=name)["id"] for name in ("Sales", "Support", "Sums")}
    first = cloud.get(f"{QUEUES}?pageSize=2")
    assert (first["total"], first["pageCount"], first["pageNumber"]) == (3, 2, 1)
    rest = cloud.get(first["nextUri"])
    assert [one["name"] for one in rest["entities"]] == ["Support"]
    assert "nextUri" not in rest
    chosen = cloud.get(f"{QUEUES}?id={made['Sales']},{made['Sums']}")
    assert [one["name"] for one in chosen["entities"]] == ["Sales", "Sums"]
    named = [cloud.get(f"{QUEUES}?name={name}")["total"] for name in ("Su*", "support", "*s", "Su")]
    assert named == [2, 1, 2, 0]
    cloud.call("GET", f"{QUEUES}?pageSize=501", status=400)


def test_a_queue_with_conversations_is_deleted_only_by_force(cloud: Any, do: Do) -> None:
    queue = do("create", "queue", name="Support")["id"]
    do("edit", "queue-observation", name="Support", set={"oInteracting": 1})
    answer = cloud.call("DELETE", f"{QUEUES}/{queue}", status=400).json()
    assert answer["code"] == "active.queue"
    cloud.call("DELETE", f"{QUEUES}/{queue}?forceDelete=true")
    cloud.call("GET", f"{QUEUES}/{queue}", status=404)


# -- tables, schedules, utilization, observations


def test_a_row_is_found_by_any_key(cloud: Any, do: Do) -> None:
    table = do("create", "data-table", name="Limits", columns={"maximum": "integer"})["id"]
    cloud.post(f"{TABLES}/{table}/rows", {"key": "ivr/1 ü", "maximum": 5})
    row = cloud.get(f"{TABLES}/{table}/rows/ivr%2F1%20%C3%BC?showbrief=false")
    assert row == {"key": "ivr/1 ü", "maximum": 5}


def test_a_table_s_schema_can_only_grow(cloud: Any, do: Do) -> None:
    table = do("create", "data-table", name="Limits", columns={"maximum": "integer"})
    schema = table["schema"]
    del schema["properties"]["maximum"]
    body = {"name": "Limits", "schema": schema}
    answer = cloud.call("PUT", f"{TABLES}/{table['id']}", json=body, status=400).json()
    assert answer["code"] == "flows.datatables.schema.exception"


def test_rows_that_do_not_fit_their_table_are_refused(cloud: Any, do: Do) -> None:
    table = do("create", "data-table", name="Limits", columns={"maximum": "integer"})["id"]
    for row in ({"key": "a", "maximum": 1.5}, {"key": "a", "most": 1}, {"maximum": 1}, {"key": ""}):
        cloud.call("POST", f"{TABLES}/{table}/rows", json=row, status=400)
    cloud.call("PUT", f"{TABLES}/{table}/rows/a", json={"key": "b"}, status=404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "2026-03-02T09:00:00.000Z"},
        {"end": "2026-03-02T08:00:00.000"},
        {"rrule": "every day"},
        {"timeZone": "Europe/Berlin"},
    ],
)
def test_schedules_that_make_no_sense_are_refused(cloud: Any, wrong: Any) -> None:
    right = {"name": "A", "start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}
    cloud.call("POST", "/api/v2/architect/schedules", json={**right, **wrong}, status=400)
    cloud.post("/api/v2/architect/schedules", right)


def test_a_utilization_label_that_is_used_is_deleted_only_by_force(cloud: Any, do: Do) -> None:
    label = do("create", "utilization-label", name="Urgent")["id"]
    do("edit", "utilization", set={"labelUtilizations.Urgent.maximumCapacity": 3})
    path = "/api/v2/routing/utilization"
    assert cloud.get(path)["labelUtilizations"][label]["labelName"] == "Urgent"
    cloud.call("DELETE", f"{path}/labels/{label}", status=409)
    cloud.call("DELETE", f"{path}/labels/{label}?forceDelete=true")
    assert cloud.get(path)["labelUtilizations"] == {}
    body = {"labelUtilizations": {label: {"maximumCapacity": 1}}}
    cloud.call("PUT", path, json=body, status=400)


def test_observations_need_a_queue_and_metrics_that_there_are(cloud: Any, do: Do) -> None:
    queue = do("create", "queue", name="Support")["id"]
    every = {"type": "or", "predicates": []}
    one = {"type": "or", "predicates": [{"dimension": "queueId", "value": queue}]}
    cloud.call("POST", OBSERVED, json={"filter": every, "metrics": ["oWaiting"]}, status=400)
    cloud.call("POST", OBSERVED, json={"filter": one, "metrics": ["capacity"]}, status=400)
    assert cloud.post(OBSERVED, {"filter": one, "metrics": ["oWaiting"]}) == {}
    do("edit", "queue-observation", name="Support", set={"oWaiting": 2}, mediaType="chat")
    voice = {"type": "and", "predicates": [{"dimension": "mediaType", "value": "voice"}]}
    both = {**voice, "clauses": [one]}
    assert cloud.post(OBSERVED, {"filter": both, "metrics": ["oWaiting"]}) == {}


# -- people


def test_what_people_changed_is_shown_whole(cloud: Any, do: Do) -> None:
    assert cloud.sim.items() == []
    do("create", "user", name="Robin", routingStatus="IDLE")
    do("create", "skill", name="French")
    do("edit", "user", name="Robin", set={"skills": {"French": 4}})
    do("create", "queue", name="Support")
    do("edit", "queue", name="Support", set={"members": {"Robin": True}})
    do("edit", "queue-observation", name="Support", set={"oWaiting": 2})
    found = cloud.sim.item("queue/Support")["body"]
    (robin,) = found["members"]
    assert (found["joinedMemberCount"], found["observations"]) == (1, {"voice": {"oWaiting": 2}})
    assert cloud.sim.item(f"user/{robin}")["body"]["skills"] == {"French": 4}
    kinds = [one["kind"] for one in cloud.sim.items()]
    assert kinds == ["queue", "user", "skill", "utilization"]


@pytest.mark.parametrize(
    "action",
    [
        {"do": "edit", "kind": "queue", "name": "Nobody", "set": {"description": "x"}},
        {"do": "edit", "kind": "trunk", "name": "T", "set": {"x": 1}},
        {"do": "publish", "kind": "queue", "name": "Support"},
        {"do": "subscribe", "url": "http://example.com/"},
        {"do": "settings", "staleVersion": 412},
    ],
)
def test_acts_that_make_no_sense_are_told_so(cloud: Any, action: Any) -> None:
    with pytest.raises(AdminError) as error:
        cloud.sim.act(action)
    assert error.value.status == 400


def test_an_organisation_starts_with_what_a_file_says(opened: Any, tmp_path: Any) -> None:
    file = tmp_path / "organization.json"
    acts = [
        {"do": "create", "kind": "schedule", "name": "Hours", "start": "2026-03-02T09:00:00",
         "end": "2026-03-02T17:00:00"},
        {"do": "create", "kind": "schedule-group", "name": "Shop", "openSchedules": ["Hours"]},
        {"do": "create", "kind": "schedule", "name": "Never", "start": "x", "end": "y"},
    ]  # fmt: skip
    file.write_text(json.dumps({"acts": acts}), encoding="utf-8")
    cloud = opened(load=file)
    (refused,) = cloud.sim.refused
    assert "Never" in refused["reason"]
    (group,) = cloud.get("/api/v2/architect/schedulegroups")["entities"]
    assert group["openSchedules"][0]["name"] == "Hours"


# -- events, tokens and limits


@contextmanager
def listener() -> Iterator[tuple[str, Queue[tuple[Any, Any]]]]:
    """An address that keeps what is sent to it."""
    got: Queue[tuple[Any, Any]] = Queue()

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.put((dict(self.headers), json.loads(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", got
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_partner_events_arrive_in_the_envelope_of_event_bridge(
    cloud: Any, do: Do, shared: Any
) -> None:
    with listener() as (url, got):
        cloud.sim.act({"do": "subscribe", "url": url, "secret": "a secret of some length"})
        queue = cloud.post(QUEUES, {"name": "Support"})["id"]
        headers, event = got.get(timeout=60)
        assert headers["X-Syncline-Secret"] == "a secret of some length"
        assert event["detail-type"] == "v2.audits.entitytype.{id}.entityid.{id}"
        assert event["source"].startswith("aws.partner/genesys.com/cloud/")
        detail = event["detail"]
        assert detail["topicName"] == f"v2.audits.entitytype.Queue.entityid.{queue}"
        client = cloud.sim.connection["client_id"]
        assert detail["eventBody"]["clientId"]["id"] == client
        do("edit", "queue-observation", name="Support", set={"oWaiting": 2})
        _, event = got.get(timeout=60)
        assert event["detail"]["topicName"] == f"v2.analytics.queues.{queue}.observations"
        assert event["detail"]["eventBody"]["group"]["queueId"] == queue
        robin = do("create", "user", name="Robin")["id"]
        got.get(timeout=60)
        do("edit", "user", name="Robin", set={"routingStatus": "IDLE"})
        _, status = got.get(timeout=60)
        assert status["detail"]["topicName"] == f"v2.users.{robin}.routingStatus"
    fits(shared, "UserRoutingStatusUserRoutingStatus", status["detail"]["eventBody"])
    fits(shared, "AuditTopicAuditLogMessage", detail["eventBody"])
    fits(shared, "StatEventQueueTopicStatsNotification", event["detail"]["eventBody"])


def fits(shared: Any, model: str, value: Any) -> None:
    """The body of an event fits the vendor's model of its topic."""
    from jsonschema import Draft4Validator

    spec = json.loads((shared / "specs" / "genesys.json").read_text(encoding="utf-8"))
    schema = {"$ref": f"#/definitions/{model}", "definitions": spec["definitions"]}
    assert [error.message for error in Draft4Validator(schema).iter_errors(value)] == []


def test_partner_events_are_lost_and_repeated_as_asked_for(cloud: Any, do: Do) -> None:
    with listener() as (url, got):
        cloud.sim.act({"do": "subscribe", "url": url, "duplicate": 1, "reorder": True})
        do("create", "queue", name="Support")
        first, second = got.get(timeout=60)[1], got.get(timeout=60)[1]
        assert first["id"] == second["id"]
    with listener() as (url, got):
        cloud.sim.act({"do": "subscribe", "url": url, "drop": 1})
        do("create", "queue", name="Sales")
        with pytest.raises(Empty):
            got.get(timeout=0.3)


def test_partner_events_go_into_a_queue_of_messages(cloud: Any, do: Do) -> None:
    with listener() as (url, got):
        name = "http://sqs.example/123456789012/genesys.fifo"
        cloud.sim.act({"do": "subscribe", "url": url, "queue": name})
        queue = do("create", "queue", name="Support")["id"]
        headers, message = got.get(timeout=60)
        assert headers["X-Amz-Target"] == "AmazonSQS.SendMessage"
        event = json.loads(message["MessageBody"])
        assert (message["QueueUrl"], message["MessageGroupId"]) == (name, queue)
        assert message["MessageDeduplicationId"] == event["id"]


def test_a_token_ends_in_the_middle(cloud: Any) -> None:
    cloud.get(QUEUES)
    cloud.sim.clock(advance="24h")
    answer = cloud.call("GET", QUEUES, status=401).json()
    assert answer["code"] == "bad.credentials"


def test_every_answer_tells_the_state_of_the_limit(opened: Any) -> None:
    cloud = opened(rate_limit="300/min")
    found = cloud.call("GET", QUEUES).headers
    assert (found["inin-ratelimit-allowed"], found["inin-ratelimit-count"]) == ("300", "1")
    assert 0 < int(found["inin-ratelimit-reset"]) <= 60
    cloud.sim.faults([{"kind": "rate-limited", "retry_after": 7, "match": {"path": "queues"}}])
    refused = cloud.call("GET", QUEUES, status=429)
    assert refused.headers["retry-after"] == "7"
    assert refused.json()["code"] == "too.many.requests.retry.after"


def test_rows_are_audited_only_where_the_organisation_says_so(cloud: Any, do: Do) -> None:
    table = do("create", "data-table", name="Limits", columns={"maximum": "integer"})["id"]
    rows = f"{TABLES}/{table}/rows"
    query = {"interval": "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "serviceName": "Datatables"}
    cloud.sim.clock(set="2026-01-01T12:00:00+00:00")
    cloud.http.headers["Authorization"] = "Bearer " + cloud.token(
        cloud.sim.connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]
    )
    cloud.post(rows, {"key": "a"})
    cloud.sim.act({"do": "settings", "auditedRows": True})
    cloud.post(rows, {"key": "b"})
    (entry,) = cloud.post("/api/v2/audits/query/realtime", query)["entities"]
    assert (entry["entityType"], entry["entity"]["name"]) == ("Row", "b")

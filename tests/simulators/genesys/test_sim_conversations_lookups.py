"""Conversations over REST: as they are, and as analytics know them, through the vendor's client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from syncline_simulators.genesys import vendor as sdk

pytestmark = pytest.mark.xdist_group("genesys-sdk")

DETAILS = "/api/v2/analytics/conversations/details"
SCRIPTS = ("call", "outbound", "chat", "message", "email", "callback")


@pytest.fixture
def cloud(opened: Any) -> Any:
    """An organisation with users and queues."""
    return opened(own={"users": 8, "queues": 2})


@pytest.fixture
def api(cloud: Any) -> Iterator[Any]:
    """The SDK's client, logged in."""
    client = sdk.api_client.ApiClient(host=cloud.checked.url)
    connection = cloud.sim.connection
    yield client.get_client_credentials_token(
        connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]
    )
    client.get_http_client().rest_client.pool_manager.clear()


def begin(cloud: Any, script: str) -> str:
    """The id of a conversation that goes on by hand."""
    return str(cloud.sim.act({"do": "begin", "script": script, "by_hand": True})["id"])


def go_on(cloud: Any, conversation: str, changes: Any = "all") -> None:
    cloud.sim.act({"do": "step", "conversation": conversation, "changes": changes})


def facts(cloud: Any, conversation: str, kind: str) -> list[Any]:
    truth = cloud.sim.truth()
    return [one for one in truth if (one["conversation_id"], one["type"]) == (conversation, kind)]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_conversation_is_read_while_it_goes_on_and_after_its_end(
    cloud: Any, api: Any, script: str
) -> None:
    conversations = sdk.ConversationsApi(api)
    one = begin(cloud, script)
    assert conversations.get_conversation(one).end_time is None
    for _ in range(4):
        go_on(cloud, one, 1)
        conversations.get_conversation(one)
    go_on(cloud, one)
    found = conversations.get_conversation(one)
    (ended,) = facts(cloud, one, "conversation.ended")
    assert stamp(found.end_time) == ended["occurred_at"]
    joined = {one["participant_id"]: one for one in facts(cloud, one, "participant.joined")}
    assert {person.id for person in found.participants} == set(joined)
    for person in found.participants:
        assert stamp(person.start_time) == joined[person.id]["occurred_at"]
        assert person.end_time is not None


def stamp(at: Any) -> str:
    return str(at.strftime("%Y-%m-%dT%H:%M:%S.")) + f"{at.microsecond // 1000:03d}Z"


def test_what_is_unknown_or_purged_is_not_found(cloud: Any, api: Any) -> None:
    conversations = sdk.ConversationsApi(api)
    one = begin(cloud, "chat")
    go_on(cloud, one)
    assert cloud.sim.act({"do": "purge", "conversation": one}) == {"purged": 1}
    for wanted in (one, "11111111-2222-4333-8444-555555555555"):
        with pytest.raises(sdk.rest.ApiException) as error:
            conversations.get_conversation(wanted)
        assert error.value.status == 404
    assert sdk.AnalyticsApi(api).get_analytics_conversations_details(id=[one]).conversations is None


@pytest.mark.parametrize("script", SCRIPTS)
def test_analytics_tell_segments_with_the_times_of_the_truth(
    cloud: Any, api: Any, script: str
) -> None:
    ids = [begin(cloud, script) for _ in range(6)]
    for one in ids:
        go_on(cloud, one)
    found = sdk.AnalyticsApi(api).get_analytics_conversations_details(id=ids).conversations
    assert {one.conversation_id for one in found} == set(ids)
    told: dict[str, dict[str, str]] = {}
    for fact in cloud.sim.truth():
        if "communication_id" in fact:
            times = told.setdefault(fact["communication_id"], {})
            times.setdefault(fact["type"], fact["occurred_at"])
    for one in found:
        assert one.conversation_end is not None
        for session in (s for person in one.participants for s in person.sessions):
            times = told[session.session_id]
            media = [part for part in session.segments if part.segment_type != "wrapup"]
            assert stamp(media[-1].segment_end) == times["communication.disconnected"]
            assert media[-1].disconnect_type
            talks = [part for part in media if part.segment_type in ("interact", "ivr")]
            if "communication.connected" in times:
                assert stamp(talks[0].segment_start) == times["communication.connected"]
            holds = [part for part in media if part.segment_type == "hold"]
            assert bool(holds) == ("communication.held" in times)
            alerts = [part for part in media if part.segment_type == "alert"]
            assert bool(alerts) == ("communication.alerting" in times)


def test_analytics_are_late(cloud: Any, api: Any) -> None:
    analytics = sdk.AnalyticsApi(api)
    cloud.sim.act({"do": "traffic", "analytics_delay": "60s"})
    one = begin(cloud, "call")
    assert analytics.get_analytics_conversations_details(id=[one]).conversations is None
    cloud.sim.clock(advance="90s")
    (found,) = analytics.get_analytics_conversations_details(id=[one]).conversations
    assert found.conversation_end is None
    go_on(cloud, one)
    (found,) = analytics.get_analytics_conversations_details(id=[one]).conversations
    assert found.conversation_end is None
    cloud.sim.clock(advance="90s")
    (found,) = analytics.get_analytics_conversations_details(id=[one]).conversations
    assert found.conversation_end is not None


def query(cloud: Any, **fields: Any) -> Any:
    return cloud.post(f"{DETAILS}/query", fields)


def interval(cloud: Any) -> str:
    now = cloud.sim.clock()[:19]
    cloud.sim.clock(advance="1s")
    return f"{now}Z/{cloud.sim.clock()[:19]}Z"


def test_a_query_finds_what_began_in_the_interval_page_by_page(cloud: Any) -> None:
    made = [begin(cloud, "chat") for _ in range(7)]
    for one in made[:3]:
        go_on(cloud, one)
    during = interval(cloud)
    pages = [
        query(cloud, interval=during, paging={"pageSize": 3, "pageNumber": number})
        for number in (1, 2, 3, 4)
    ]
    assert [page["totalHits"] for page in pages] == [7] * 4
    assert [len(page.get("conversations", ())) for page in pages] == [3, 3, 1, 0]
    found = [one["conversationId"] for page in pages for one in page.get("conversations", ())]
    assert found == made
    latest = query(cloud, interval=during, order="desc")["conversations"]
    assert [one["conversationId"] for one in latest] == made[::-1]
    predicate = {"dimension": "conversationEnd", "operator": "exists"}
    ended = [{"type": "and", "predicates": [predicate]}]
    found = query(cloud, interval=during, conversationFilters=ended)["conversations"]
    assert [one["conversationId"] for one in found] == made[:3]
    opened = [{"type": "and", "predicates": [{**predicate, "operator": "notExists"}]}]
    assert query(cloud, interval=during, conversationFilters=opened)["totalHits"] == 4
    by_end = query(cloud, interval=during, orderBy="conversationEnd")["conversations"]
    assert [one["conversationId"] for one in by_end[:3]] == made[:3]


def test_a_query_finds_by_queue_user_and_medium(cloud: Any) -> None:
    for script in SCRIPTS:
        go_on(cloud, begin(cloud, script))
    during = interval(cloud)
    voice = {"dimension": "mediaType", "value": "voice"}
    filters = [{"type": "or", "predicates": [voice, {**voice, "value": "chat"}]}]
    # The agent calls a customer back, too.
    assert query(cloud, interval=during, segmentFilters=filters)["totalHits"] in (3, 4)
    queues = [one["id"] for one in cloud.get("/api/v2/routing/queues")["entities"]]
    clauses = [{"type": "and", "predicates": [{"dimension": "queueId", "value": queues[0]}]}]
    both = [{"type": "and", "clauses": clauses}]
    some = query(cloud, interval=during, segmentFilters=both)["totalHits"]
    assert 0 < some < len(SCRIPTS) + 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"interval": "yesterday"},
        {"interval": "2026-01-01T00:00:00Z/2026-03-01T00:00:00Z"},
        {"interval": "2026-01-01/2026-01-02", "paging": {"pageSize": 101, "pageNumber": 1}},
        {"interval": "2026-01-01/2026-01-02", "conversationFilters": [{"type": "xor"}]},
        {
            "interval": "2026-01-01/2026-01-02",
            "segmentFilters": [{"type": "and", "predicates": [{"dimension": "weather"}]}],
        },
    ],
)
def test_a_query_that_makes_no_sense_is_refused(cloud: Any, body: Any) -> None:
    cloud.call("POST", f"{DETAILS}/query", json=body, status=400)


def test_at_most_a_hundred_are_asked_for_at_once(cloud: Any) -> None:
    ids = ",".join(f"{n:036d}" for n in range(101))
    cloud.call("GET", f"{DETAILS}?id={ids}", status=400)
    cloud.call("GET", f"{DETAILS}?id={ids[:-37]}")


def test_older_conversations_are_purged_beyond_a_bound(cloud: Any) -> None:
    cloud.sim.act({"do": "traffic", "keep": 3})
    made = [begin(cloud, "chat") for _ in range(5)]
    for one in made:
        go_on(cloud, one)
    statuses = [cloud.http.get(f"/api/v2/conversations/{one}").status_code for one in made]
    assert statuses == [404, 404, 200, 200, 200]
    assert cloud.sim.act({"do": "purge"}) == {"purged": 3}
    assert query(cloud, interval=interval(cloud))["totalHits"] == 0

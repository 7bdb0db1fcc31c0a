"""The vendor's own Python client drives the configuration of the simulated organisation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from syncline_simulators.genesys import vendor as sdk

pytestmark = pytest.mark.xdist_group("genesys-sdk")


@pytest.fixture
def api(cloud: Any) -> Iterator[Any]:
    """The SDK's client, logged in. Nothing of it is configured but the host."""
    client = sdk.api_client.ApiClient(host=cloud.checked.url)
    connection = cloud.sim.connection
    yield client.get_client_credentials_token(
        connection["client_id"], cloud.sim.env["GENESYS_CLIENT_SECRET"]
    )
    client.get_http_client().rest_client.pool_manager.clear()


def made(model: str, **fields: Any) -> Any:
    """A model of the SDK with these fields."""
    one = getattr(sdk, model)()
    for name, value in fields.items():
        setattr(one, name, value)
    return one


def body_of(error: Any) -> Any:
    return json.loads(error.value.body)


def person(cloud: Any, name: str, **fields: Any) -> str:
    """The id of a new user."""
    made = cloud.sim.act({"do": "create", "kind": "user", "name": name, **fields})
    return str(made["body"]["id"])


def test_a_queue_lives_from_its_creation_to_its_deletion(api: Any) -> None:
    routing = sdk.RoutingApi(api)
    call = made("MediaSettings", alerting_timeout_seconds=12)
    media = made("QueueMediaSettings", call=call)
    request = made("CreateQueueRequest", name="Support", media_settings=media, description="First")
    queue = routing.post_routing_queues(request)
    assert (queue.media_settings.call.alerting_timeout_seconds, queue.member_count) == (12, 0)
    assert queue.media_settings.chat.service_level.percentage == 0.8

    found = routing.get_routing_queues(name="Support").entities
    assert [one.id for one in found] == [queue.id]
    replaced = routing.put_routing_queue(queue.id, made("QueueRequest", name="Support"))
    assert replaced.description is None
    assert replaced.media_settings.call.alerting_timeout_seconds == 8
    assert replaced.date_modified > queue.date_modified

    routing.delete_routing_queue(queue.id)
    with pytest.raises(sdk.rest.ApiException) as error:
        routing.get_routing_queue(queue.id)
    assert error.value.status == 404


def test_members_and_wrap_up_codes_are_no_part_of_a_queue_s_body(cloud: Any, api: Any) -> None:
    routing = sdk.RoutingApi(api)
    queue = routing.post_routing_queues(made("CreateQueueRequest", name="Support")).id
    agent = person(cloud, "Robin")
    routing.post_routing_queue_members(queue, [made("WritableEntity", id=agent)])
    code = routing.post_routing_wrapupcodes(made("WrapupCodeRequest", name="Done"))
    routing.post_routing_queue_wrapupcodes(queue, [made("WrapUpCodeReference", id=code.id)])
    routing.patch_routing_queue_member(queue, agent, made("QueueMember", id=agent, joined=False))
    after = routing.put_routing_queue(queue, made("QueueRequest", name="Help"))
    assert (after.member_count, after.joined_member_count) == (1, 0)
    (member,) = routing.get_routing_queue_members(queue).entities
    assert (member.name, member.joined) == ("Robin", False)
    assert [one.name for one in routing.get_routing_queue_wrapupcodes(queue).entities] == ["Done"]
    routing.delete_routing_queue_wrapupcode(queue, code.id)
    routing.post_routing_queue_members(queue, [made("WritableEntity", id=agent)], delete=True)
    assert routing.get_routing_queue(queue).member_count == 0


def test_a_put_of_utilization_takes_what_it_leaves_out_back_to_the_default(api: Any) -> None:
    routing = sdk.RoutingApi(api)
    label = routing.post_routing_utilization_labels(
        made("CreateUtilizationLabelRequest", name="Urgent")
    )
    request = made(
        "UtilizationRequest",
        utilization={"chat": made("MediaUtilization", maximum_capacity=9)},
        label_utilizations={label.id: made("LabelUtilizationRequest", maximum_capacity=2)},
    )
    found = routing.put_routing_utilization(request)
    assert found.utilization["chat"].maximum_capacity == 9
    assert found.label_utilizations[label.id].label_name == "Urgent"
    email = {"email": made("MediaUtilization", maximum_capacity=3)}
    routing.put_routing_utilization(made("UtilizationRequest", utilization=email))
    found = routing.get_routing_utilization()
    assert found.utilization["chat"].maximum_capacity == 4
    assert found.utilization["email"].maximum_capacity == 3
    assert not found.label_utilizations
    routing.delete_routing_utilization()
    assert routing.get_routing_utilization().utilization["email"].maximum_capacity == 1


def test_a_user_has_the_organisation_s_utilization_until_there_is_an_own_one(
    cloud: Any, api: Any
) -> None:
    routing, agent = sdk.RoutingApi(api), person(cloud, "Robin")
    assert routing.get_routing_user_utilization(agent).level == "Organization"
    chat = {"chat": made("MediaUtilization", maximum_capacity=2)}
    routing.put_routing_user_utilization(agent, made("UtilizationRequest", utilization=chat))
    found = routing.get_routing_user_utilization(agent)
    assert (found.level, found.utilization["chat"].maximum_capacity) == ("Agent", 2)
    assert found.utilization["email"].maximum_capacity == 1
    routing.delete_routing_user_utilization(agent)
    assert routing.get_routing_user_utilization(agent).level == "Organization"


def schedule(name: str = "Office hours", **fields: Any) -> Any:
    times = {"start": "2026-03-02T09:00:00.000", "end": "2026-03-02T17:00:00.000"}
    rule = {"rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
    return made("Schedule", name=name, **{**times, **rule, **fields})


def test_a_schedule_is_replaced_only_with_its_current_version(cloud: Any, api: Any) -> None:
    architect = sdk.ArchitectApi(api)
    first = architect.post_architect_schedules(schedule())
    later = schedule(end="2026-03-02T18:00:00.000", version=first.version)
    second = architect.put_architect_schedule(first.id, later)
    assert second.version == first.version + 1
    assert second.end.isoformat() == "2026-03-02T18:00:00"  # local: it has no zone
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.put_architect_schedule(first.id, later)
    assert (error.value.status, body_of(error)["code"]) == (409, "general.conflict")
    cloud.sim.act({"do": "settings", "staleVersion": 400})
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.put_architect_schedule(first.id, later)
    assert error.value.status == 400
    assert "does not match the current version" in body_of(error)["message"]
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.put_architect_schedule(first.id, schedule())
    assert body_of(error)["code"] == "required.field.missing"


def test_a_schedule_that_a_group_uses_stays(api: Any) -> None:
    architect = sdk.ArchitectApi(api)
    hours = architect.post_architect_schedules(schedule())
    group = architect.post_architect_schedulegroups(
        made(
            "ScheduleGroup",
            name="Shop",
            time_zone="Europe/Berlin",
            open_schedules=[made("DomainEntityRef", id=hours.id)],
        )
    )
    found = architect.get_architect_schedulegroups(name="Shop").entities
    assert [one.open_schedules[0].id for one in found] == [hours.id]
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.delete_architect_schedule(hours.id)
    assert error.value.status == 409
    architect.delete_architect_schedulegroup(group.id)
    architect.delete_architect_schedule(hours.id)
    assert architect.get_architect_schedules().total == 0


def table(api: Any) -> Any:
    columns = {
        "key": {"type": "string", "maxLength": 256},
        "maximum": {"type": "integer", "default": 5},
        "open": {"type": "boolean"},
    }
    schema = made("JsonSchemaDocument", type="object", required=["key"], properties=columns)
    request = made("DataTable", name="Limits", schema=schema)
    return sdk.ArchitectApi(api).post_flows_datatables(request)


def test_a_table_shows_its_schema_only_where_it_is_asked_for(api: Any) -> None:
    architect, made_ = sdk.ArchitectApi(api), table(api)
    assert architect.get_flows_datatable(made_.id).schema is None
    found = architect.get_flows_datatables(expand="schema", name="Limits").entities[0]
    assert found.schema.properties["maximum"]["type"] == "integer"


def test_rows_are_brief_unless_they_are_asked_for_whole(api: Any) -> None:
    architect, limits = sdk.ArchitectApi(api), table(api).id
    architect.post_flows_datatable_rows(limits, {"key": "ivr 1", "maximum": 7})
    assert architect.get_flows_datatable_rows(limits).entities == [{"key": "ivr 1"}]
    assert architect.get_flows_datatable_row(limits, "ivr 1") == {"key": "ivr 1"}
    whole = architect.get_flows_datatable_row(limits, "ivr 1", showbrief=False)
    assert whole == {"key": "ivr 1", "maximum": 7}


def test_a_row_is_created_once_replaced_whole_and_found_by_its_key(api: Any) -> None:
    architect, limits = sdk.ArchitectApi(api), table(api).id
    architect.post_flows_datatable_rows(limits, {"key": "ivr", "maximum": 7, "open": True})
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.post_flows_datatable_rows(limits, {"key": "ivr"})
    assert (error.value.status, body_of(error)["code"]) == (409, "flows.datatables.not.unique")
    row = architect.put_flows_datatable_row(limits, "ivr", body={"key": "ivr"})
    assert row == {"key": "ivr", "maximum": 5}
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.put_flows_datatable_row(limits, "web", body={"key": "web"})
    assert error.value.status == 404
    with pytest.raises(sdk.rest.ApiException) as error:
        architect.put_flows_datatable_row(limits, "ivr", body={"key": "ivr", "maximum": "many"})
    assert body_of(error)["code"] == "flows.datatables.schema.exception"
    architect.delete_flows_datatable_row(limits, "ivr")
    assert architect.get_flows_datatable_rows(limits).total == 0


def test_observations_of_many_queues_come_with_one_query(cloud: Any, api: Any) -> None:
    routing, analytics = sdk.RoutingApi(api), sdk.AnalyticsApi(api)
    queues = [
        routing.post_routing_queues(made("CreateQueueRequest", name=name)).id for name in "ABC"
    ]
    agent = person(cloud, "Robin", routingStatus="IDLE")
    routing.post_routing_queue_members(queues[0], [made("WritableEntity", id=agent)])
    for queue, waiting in zip(queues, (3, 5, 7), strict=True):
        action = {"do": "edit", "kind": "queue-observation", "id": queue}
        cloud.sim.act({**action, "set": {"oWaiting": waiting, "oInteracting": 1}})
    predicates = [
        made("QueueObservationQueryPredicate", dimension="queueId", value=queue)
        for queue in queues[:2]
    ]
    query = made(
        "QueueObservationQuery",
        filter=made("QueueObservationQueryFilter", type="or", predicates=predicates),
        metrics=["oWaiting", "oOnQueueUsers"],
    )
    results = analytics.post_analytics_queues_observations_query(query).results
    found = {
        (one.group["queueId"], one.group.get("mediaType"), data.metric, data.qualifier):
        data.stats.count
        for one in results
        for data in one.data
    }  # fmt: skip
    assert found == {
        (queues[0], None, "oOnQueueUsers", "IDLE"): 1,
        (queues[0], "voice", "oWaiting", None): 3,
        (queues[1], "voice", "oWaiting", None): 5,
    }


def test_users_have_a_status_queues_and_skills(cloud: Any, api: Any) -> None:
    users, routing = sdk.UsersApi(api), sdk.RoutingApi(api)
    agent = person(cloud, "Robin")
    assert users.get_user_routingstatus(agent).status == "OFF_QUEUE"
    users.put_user_routingstatus(agent, made("RoutingStatus", status="IDLE"))
    (found,) = users.get_users(id=[agent], expand=["routingStatus", "presence"]).entities
    assert found.routing_status.status == "IDLE"
    assert found.presence.presence_definition.system_presence == "AVAILABLE"

    queue = routing.post_routing_queues(made("CreateQueueRequest", name="Support")).id
    routing.post_routing_queue_members(queue, [made("WritableEntity", id=agent)])
    assert [(q.name, q.joined) for q in users.get_user_queues(agent).entities] == [
        ("Support", True)
    ]
    skill = routing.post_routing_skills(made("RoutingSkill", name="French"))
    assert [one.name for one in routing.get_routing_skills(name="Fr").entities] == ["French"]
    users.patch_user_routingskills_bulk(
        agent, [made("UserRoutingSkillPost", id=skill.id, proficiency=3)]
    )
    (held,) = users.get_user(agent, expand=["skills"]).skills
    assert (held.name, held.proficiency) == ("French", 3)
    users.delete_user_routingskill(agent, skill.id)
    assert users.get_user_routingskills(agent).total == 0


def test_the_audit_tells_who_changed_what(cloud: Any, api: Any) -> None:
    routing, audit = sdk.RoutingApi(api), sdk.AuditApi(api)
    queue = routing.post_routing_queues(made("CreateQueueRequest", name="Support"))
    cloud.sim.act(
        {
            "do": "edit",
            "kind": "queue",
            "name": "Support",
            "set": {"mediaSettings.call.alertingTimeoutSeconds": 20},
        }
    )
    now, hour = datetime.now(timezone.utc), timedelta(hours=1)
    span = "/".join(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now - hour, now + hour))
    query = made(
        "AuditRealtimeQueryRequest",
        interval=span,
        service_name="Routing",
        filters=[made("AuditQueryFilter", pcProperty="EntityType", value="Queue")],
    )
    newest, oldest = audit.post_audits_query_realtime(query).entities
    assert (newest.action, newest.entity.id, newest.user is not None) == ("Update", queue.id, True)
    (change,) = newest.property_changes
    assert (change.pcProperty, change.old_values, change.new_values) == (
        "mediaSettings.call.alertingTimeoutSeconds",
        ["8"],
        ["20"],
    )
    assert oldest.client.id == cloud.sim.connection["client_id"]

"""What holds of every write of a whole object: only what was named is another."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.config_items import at_path
from syncline.model import JSON
from syncline_genesys.config import queues, utilizations
from syncline_genesys.config.fields import exchanged, holds, misfit, news, version_of
from syncline_genesys.config.kinds import KINDS, MEDIA, QUEUE
from syncline_genesys.config.observations import add, unseen, user_counts
from syncline_genesys.config.races import Races

NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.sampled_from(["x", "y"]))
OBJECTS = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=3),
    lambda inner: st.dictionaries(NAMES, st.one_of(LEAVES, inner), max_size=3),
    max_leaves=8,
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    found = {}
    for name, inner in value.items():
        found.update(leaves(inner, f"{path}.{name}" if path else name))
    return found


@settings(max_examples=200, deadline=None)
@given(values=OBJECTS, path=PATHS, new=st.integers(10, 20))
def test_an_exchange_touches_its_path_alone(values: Any, path: str, new: int) -> None:
    before = copy.deepcopy(values)
    after = exchanged(values, {path: new})
    assert values == before
    assert at_path(after, path) == new
    assert holds(after, path, new)
    assert news(after, {path: new}) == {}
    old, left = leaves(before), leaves(after)
    inside = [name for name in old if name.startswith(f"{path}.") or path.startswith(f"{name}.")]
    untouched = {name: value for name, value in old.items() if name not in (path, *inside)}
    assert {name: left[name] for name in untouched} == untouched


@settings(max_examples=100, deadline=None)
@given(rest=OBJECTS, path=st.sampled_from([p for p, s in QUEUE.fields.items() if s.writable]))
def test_the_request_for_a_queue_keeps_all_that_people_set(rest: Any, path: str) -> None:
    queue = {
        "id": "q",
        "name": "Support",
        "selfUri": "/q",
        "memberCount": 3,
        "dateModified": "2026",
        "division": {"id": "d", "name": "Home"},
        "new": rest,
    }
    sent = queues.request(exchanged(queue, {path: "value"}))
    assert at_path(sent, path) == "value"
    assert sent["new"] == rest
    assert not queues.READ_ONLY & set(sent)
    assert sent["division"] == {"id": "d"}


CAPACITIES = st.fixed_dictionaries({medium: st.integers(0, 25) for medium in MEDIA})


@settings(max_examples=100, deadline=None)
@given(
    capacities=CAPACITIES,
    medium=st.sampled_from(MEDIA),
    capacity=st.integers(0, 25),
    labels=st.dictionaries(st.sampled_from(["l-1", "l-2"]), st.integers(0, 5)),
    level=st.sampled_from(["Agent", "Organization", None]),
)
def test_the_request_for_a_utilization_keeps_the_other_media(
    capacities: dict[str, int],
    medium: str,
    capacity: int,
    labels: dict[str, int],
    level: str | None,
) -> None:
    raw: dict[str, Any] = {
        "utilization": {name: {"maximumCapacity": n} for name, n in capacities.items()},
        "labelUtilizations": {
            id: {"maximumCapacity": n, "labelName": id.upper()} for id, n in labels.items()
        },
        **({} if level is None else {"level": level}),
    }
    sent = utilizations.request(raw, {f"{medium}.maximumCapacity": capacity})
    told = {name: one["maximumCapacity"] for name, one in sent["utilization"].items()}
    followed = level == "Organization"
    assert told == ({} if followed else capacities) | {medium: capacity}
    kept = {} if followed else {id: {"maximumCapacity": n} for id, n in labels.items()}
    assert sent["labelUtilizations"] == kept
    assert set(sent) <= {"utilization", "labelUtilizations", "maxInboundCalls"}


@settings(max_examples=100, deadline=None)
@given(values=OBJECTS, other=OBJECTS)
def test_a_version_is_that_of_the_fields_and_of_nothing_else(values: Any, other: Any) -> None:
    whole = {"mine": values, "theirs": other}
    assert version_of(whole, ["mine"]) == version_of({"mine": values}, ["mine"])
    if values != other and leaves(values) != leaves(other):
        assert version_of({"mine": other}, ["mine"]) != version_of(whole, ["mine"])


@settings(max_examples=100, deadline=None)
@given(counts=st.lists(st.tuples(st.sampled_from(["voice", "chat"]), st.integers(0, 9))))
def test_all_media_together_are_the_sum_of_each(counts: list[tuple[str, int]]) -> None:
    seen = {"q": unseen()}
    for medium, count in counts:
        data = [{"metric": "oWaiting", "stats": {"count": count}}]
        add(seen, {"group": {"queueId": "q", "mediaType": medium}, "data": data})
    found = seen["q"]
    assert found["oWaiting"] == sum(count for _, count in counts)
    assert found["oWaiting"] == found["voice"]["oWaiting"] + found["chat"]["oWaiting"]


def test_a_status_that_is_new_to_us_is_counted_all_the_same() -> None:
    users = [{"routingStatus": {"status": one}} for one in ("IDLE", "outdated_sdk_version")]
    found = user_counts([*users, {}])
    assert (found["IDLE"], found["total"], found["onQueue"]) == (1, 3, 2)


def test_every_field_that_can_be_written_takes_a_value_of_its_type_and_no_other() -> None:
    good: dict[str, JSON] = {
        "int": 1,
        "double": 0.5,
        "bool": True,
        "string": "x",
        "list": [],
        "map": {},
    }
    for kind in KINDS.values():
        for path, spec in kind.fields.items():
            if not spec.writable:
                assert "read-only" in misfit(kind, path, 1)
                continue
            for type_, value in good.items():
                fits = type_ == spec.type.value or (spec.type.value, type_) == ("double", "int")
                assert (misfit(kind, path, value) == "") is fits, (path, value)
            assert misfit(kind, path, None)


def edit(at: str, *changes: tuple[str, str], **more: Any) -> dict[str, Any]:
    told = [{"property": name, "newValues": [value]} for name, value in changes]
    entry = {"action": "Update", "entity": {"id": "q"}, "user": {"id": "u"}, "eventDate": at}
    return {**entry, "propertyChanges": told, **more}


@pytest.mark.parametrize(
    ("entry", "replaced"),
    [
        (edit("2026-03-02T09:00:05Z", ("description", "new")), True),
        (edit("2026-03-02T09:00:05Z", ("description", "old")), False),  # it was read
        (edit("2026-03-02T09:00:05Z", ("mediaSettings.call.x", "7")), False),
        (edit("2026-03-02T09:00:05Z", ("unknown", "7")), True),
        (edit("2026-03-02T09:00:05Z"), True),
        (edit("2026-03-02T09:00:00.500Z"), False),  # the trail's time of what was read
        (edit("2026-03-02T08:59:00Z", ("description", "new")), False),
        (edit("2026-03-02T09:01:00Z", ("description", "new")), False),
        (edit("2026-03-02T09:00:05Z", action="MemberAdd"), False),
        (edit("2026-03-02T09:00:05Z", ("description", "new"), client={"id": "ours"}), False),
        (edit("2026-03-02T09:00:05Z", ("description", "new"), entity={"id": "r"}), False),
        (edit("soon", ("description", "new")), False),
    ],
)
def test_an_edit_was_replaced_when_it_fell_between_read_and_write(
    entry: dict[str, Any], replaced: bool
) -> None:
    races = Races("ours")
    media = {"call": {"x": 7}}
    read = {"dateModified": "2026-03-02T09:00:00Z", "description": "old", "mediaSettings": media}
    races.wrote("cx:queue/Support", read, {"id": "q", "dateModified": "2026-03-02T09:00:10Z"})
    assert races.look(entry) is replaced

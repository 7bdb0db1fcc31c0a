"""Changes of values that have no time are told once each, whatever their listeners name them."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from itertools import accumulate, groupby

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from syncline.events import Event
from syncline.events.conversations import Conversation, encode, merge
from syncline.events.conversations.reading import LISTENERS
from syncline.events.interaction import ATTRIBUTES, CONNECTED, RECORDING
from syncline.model import JSON

AT = datetime(2026, 3, 1, 9, tzinfo=timezone.utc)


def recording(
    listener: str, second: float, state: str, turn: int = 0, *, call: str = "k", behind: float = 0
) -> Event:
    """What a listener tells that read this state.

    Args:
        turn: what it counts in its id.
        behind: how long before it read it the vendor had sent it.
    """
    at = AT + timedelta(seconds=second)
    return Event(
        id=f"{call} {state} {turn}", key="c1", type=RECORDING, source="genesys/cx", occurred_at=at,
        observed_at=at,
        data={
            "event_id": f"{call} {state} {turn}", "participant_id": "p", "communication_id": call,
            "recording_state": state, "listener": listener,
            "shown_at": (at - timedelta(seconds=behind)).isoformat(),
        },
    )  # fmt: skip


def merged(events: Iterable[Event], known: Conversation | None = None) -> list[Event]:
    told = []
    for one in events:
        known, event = merge(known, one)
        told += [event] if event else []
    return told


def states(events: Iterable[Event]) -> list[object]:
    return [one.data["recording_state"] for one in merged(events)]


A, P = "active", "paused"


def test_what_two_listeners_read_is_told_once() -> None:
    heard = []
    for at, state, turn in ((0, A, 0), (10, P, 0), (20, A, 1)):
        heard += [recording("a", at, state, turn), recording("b", at + 0.2, state, turn)]
    assert states(heard) == [A, P, A]


def test_a_change_that_is_named_as_an_earlier_one_is_told_by_another_name() -> None:
    heard = [
        recording("a", 0, A), recording("b", 0.1, A),
        recording("a", 10, P), recording("a", 20, A, 1),
        # `b` has begun anew, and counts from nothing: nobody else hears of the second pause.
        recording("b", 25, A), recording("b", 60, P),
    ]  # fmt: skip
    told = merged(heard)
    assert [one.data["recording_state"] for one in told] == [A, P, A, P]
    assert len({one.id for one in told}) == 4
    assert all(one.data["event_id"] == one.id for one in told)


def test_a_listener_that_begins_anew_tells_what_is_so_already_and_it_is_a_repeat() -> None:
    heard = [recording("a", 0, A), recording("b", 500, A, 7), recording("b", 900, P, 7)]
    assert states(heard) == [A, P]


def test_a_listener_that_is_behind_repeats_turns_that_are_over() -> None:
    quick = [recording("a", 0, A), recording("a", 1, P), recording("a", 1.3, A, 1)]
    slow = [recording("b", 0.1, A), recording("b", 4, P), recording("b", 4.1, A, 1)]
    assert states([*quick, *slow]) == [A, P, A]
    assert states([quick[0], slow[0], slow[1], quick[1], quick[2], slow[2]]) == [A, P, A]


def test_listeners_with_ever_new_names_are_not_all_remembered() -> None:
    heard = [recording(f"pod-{turn}", 60 * turn, (A, P)[turn % 2], turn) for turn in range(200)]
    # Each change is read by the next pod, too, as it begins.
    echoes = [recording(f"pod-{n + 1}", 60 * n + 30, (A, P)[n % 2], n) for n in range(200)]
    known = None
    told = []
    for one in heapq.merge(heard, echoes, key=lambda event: event.observed_at):
        known, event = merge(known, one)
        told += [event.data["recording_state"]] if event else []
    assert told == [A, P] * 100
    assert known is not None
    (place,) = known.places.values()
    assert len(place.listeners) == LISTENERS
    last = recording("pod-199", 60 * 199, P, 199)
    assert merge(known, last)[1] is None
    assert len(encode(known)) < 4_000


def test_what_was_sent_before_a_change_and_read_after_it_is_a_repeat() -> None:
    quick = [recording("a", 0, A), recording("a", 16, P, behind=1), recording("a", 17, A, 1)]
    # It begins in the middle, and is far behind: what it reads was so before the pause.
    slow = [
        recording("b", 16.1, A, 4, behind=5), recording("b", 20, P, 4, behind=5),
        recording("b", 20.5, A, 5, behind=3.5),
    ]  # fmt: skip
    assert states([*quick[:2], slow[0], quick[2], *slow[1:]]) == [A, P, A]


def test_who_reads_a_change_first_may_be_heard_last() -> None:
    assert states([recording("a", 3, A, 1), recording("b", 1, A), recording("b", 9, P)]) == [A, P]
    # Not where something else was read between the two.
    life = [recording("a", 0, A), recording("a", 7, A, 1), recording("a", 9, P, 1)]
    late = [recording("b", 5, P, 3), recording("b", 7, A, 3)]
    assert states([*life, *late]) == [A, P, P, A]


def test_an_earlier_change_of_the_same_name_is_not_the_one_that_was_told() -> None:
    # `b` began in the middle, and was heard first.
    quick = [recording("b", 50.05, P, 0), recording("b", 50.12, A, 0)]
    slow = [recording("a", 49.5, A, 0), recording("a", 50.05, P, 0), recording("a", 50.12, A, 1)]
    told = merged([*quick, *slow])
    assert [one.data["recording_state"] for one in told] == [P, A, A]
    assert [one.data.get("late") for one in told] == [None, None, True]


def test_of_one_instant_the_order_of_each_listener_counts() -> None:
    # Nothing else happened meanwhile: the vendor's newest time is the same for all of them.
    life = [(0.0, A), (1.0, P), (1.1, A), (1.2, P)]
    heard = [recording("a", at, state, turn, behind=at) for turn, (at, state) in enumerate(life)]
    again = [recording("b", at, state, 9, behind=at) for at, state in life]
    assert states([*heard, *again]) == [A, P, A, P]
    assert states([*heard[:2], again[0], *heard[2:], *again[1:]]) == [A, P, A, P]


def test_what_is_delivered_again_is_a_repeat() -> None:
    life = [recording("a", 0, A), recording("a", 10, P), recording("a", 20, A, 1)]
    assert states([*life, *life, *life[1:]]) == [A, P, A]
    again = [recording("b", 30, A, 5), recording("a", 40, P, 1)]
    assert states([*life, *again, again[0], again[1]]) == [A, P, A, P]


def test_each_place_has_values_of_its_own() -> None:
    heard = [recording("a", 0, A), recording("a", 1, A, call="m"), recording("b", 1, A, call="m")]
    assert states(heard) == [A, A]


def test_attributes_are_told_where_they_differ() -> None:
    def noted(listener: str, second: float, id: str, **values: str) -> Event:
        at = AT + timedelta(seconds=second)
        data: dict[str, JSON] = {
            "event_id": id, "participant_id": "p", "listener": listener, "attributes": {**values},
        }  # fmt: skip
        return Event(id=id, key="c1", type=ATTRIBUTES, source="genesys/cx", occurred_at=at,
                     observed_at=at, data=data)  # fmt: skip

    heard = [
        noted("a", 0, "1", tier="gold"), noted("b", 9, "2", tier="gold"),
        noted("b", 20, "3", tier="gold", verified="true"), noted("a", 20.1, "3", verified="true",
        tier="gold"), noted("a", 30, "1", tier="gold"),
    ]  # fmt: skip
    assert [one.data["attributes"] for one in merged(heard)] == [
        {"tier": "gold"}, {"tier": "gold", "verified": "true"}, {"tier": "gold"},
    ]  # fmt: skip


def test_what_was_told_before_values_were_remembered_is_known_by_its_id() -> None:
    known, _ = merge(None, recording("a", 0, A))
    old = Conversation(told=known.told, latest=known.latest, alive=known.alive)
    assert [one.id for one in merged([recording("b", 1, A), recording("b", 9, P)], old)] == [
        "k paused 0"
    ]


def test_other_events_go_by_their_ids_alone() -> None:
    at = AT + timedelta(seconds=5)
    one = Event(id="x", key="c1", type=CONNECTED, source="genesys/cx", occurred_at=at,
                observed_at=at, data={"listener": "a"})  # fmt: skip
    assert merged([one, one]) == [one]


@st.composite
def _heard(draw: st.DrawFn) -> tuple[list[str], list[Event]]:
    """What a value was, and what two listeners told that each begin anew and miss some."""
    values = [A]
    for _ in range(draw(st.integers(0, 6))):
        values.append(draw(st.sampled_from([one for one in (A, P, "none") if one != values[-1]])))
    gaps = [draw(st.sampled_from((11, 40, 300))) for _ in values]
    times = [sum(gaps[:index]) for index in range(len(values))]
    found = [_told(name, draw, times, values) for name in ("a", "b")]
    # Nobody knows of a change that neither heard, or could not tell from the value before.
    assume(set().union(*(known for _, known in found)) == set(range(len(values))))
    streams = [_delivered(draw, stream) for stream, _ in found]
    return values, [event for _, event in heapq.merge(*streams, key=lambda one: one[0])]


def _delivered(draw: st.DrawFn, stream: Sequence[Event]) -> list[tuple[datetime, Event]]:
    """Return when each comes to whoever merges: in order, and at most some seconds late."""
    late = [timedelta(seconds=draw(st.sampled_from((0, 0, 2, 8)))) for _ in stream]
    times = [one.observed_at + after for one, after in zip(stream, late, strict=True)]
    return list(zip(accumulate(times, max), stream, strict=True))


def _told(
    name: str, draw: st.DrawFn, times: Sequence[float], values: Sequence[str]
) -> tuple[list[Event], set[int]]:
    """Return what a listener tells, and which changes that says."""
    found: list[Event] = []
    known: set[int] = set()
    counted: dict[str, int] = {}
    last = ""
    delay = draw(st.sampled_from((0.0, 0.5, 1.5)))
    for index, (at, value) in enumerate(zip(times, values, strict=True)):
        if index and draw(st.integers(0, 4)) == 0:
            # It begins anew: it knows of nothing, and looks at what is.
            last = values[index - 1]
            counted = {last: 1}
            found.append(recording(name, at - 3, last, 0))
            known.add(index - 1)
        if value != last and draw(st.integers(0, 3)):
            found.append(recording(name, at + delay, value, counted.get(value, 0)))
            counted[value] = counted.get(value, 0) + 1
            last = value
            known.add(index)
    return found, known


@given(_heard())
@settings(max_examples=500, deadline=None)
def test_whatever_is_missed_and_begun_anew_no_change_is_left_out(
    heard: tuple[list[str], list[Event]],
) -> None:
    values, events = heard
    told = merged(events)
    story = [one.data["recording_state"] for one in sorted(told, key=lambda one: one.occurred_at)]
    # One that was read late by who was heard first may be told twice running: it is never lost.
    assert [value for value, _ in groupby(story)] == values
    assert len({one.id for one in told}) == len(told)

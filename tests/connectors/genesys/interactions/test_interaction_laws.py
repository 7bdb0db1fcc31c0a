"""Laws of interaction events over generated conversations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.events import Event, Privacy
from syncline.events import interaction as words
from syncline_genesys.interactions import Normaliser
from syncline_genesys.interactions.testing import ONCE, Life, life

DELAY = timedelta(milliseconds=40)
OPEN = Privacy(attributes=("*",), attribute_values="keep")
seeds = st.integers(min_value=0, max_value=2**32)
ALIVE = {"alerting": 1, "connected": 2, "disconnected": 3}


def normaliser(listener: str = "a") -> Normaliser:
    return Normaliser("genesys/cx", listener, OPEN)


def told(
    one: Normaliser, frames: Iterable[bytes], now: datetime, topic: str = "v2.users.u.conversations"
) -> list[Event]:
    return [event for frame in frames for event in one.frame(topic, frame, now)]


def in_order(lived: Life, one: Normaliser | None = None, **more: Any) -> list[Event]:
    """What is told of frames that come in order, each some moments after it was sent."""
    one, delay = one or normaliser(), more.get("delay", DELAY)
    topic = more.get("topic", "v2.users.u.conversations")
    frames = zip(lived.snapshots, lived.times, strict=True)
    return [e for frame, at in frames for e in one.frame(topic, frame, at + delay)]


def ids(events: Iterable[Event]) -> set[str]:
    return {event.id for event in events}


@given(seeds)
@settings(max_examples=60)
def test_what_happened_is_told_once_each_and_nothing_else(seed: int) -> None:
    lived = life(seed)
    events = in_order(lived)
    happened = sorted((one.type, one.participant, one.communication) for one in lived.happened)
    # Of two changes of a value in one snapshot, only the last is shown.
    once = [one for one in happened if one[0] in ONCE]
    plain = sorted(
        (e.type, e.data.get("participant_id", ""), _call(e)) for e in events if e.type in ONCE
    )
    assert plain == once
    assert {e.type for e in events} <= set(words.TYPES)
    assert len(ids(events)) == len(events)


def _call(event: Event) -> str:
    """The communication, where what happened is of one."""
    whole = event.type in (words.ACW, words.WRAPUP)
    return "" if whole else str(event.data.get("communication_id", ""))


@given(seeds)
@settings(max_examples=60)
def test_what_has_a_time_of_its_own_is_told_with_it(seed: int) -> None:
    lived = life(seed)
    at = {(one.type, one.participant, one.communication, one.at) for one in lived.happened}
    timed = ONCE - {words.ALERTING} | {words.HELD}
    for event in in_order(lived):
        place = (event.type, event.data.get("participant_id", ""), _call(event), event.occurred_at)
        assert event.type not in timed or place in at


@given(seeds)
@settings(max_examples=60)
def test_a_life_that_is_heard_in_order_is_told_in_order(seed: int) -> None:
    events = in_order(life(seed))
    times = [event.occurred_at for event in events]
    assert times == sorted(times)
    assert not any(event.data.get("late") for event in events)


@given(seeds)
@settings(max_examples=60)
def test_nothing_goes_back_in_time_without_saying_so(seed: int) -> None:
    lived = life(seed)
    frames = [*lived.snapshots, *lived.snapshots[::2]]
    Random(seed).shuffle(frames)
    through = None
    for event in told(normaliser(), frames, lived.now):
        late = through is not None and event.occurred_at < through
        assert bool(event.data.get("late")) is late
        through = max(through or event.occurred_at, event.occurred_at)


@given(seeds, st.data())
@settings(max_examples=80)
def test_any_order_and_any_repetition_tell_the_same_events(seed: int, data: st.DataObject) -> None:
    lived = life(seed)
    extra = data.draw(st.lists(st.sampled_from(lived.snapshots), max_size=6))
    frames = data.draw(st.permutations([*lived.snapshots, *extra]))
    events = told(normaliser(), frames, lived.now)
    assert len(ids(events)) == len(events)
    assert _once(events) == _once(in_order(lived))


def _once(events: Iterable[Event]) -> set[str]:
    """What a snapshot tells by itself, whatever was heard before.

    What has no time and shows only as a difference, such as a recording that pauses, cannot be
    told by who heard the snapshots the wrong way round.
    """
    return ids(event for event in events if event.type in ONCE | {words.HELD})


@given(seeds, st.data())
@settings(max_examples=80)
def test_two_listeners_that_lose_different_frames_make_the_same_ids(
    seed: int, data: st.DataObject
) -> None:
    lived = life(seed)
    every = range(len(lived.snapshots))
    heard = [sorted(data.draw(st.sets(st.sampled_from(every), min_size=1))) for _ in "ab"]
    a, b = ([lived.snapshots[i] for i in which] for which in heard)
    told_a, told_b = told(normaliser("a"), a, lived.now), told(normaliser("b"), b, lived.now)
    complete = _once(in_order(lived))
    assert _once(told_a) <= complete
    assert _once(told_b) <= complete
    # Whoever heard the later snapshot knows all that the other one knows.
    first, second = (told_a, told_b) if heard[0][-1] <= heard[1][-1] else (told_b, told_a)
    lasting = ids(event for event in first if event.type in ONCE)
    assert lasting <= ids(second)


@given(seeds, st.integers(min_value=0, max_value=40))
@settings(max_examples=60)
def test_a_listener_that_starts_in_the_middle_tells_what_was_before(seed: int, at: int) -> None:
    lived = life(seed)
    late = lived.snapshots[min(at, len(lived.snapshots) - 1) :]
    whole = ids(event for event in in_order(lived) if event.type in ONCE)
    assert ids(e for e in told(normaliser(), late, lived.now) if e.type in ONCE) == whole


@given(seeds)
@settings(max_examples=60)
def test_a_communication_never_goes_back(seed: int) -> None:
    lived = life(seed)
    frames = [*lived.snapshots, *lived.snapshots[1::3]]
    Random(seed).shuffle(frames)
    reached: dict[object, int] = {}
    for event in told(normaliser(), frames, lived.now):
        previous = event.data.get("previous_state")
        if previous is None:
            continue
        state, call = str(event.data["state"]), event.data["communication_id"]
        assert ALIVE[state] >= ALIVE[str(previous)] == reached.get(call, ALIVE[str(previous)])
        if event.type != words.TRANSFERRED:
            reached[call] = ALIVE[state]


@given(seeds)
@settings(max_examples=40)
def test_a_repeat_says_nothing(seed: int) -> None:
    lived, one = life(seed), normaliser()
    for frame, at in zip(lived.snapshots, lived.times, strict=True):
        one.frame("v2.users.u.conversations", frame, at)
        assert one.frame("v2.routing.queues.q.conversations", frame, at + DELAY) == []


@given(seeds)
@settings(max_examples=40)
def test_topics_that_run_behind_each_other_tell_nothing_twice(seed: int) -> None:
    """The same changes on two topics: one is some frames behind, all within two seconds."""
    lived, one, plain = life(seed), normaliser(), normaliser()
    behind: list[bytes] = []
    events: list[Event] = []
    start = lived.times[0]
    for number, frame in enumerate(lived.snapshots):
        now = start + timedelta(milliseconds=10 * number)
        events += one.frame("v2.users.u.conversations", frame, now)
        behind.append(frame)
        if len(behind) > 2:
            assert one.frame("v2.routing.queues.q.conversations", behind.pop(0), now) == []
    assert ids(events) == ids(told(plain, lived.snapshots, start))


@given(seeds)
@settings(max_examples=40)
def test_a_conversation_is_open_until_it_has_ended(seed: int) -> None:
    lived, one = life(seed), normaliser()
    end = next(happened.at for happened in lived.happened if happened.type == words.ENDED)
    for frame, at in zip(lived.snapshots, lived.times, strict=True):
        one.frame("v2.users.u.conversations", frame, at)
        assert list(one.open()) == ([lived.id] if at < end else [])


@given(seeds)
@settings(max_examples=40)
def test_ids_say_nothing_of_listener_topic_and_time(seed: int) -> None:
    lived = life(seed)
    first = in_order(lived, normaliser("a"))
    other = {"delay": timedelta(days=3), "topic": "v2.routing.queues.q.conversations"}
    second = in_order(lived, normaliser("b"), **other)
    assert ids(first) == ids(second)


def test_a_restarted_listener_tells_the_same_again() -> None:
    for seed in range(30):
        lived = life(seed)
        half = len(lived.snapshots) // 2
        before = told(normaliser(), lived.snapshots[: half + 1], lived.now)
        after = told(normaliser(), lived.snapshots[half:], lived.now)
        lasting: Sequence[Event] = [event for event in before if event.type in ONCE]
        assert ids(lasting) <= ids(after)
